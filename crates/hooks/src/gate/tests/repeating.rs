//! What one execution environment does with one delivery after another.

use super::fakes::{Step, answer};
use super::{PAYLOAD, Played, Scenario, environment, play_in};
use crate::lifecycle_event::LifecycleEvent::{self, AfterAllowTraffic, BeforeAllowTraffic};
use crate::ports::CallErrorKind::{AccessDenied, AlreadyCompleted, Refused, Throttled};
use crate::ports::DeploymentTarget;
use checks::Verdict::{self, Failed, Succeeded};
use serde_json::{Value, json};
use std::time::Duration;

/// Everything but reporting would be noticed.
fn is_not_checked(s: &mut Scenario) {
    s.aws.deployment = Step::Panic;
    s.aws.schema = Step::Panic;
    s.invoke(|_, _| Step::Panic);
}

fn verdict(played: &Played) -> Verdict {
    played.result.as_ref().unwrap().verdict
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_is_delivered_again_is_not_checked_again() {
    let meets = |s: &mut Scenario| s.invoke(|_, _| answer("{}", "3"));
    let fails = |s: &mut Scenario| s.invoke(|_, _| answer(r#"{"statusCode":500}"#, "3"));
    for (first, expected) in [
        (&meets as &dyn Fn(&mut Scenario), Succeeded),
        (&fails, Failed),
    ] {
        for delivered in [true, false] {
            let environment = environment(BeforeAllowTraffic);
            let change = |s: &mut Scenario| {
                first(s);
                if !delivered {
                    s.put(|_| Step::Fail(Refused));
                }
            };
            let played = play_in(&environment, change).await;
            assert_eq!(played.result.is_ok(), delivered);
            assert_eq!(played.invoked.len(), 2);
            let report = &played.logged[0];
            assert_eq!(report["_aws"]["Timestamp"], 1_795_362_000_000_u64);

            let again = play_in(&environment, is_not_checked).await;
            assert_eq!(verdict(&again), expected);
            assert_eq!(
                (again.told.as_slice(), again.invoked.len()),
                ([expected].as_slice(), 0)
            );
            assert_eq!(again.took, Duration::ZERO);
            let line = &again.logged[0];
            assert_eq!(line["events"], report["events"]);
            assert_eq!(line.get("_aws"), None, "metrics would count twice");
            let note = line["notes"][0].as_str().unwrap();
            assert!(
                note.contains("its test events were not run again"),
                "{note}"
            );
            // The answer is the same as the first.
            let answer = serde_json::to_value(again.result.unwrap()).unwrap();
            assert_eq!(answer.get("notes"), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_became_of_one_delivery_the_next_is_served() {
    type Change = Box<dyn FnOnce(&mut Scenario)>;
    let rows: [(&str, Change); 9] = [
        ("no ids", Box::new(|s| s.payload = "{}".to_owned())),
        ("not JSON", Box::new(|s| s.payload = "{".to_owned())),
        ("a panic", Box::new(|s| s.aws.deployment = Step::Panic)),
        (
            "a panic while reporting",
            Box::new(|s| s.put(|_| Step::Panic)),
        ),
        (
            "nothing can be reported",
            Box::new(|s| s.put(|_| Step::Fail(AccessDenied))),
        ),
        ("reporting hangs", Box::new(|s| s.put(|_| Step::Hang))),
        (
            "everything hangs",
            Box::new(|s| s.invoke(|_, _| Step::Hang)),
        ),
        (
            "throttled",
            Box::new(|s| s.aws.revision = Step::Fail(Throttled)),
        ),
        (
            "a log that cannot be written",
            Box::new(|s| s.log_fails = true),
        ),
    ];
    for (first, change) in rows {
        let environment = environment(BeforeAllowTraffic);
        play_in(&environment, change).await;
        let change = |s: &mut Scenario| s.payload = PAYLOAD.replace("e-1", "e-2");
        let played = play_in(&environment, change).await;
        assert_eq!(verdict(&played), Succeeded, "{first}");
        assert_eq!(played.told, [Succeeded], "{first}");
        assert_eq!(played.invoked.len(), 2, "{first}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_written_changes_nothing() {
    let environment = environment(BeforeAllowTraffic);
    let played = play_in(&environment, |s| s.log_fails = true).await;
    assert_eq!(
        (verdict(&played), played.told.as_slice()),
        (Succeeded, [Succeeded].as_slice())
    );
    assert!(played.logged.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_reporting_is_an_error() {
    let environment = environment(BeforeAllowTraffic);
    let played = play_in(&environment, |s| s.put(|_| Step::Panic)).await;
    let text = crate::reason::reason(&played.result.unwrap_err());
    assert!(
        text.contains("the hook panicked while reporting: codedeploy:Put"),
        "{text}"
    );
    assert_eq!((played.told.len(), played.logged.len()), (0, 1));
    // Lambda delivers it again.
    let played = play_in(&environment, is_not_checked).await;
    assert_eq!(played.told, [Succeeded]);
}

/// What CodeDeploy has of the two lifecycle events.
fn over(s: &mut Scenario, before: &str, after: &str) {
    s.put(|_| Step::Fail(AlreadyCompleted));
    s.aws.targets = Step::Answer(vec!["F:live".to_owned()]);
    let events = [
        ("BeforeAllowTraffic", before),
        ("AllowTraffic", "Pending"),
        ("AfterAllowTraffic", after),
    ];
    s.aws.deployment_target = Step::Answer(DeploymentTarget {
        lifecycle_events: events
            .map(|(name, status)| (name.to_owned(), status.to_owned()))
            .into(),
        ..DeploymentTarget::default()
    });
}

#[tokio::test(start_paused = true)]
async fn the_verdict_that_codedeploy_has_already_is_taken_over() {
    let met = |_: &mut Scenario| {};
    let unmet = |s: &mut Scenario| s.invoke(|_, _| answer(r#"{"statusCode":500}"#, "3"));
    let ended = |s: &mut Scenario| {
        let Step::Answer(deployment) = &mut s.aws.deployment else {
            panic!("a deployment")
        };
        deployment.status = Some("Failed".to_owned());
    };
    type Row<'a> = (
        LifecycleEvent,
        &'a dyn Fn(&mut Scenario),
        &'a str,
        &'a str,
        Verdict,
        &'a str,
    );
    let (before, after) = (BeforeAllowTraffic, AfterAllowTraffic);
    let stands = "for this lifecycle event already, and that stands; this run found: ";
    let unknown = "it is not known whether it is this verdict: it says BeforeAllowTraffic: ";
    let rows: [Row<'_>; 14] = [
        (
            before,
            &met,
            "Succeeded",
            "Pending",
            Succeeded,
            r#""reason":"2 of 2 events met""#,
        ),
        (
            before,
            &unmet,
            "Failed",
            "Skipped",
            Failed,
            r#""reason":"2 of 2 events unmet""#,
        ),
        (before, &met, "Failed", "Skipped", Failed, stands),
        (before, &met, "Skipped", "Skipped", Failed, stands),
        (before, &unmet, "Succeeded", "InProgress", Succeeded, stands),
        (after, &unmet, "Succeeded", "Succeeded", Succeeded, stands),
        (after, &met, "Succeeded", "Failed", Failed, stands),
        (after, &met, "Failed", "Skipped", Failed, stands),
        (before, &met, "InProgress", "Pending", Succeeded, unknown),
        (before, &unmet, "Unknown", "Pending", Failed, unknown),
        // Of a deployment that has ended it is not asked which lifecycle event the hook serves.
        (
            before,
            &ended,
            "Failed",
            "Skipped",
            Failed,
            "has ended already (Failed)",
        ),
        (before, &ended, "Succeeded", "Succeeded", Succeeded, stands),
        (before, &ended, "Succeeded", "Failed", Failed, unknown),
        (after, &ended, "Succeeded", "Failed", Failed, unknown),
    ];
    for (hook, found, in_before, in_after, verdict, said) in rows {
        let row = format!("{hook} {in_before} {in_after}");
        let environment = environment(hook);
        let first = |s: &mut Scenario| {
            found(s);
            over(s, in_before, in_after);
        };
        let played = play_in(&environment, first).await;
        let text = serde_json::to_string(played.result.as_ref().unwrap()).unwrap();
        assert_eq!(self::verdict(&played), verdict, "{row}: {text}");
        assert!(text.contains(said), "{row}: {text}");
        assert!(played.told.is_empty() && played.puts == 1, "{row}");
        assert_eq!(played.logged[0]["verdict"], json!(verdict), "{row}");
        // What was taken over stays.
        let again = |s: &mut Scenario| {
            is_not_checked(s);
            over(s, in_before, in_after);
        };
        let played = play_in(&environment, again).await;
        assert_eq!(self::verdict(&played), verdict, "{row}");
        let again = &played.result.as_ref().unwrap().reason;
        assert!(
            text.contains(&serde_json::to_string(again).unwrap()),
            "{row}: {again}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_is_over_is_no_error() {
    for step in [
        Step::Fail(AccessDenied),
        Step::Fail(Throttled),
        Step::Hang,
        Step::Panic,
    ] {
        let over = |s: &mut Scenario| {
            s.put(|_| Step::Fail(AlreadyCompleted));
            s.aws.targets = step.clone();
        };
        let played = play_in(&environment(BeforeAllowTraffic), over).await;
        assert_eq!((verdict(&played), played.puts), (Succeeded, 1), "{step:?}");
        let note = played.logged[0]["notes"][0].as_str().unwrap();
        assert!(
            note.contains("it is not known whether it is this verdict: "),
            "{note}"
        );
        assert!(played.took <= Duration::from_secs(10), "{:?}", played.took);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_not_met_says_how_to_reproduce_it() {
    let change = |s: &mut Scenario| {
        s.bundled = vec![("A.json", "{"), ("B.json", r#"{"b":2}"#), ("C.json", "3")];
        s.invoke(|payload, _| match payload {
            "3" => answer("{}", "3"),
            _ => answer(r#"{"statusCode":500}"#, "3"),
        });
    };
    let played = play_in(&environment(BeforeAllowTraffic), change).await;
    let line = &played.logged[0];
    let command = |event: &str| {
        json!(format!(
            "aws lambda invoke --function-name arn:aws:lambda:eu-west-1:123456789012:function:F:3 \
             --cli-binary-format raw-in-base64-out --client-context \
             eyJjdXN0b20iOnsidG9sbGdhdGUiOiJCZWZvcmVBbGxvd1RyYWZmaWMifX0= --payload file://events/F/{event}.json /dev/stdout"
        ))
    };
    let found: Vec<&Value> = (0..3)
        .map(|index| &line["events"][index]["reproduce"])
        .collect();
    assert_eq!(found, [&command("A"), &command("B"), &Value::Null]);
    let counts = ["met", "unmet", "broken"].map(|name| line[name].as_u64());
    assert_eq!(counts, [Some(1), Some(1), Some(1)]);
}
