use std::collections::BTreeMap;

use checks::{CheckedEvent, Outcome, Report, Source};

use super::*;
use crate::alias::AliasState;
use crate::explain::model::{Shift, Unreadable};
use crate::moment::Moment;

const HOOK_FAILED: Option<(&str, &str)> = Some(("HOOK_EXECUTION_FAILURE", "one or more"));

fn hook(function: &str, reports: &[Option<&str>]) -> Hook {
    let report = |broken: &Option<&str>| match broken {
        None => Report::of(vec![CheckedEvent::new("A", Source::Bundled, Outcome::Met)]),
        Some(reason) => Report::failed(*reason),
    };
    let reported = |broken| Reported {
        time: Moment(0),
        log_stream: String::new(),
        report: report(broken),
        missing_parts: 0,
    };
    Hook {
        function: function.to_owned(),
        log_group: "/g".to_owned(),
        log_was_read: true,
        reports: reports.iter().map(reported).collect(),
        unreadable: Vec::new(),
        last_lines: Vec::new(),
    }
}

/// `events` are name, status, and hook; those that did not fail have begun.
fn evidence(
    status: &str,
    error: Option<(&str, &str)>,
    events: Vec<(&str, &str, Option<Hook>)>,
    rollback: Option<&str>,
) -> Evidence {
    let mut evidence = Evidence::default();
    evidence.deployment.status = status.to_owned();
    evidence.deployment.error_information = error.map(|(code, message)| ErrorInformation {
        code: code.to_owned(),
        message: message.to_owned(),
    });
    let error = evidence.deployment.error_information.as_ref();
    evidence.alarms = error.map(alarms).unwrap_or_default();
    evidence.lifecycle_events = events
        .into_iter()
        .map(|(name, status, hook)| LifecycleEvent {
            name: name.to_owned(),
            status: status.to_owned(),
            start_time: (status != "Failed").then_some(Moment(0)),
            end_time: None,
            hook,
        })
        .collect();
    evidence.rollback = rollback.map(|status| Rollback {
        deployment_id: "d-R".to_owned(),
        status: Some(status.to_owned()).filter(|status| status != "?"),
        complete_time: None,
        error_information: None,
    });
    evidence.shift = Some(Shift {
        function: "f".to_owned(),
        alias: "live".to_owned(),
        current_version: "1".to_owned(),
        target_version: "2".to_owned(),
    });
    evidence.alias_now = Some(AliasState {
        function_version: "1".to_owned(),
        additional_version_weights: BTreeMap::from([("2".to_owned(), 0.1)]),
    });
    evidence
}

#[test]
fn every_end_has_its_reason() {
    use Verdict::{
        NotRolledBack, RollbackNotKnown, RolledBack, RollingBack, Shipped, StillRunning,
    };
    const BEFORE: &str = "BeforeAllowTraffic";
    let alarm = Some(("ALARM_ACTIVE", "Activated alarms: <a b> <c>"));
    let h = |reports: &[Option<&str>]| Some(hook("h", reports));
    let failed = |hook| vec![(BEFORE, "Failed", hook)];
    let silent = Hook {
        last_lines: vec!["timed out".to_owned()],
        ..hook("h", &[])
    };
    let unread = Hook {
        log_was_read: false,
        ..hook("h", &[])
    };
    let odd = Hook {
        unreadable: vec![Unreadable {
            time: Moment(0),
            lifecycle_event: None,
            verdict: "Maybe".to_owned(),
            reason: "so".to_owned(),
            error: String::new(),
        }],
        ..hook("h", &[])
    };
    let mut undelivered = hook("h", &[Some("x"), None]);
    let notes = &mut undelivered.reports[0].report.notes;
    notes.push("CodeDeploy could not be told: denied".to_owned());
    let lost = |status| vec![(BEFORE, status, Some(undelivered.clone()))];
    let rows = [
        (
            evidence(
                "Failed",
                Some(("NEW_CODE", "m")),
                failed(h(&[Some("x")])),
                Some("Succeeded"),
            ),
            RolledBack,
            "h reported Failed: x; CodeDeploy says: m",
        ),
        (
            evidence(
                "Failed",
                Some(("", "")),
                failed(h(&[Some("x")])),
                Some("Succeeded"),
            ),
            RolledBack,
            "h reported Failed: x",
        ),
        (
            evidence(
                "Failed",
                Some(("NEW_CODE", "m")),
                failed(None),
                Some("Succeeded"),
            ),
            RolledBack,
            "m",
        ),
        (
            evidence(
                "Failed",
                HOOK_FAILED,
                failed(h(&[Some("x")])),
                Some("Queued"),
            ),
            RollingBack,
            "h reported Failed: x; the rollback d-R has not ended",
        ),
        (
            evidence("Failed", HOOK_FAILED, failed(Some(odd)), Some("Succeeded")),
            RolledBack,
            "h reported Maybe: so (its report could not be read whole)",
        ),
        (
            evidence(
                "Failed",
                Some(("TIMEOUT", "")),
                lost("Failed"),
                Some("Succeeded"),
            ),
            RolledBack,
            "h reported Failed: x; CodeDeploy could not be told: denied; CodeDeploy gave up",
        ),
        (
            evidence("InProgress", None, lost("InProgress"), None),
            StillRunning,
            "although h has reported Failed: x; CodeDeploy could not be told: denied",
        ),
        (
            evidence("Succeeded", None, lost("Succeeded"), None),
            Shipped,
            "h reported Succeeded: 1 of 1 events met; h also reported Failed: x; CodeDeploy could not be told: denied",
        ),
        (
            evidence(
                "Succeeded",
                None,
                vec![(BEFORE, "Succeeded", h(&[None, Some("x")]))],
                None,
            ),
            Shipped,
            "h reported Succeeded: 1 of 1 events met",
        ),
        (
            evidence(
                "Succeeded",
                None,
                vec![(BEFORE, "Succeeded", h(&[None]))],
                None,
            ),
            Shipped,
            "h reported Succeeded: 1 of 1 events met",
        ),
        (
            evidence("Succeeded", None, vec![(BEFORE, "Succeeded", None)], None),
            Shipped,
            "no hook is known to have checked anything",
        ),
        (
            evidence(
                "Failed",
                HOOK_FAILED,
                failed(h(&[Some("no events")])),
                Some("Succeeded"),
            ),
            RolledBack,
            "h reported Failed: no events",
        ),
        (
            evidence(
                "Failed",
                HOOK_FAILED,
                failed(h(&[None, Some("x"), None])),
                Some("?"),
            ),
            RollbackNotKnown,
            "h reported Failed: x; what became of the rollback d-R is not known",
        ),
        (
            evidence("Failed", HOOK_FAILED, failed(h(&[None])), Some("Succeeded")),
            RolledBack,
            "h found nothing wrong, but CodeDeploy has BeforeAllowTraffic as Failed",
        ),
        (
            evidence(
                "Failed",
                HOOK_FAILED,
                vec![
                    (BEFORE, "Unknown", h(&[None])),
                    ("AfterAllowTraffic", "Unknown", h(&[Some("late")])),
                ],
                Some("Succeeded"),
            ),
            RolledBack,
            "h reported Failed: late",
        ),
        (
            evidence(
                "Failed",
                Some(("TIMEOUT", "")),
                failed(h(&[])),
                Some("Succeeded"),
            ),
            RolledBack,
            "no report of h in log group /g: it crashed, timed out, was never invoked, or the log is not kept that \
             long; CodeDeploy gave up after one hour",
        ),
        (
            evidence(
                "Failed",
                HOOK_FAILED,
                failed(Some(silent)),
                Some("Succeeded"),
            ),
            RolledBack,
            "no report of h in log group /g: it crashed, timed out or is none of Tollgate's",
        ),
        (
            evidence(
                "Failed",
                HOOK_FAILED,
                failed(Some(unread)),
                Some("Succeeded"),
            ),
            RolledBack,
            "what h reported could not be read",
        ),
        (
            evidence("Failed", HOOK_FAILED, failed(None), None),
            NotRolledBack,
            "one or more; no rollback was made, and live is at version 1 90 %, version 2 10 %",
        ),
        (
            evidence("Failed", HOOK_FAILED, failed(None), Some("Failed")),
            NotRolledBack,
            "the rollback d-R Failed, and live is at",
        ),
        (
            evidence("Stopped", alarm, failed(None), Some("InProgress")),
            RollingBack,
            "the alarms a b, c fired before the deployment began",
        ),
        (
            evidence(
                "Stopped",
                Some(("ALARM_ACTIVE", "Activated alarms: <c>")),
                vec![
                    (BEFORE, "Succeeded", None),
                    ("AllowTraffic", "Failed", None),
                ],
                Some("Succeeded"),
            ),
            RolledBack,
            "the alarm c fired during AllowTraffic",
        ),
        (
            evidence(
                "Failed",
                Some(("IAM_ROLE_PERMISSIONS", "m")),
                failed(h(&[])),
                Some("Succeeded"),
            ),
            RolledBack,
            "may not invoke h: with the role that SAM makes, its name must begin with CodeDeployHook_",
        ),
        (
            evidence(
                "Failed",
                Some(("INVALID_LAMBDA_CONFIGURATION", "m")),
                vec![],
                Some("Succeeded"),
            ),
            RolledBack,
            "clear that with `aws lambda update-alias --function-name f --name live",
        ),
        (
            evidence("Failed", None, vec![], Some("Succeeded")),
            RolledBack,
            "CodeDeploy gives no reason",
        ),
        (
            evidence(
                "InProgress",
                None,
                vec![(BEFORE, "InProgress", h(&[]))],
                None,
            ),
            StillRunning,
            "BeforeAllowTraffic is in progress, and h has not reported yet",
        ),
        (
            evidence("Queued", None, vec![], None),
            StillRunning,
            "its status is Queued",
        ),
    ];
    for (evidence, expected, reason) in rows {
        let (found, why) = verdict(&evidence);
        assert_eq!(found, expected, "{why}");
        assert!(why.contains(reason), "{why}\n is not\n{reason}");
    }
}
