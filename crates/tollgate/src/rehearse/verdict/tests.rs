use serde_json::{Value, json};

use super::*;

fn check(
    status: &'static str,
    watching: usize,
    unwatched: &[String],
    what: Vec<What>,
) -> (Exit, String, Vec<String>) {
    let state = DeploymentState {
        status,
        error: None,
    };
    let lines: Vec<Line> = what
        .into_iter()
        .map(|what| Line { at_ms: 0, what })
        .collect();
    verdict(&Ended {
        deployment: Some(("d-1", &state)),
        alias: ("f", "prod"),
        alias_at_start: None,
        target_version: "2",
        watching,
        on_evidence: &[],
        watches: &[],
        unwatched,
        lines: &lines,
    })
}

fn traffic(requests: u32, errors: u32) -> What {
    What::Traffic {
        versions: BTreeMap::from([("2".to_owned(), Counts { requests, errors })]),
        minutes: Vec::new(),
    }
}

#[test]
fn a_success_does_not_hide_what_it_is_worth() {
    let reported = || What::HookReported {
        deployment_id: "d-1".to_owned(),
        status: "Succeeded".to_owned(),
    };
    let (exit, reason, notes) = check(
        "Succeeded",
        1,
        &[],
        vec![reported(), reported(), traffic(20, 0)],
    );
    assert_eq!(
        (exit, reason.as_str()),
        (
            Exit::WouldShip,
            "2 hooks reported Succeeded and no alarm fired"
        )
    );
    assert!(notes.is_empty(), "{notes:?}");

    let (_, reason, notes) = check(
        "Succeeded",
        0,
        &["x".to_owned()],
        vec![reported(), traffic(20, 1), traffic(200, 10)],
    );
    assert_eq!(
        reason,
        "1 hook reported Succeeded and no alarm watched, although version 2 failed 11 of 220 requests"
    );
    assert!(
        notes[0].contains("the alarm x could not be evaluated here"),
        "{notes:?}"
    );

    let (exit, reason, notes) = check("Succeeded", 1, &[], Vec::new());
    assert_eq!(
        (exit, reason.as_str()),
        (
            Exit::WouldShip,
            "the deployment succeeded unchecked and no alarm fired"
        )
    );
    assert!(
        notes[0].contains("no hook checked anything") && notes[1].contains("no requests were sent"),
        "{notes:?}"
    );
}

#[test]
fn a_watch_that_is_silent_is_told() {
    let run = |function: &str, answer| What::ScheduledRunEnded {
        rule: "r".to_owned(),
        function: function.to_owned(),
        answer,
    };
    let failed = |function| {
        let answer = HookAnswer::FunctionError {
            error: String::new(),
            log_tail: String::new(),
        };
        run(function, answer)
    };
    let answered = |shifts: Value| {
        let answer = json!({ "time": "", "shifts": shifts, "idle": [] });
        let answer = serde_json::from_value(answer).unwrap();
        run("w", HookAnswer::Watch(answer))
    };
    let shift = json!({
        "function": "f", "alias": "prod", "currentVersion": "1", "newVersion": "2", "since": "", "until": "",
        "evidence": 0.5, "minutes": [],
    });
    let mut convicting = shift.clone();
    convicting["evidence"] = json!(3.5);
    let too_late = "the evidence reached 3.50, which is enough to roll back, and the alarm evidence did not stop the shift: it came \
                    too late, or the alarm's dimensions are not the metric's, `function` and `alias`";
    let silent = "no evidence was published of the shift: the alarm evidence saw nothing";
    let (one, several, other) = (
        "w failed 1 time: what it did not publish, the alarm evidence did not see",
        "w failed 2 times: what it did not publish, the alarm evidence did not see",
        "v failed 1 time: what it did not publish, the alarm evidence did not see",
    );
    let rows: [(Vec<What>, &[&str]); 9] = [
        (vec![], &[silent]),
        (
            vec![answered(json!([convicting])), answered(json!([shift]))],
            &[too_late],
        ),
        (vec![answered(json!([]))], &[silent]),
        (vec![answered(json!([shift]))], &[]),
        (vec![answered(json!([shift])), failed("w")], &[one]),
        (
            vec![failed("w"), answered(json!([shift])), failed("w")],
            &[several],
        ),
        (
            vec![failed("w"), failed("v"), failed("w")],
            &[other, several],
        ),
        // A function that runs on a schedule of its own publishes nothing, whether it fails or not.
        (vec![failed("f"), answered(json!([shift]))], &[]),
        (vec![failed("f")], &[silent]),
    ];
    let watches = ["v".to_owned(), "w".to_owned()];
    for (runs, expected) in rows {
        let lines: Vec<Line> = runs
            .into_iter()
            .map(|what| Line { at_ms: 0, what })
            .collect();
        let ended = |on_evidence| Ended {
            deployment: None,
            alias: ("f", "prod"),
            alias_at_start: None,
            target_version: "2",
            watching: 1,
            on_evidence,
            watches: &watches,
            unwatched: &[],
            lines: &lines,
        };
        let alarms = ["evidence".to_owned()];
        let notes = silence_of_the_watch(&ended(&alarms));
        assert_eq!(notes, expected);
        let notes = silence_of_the_watch(&ended(&[]));
        assert_eq!(notes, [""; 0], "nobody listens");
    }
}

#[test]
fn what_an_alarm_on_the_evidence_has_seen_is_its_reason() {
    let began = || What::LifecycleEvent {
        deployment_id: "d-1".to_owned(),
        name: "BeforeAllowTraffic",
        status: "Succeeded",
    };
    let run = |evidence: f64, errors: u64| {
        let minute = json!({
            "at": "2026-01-01T00:10:00Z", "current": {},
            "new": { "invocations": 12, "errors": errors }, "alias": { "invocations": 120, "errors": errors + 1 },
        });
        let shift = json!({
            "function": "f", "alias": "prod", "currentVersion": "1", "newVersion": "2", "since": "", "until": "",
            "evidence": evidence, "minutes": [minute],
        });
        let answer = json!({ "time": "", "shifts": [shift], "idle": [] });
        What::ScheduledRunEnded {
            rule: "r".to_owned(),
            function: "w".to_owned(),
            answer: HookAnswer::Watch(serde_json::from_value(answer).unwrap()),
        }
    };
    let of_evidence = "the alarm <evidence> fired: the evidence against version 2 is 3.21 (3.00 is enough): it failed \
                       2 of 12 calls, both versions together 3 of 120";
    let alarm = |name: &str, state: &str| What::Alarm {
        name: name.to_owned(),
        state: state.to_owned(),
        reason: String::new(),
    };
    let of_requests =
        |name: &str| format!("the alarm <{name}> fired; version 2 failed 5 of 20 requests");
    // The alarm that CodeDeploy names, what happened, and the reason.
    for (name, lines, expected) in [
        (
            "evidence",
            vec![
                run(1.0, 1),
                run(3.214, 2),
                alarm("evidence", "ALARM"),
                run(9.0, 9),
            ],
            of_evidence.to_owned(),
        ),
        (
            "evidence",
            vec![
                run(3.214, 2),
                run(9.0, 9),
                What::Alarm {
                    name: "evidence".to_owned(),
                    state: "ALARM".to_owned(),
                    reason: "1 datapoint [3.214 (01/01/26 00:10:00)] was greater".to_owned(),
                },
            ],
            of_evidence.to_owned(),
        ),
        (
            "another",
            vec![run(3.214, 2), alarm("another", "ALARM")],
            of_requests("another"),
        ),
        (
            "another",
            vec![
                run(3.214, 2),
                alarm("evidence", "ALARM"),
                alarm("another", "ALARM"),
            ],
            of_requests("another"),
        ),
        (
            "evidence",
            vec![run(1.0, 1), alarm("evidence", "ALARM")],
            of_requests("evidence"),
        ),
        (
            "evidence",
            vec![alarm("evidence", "ALARM")],
            of_requests("evidence"),
        ),
        (
            "evidence",
            vec![run(3.214, 2), alarm("evidence", "OK")],
            of_requests("evidence"),
        ),
    ] {
        let state = DeploymentState {
            status: "Stopped",
            error: Some(("ALARM_ACTIVE", format!("Activated alarms: <{name}>"))),
        };
        let what = [began(), traffic(20, 5)].into_iter().chain(lines);
        let lines: Vec<Line> = what.map(|what| Line { at_ms: 0, what }).collect();
        let (exit, reason, _) = verdict(&Ended {
            deployment: Some(("d-1", &state)),
            alias: ("f", "prod"),
            alias_at_start: None,
            target_version: "2",
            watching: 2,
            on_evidence: &["evidence".to_owned()],
            watches: &["w".to_owned()],
            unwatched: &[],
            lines: &lines,
        });
        assert_eq!((exit, reason), (Exit::WouldRollBack, expected));
    }
}

#[test]
fn a_deployment_that_has_not_ended_is_no_verdict() {
    assert_eq!(check("InProgress", 1, &[], Vec::new()).0, Exit::Undecided);
}
