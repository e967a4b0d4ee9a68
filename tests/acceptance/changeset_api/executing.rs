//! `tollgate changeset execute`: only what passes, exactly that, and how it ended.

use std::process::Stdio;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::cloud::{
    Answer, Asked, Cloud, NESTED, ROOT, added, but, check, created, removed, stack,
};
use crate::harness::Ran;

const STACK: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/version-demo/0";

const GOES_ON: &str = "the execution goes on in CloudFormation: aws cloudformation describe-stack-events --stack-name \
                       arn:aws:cloudformation:eu-west-1:123456789012:stack/version-demo/0 --region eu-west-1";

/// An event of the execution: status, logical ID, and why.
type Line = (&'static str, &'static str, &'static str);

/// An update that succeeds.
const UPDATED: [Line; 5] = [
    ("UPDATE_IN_PROGRESS", "version-demo", "User Initiated"),
    ("CREATE_IN_PROGRESS", "Audit", "Resource creation Initiated"),
    ("CREATE_COMPLETE", "Audit", ""),
    ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "version-demo", ""),
    ("UPDATE_COMPLETE", "version-demo", ""),
];

/// One that does not.
const ROLLED_BACK: [Line; 6] = [
    ("UPDATE_IN_PROGRESS", "version-demo", ""),
    ("CREATE_FAILED", "Audit", "audit already exists"),
    ("UPDATE_FAILED", "Config", "Resource update cancelled"),
    (
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "version-demo",
        "The following resource(s) failed to create: [Audit].",
    ),
    (
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "version-demo",
        "",
    ),
    ("UPDATE_ROLLBACK_COMPLETE", "version-demo", ""),
];

/// The newest first, two on a page; the stack's earlier update is behind them.
fn events(lines: &[Line], token: &str, page: usize) -> Answer {
    let event = |number: usize, token: &str, (status, id, reason): &Line| {
        let (kind, physical) = match *id {
            "version-demo" => ("AWS::CloudFormation::Stack", STACK),
            _ => ("AWS::DynamoDB::Table", "table"),
        };
        json!({
            "EventId": format!("{token}{number}"), "StackId": STACK, "StackName": "version-demo", "LogicalResourceId": id,
            "PhysicalResourceId": physical, "ResourceType": kind, "ResourceStatus": status,
            "ResourceStatusReason": reason, "ClientRequestToken": token, "Timestamp": format!("2026-11-23T00:00:0{number}Z"),
        })
    };
    let ours = lines.iter().enumerate();
    let ours = ours.map(|(number, line)| event(number + 1, token, line));
    let mut all: Vec<Value> = [event(0, "theirs", &UPDATED[4])]
        .into_iter()
        .chain(ours)
        .collect();
    all.reverse();
    let next = (all.len() > 2 * (page + 1)).then(|| (page + 1).to_string());
    let page: Vec<&Value> = all.iter().skip(2 * page).take(2).collect();
    Answer::Page(json!({"StackEvents": page, "NextToken": next}))
}

/// CloudFormation with one change set, of which one more event has happened each time that somebody asks.
fn cloud(
    set: Value,
    lines: &'static [Line],
    unusual: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
) -> Cloud {
    let state = Arc::new(Mutex::new((String::new(), 0)));
    Cloud::answering(move |asked, _| {
        if let Some(answer) = unusual(asked) {
            return answer;
        }
        let mut state = state.lock().unwrap();
        match &*asked.action {
            "DescribeChangeSet" => Answer::Page(set.clone()),
            "ExecuteChangeSet" => {
                assert_eq!(asked.get("ChangeSetName"), ROOT);
                state.0 = asked.get("ClientRequestToken").to_owned();
                assert!(!state.0.is_empty());
                Answer::Page(json!({}))
            }
            "DescribeStackEvents" => {
                assert_eq!(asked.get("StackName"), STACK);
                let page = asked.get("NextToken").parse().unwrap_or_default();
                let answer = events(&lines[..state.1.min(lines.len())], &state.0, page);
                // At first there is none; from then on each time two.
                state.1 += if page == 0 { 2 } else { 0 };
                answer
            }
            other => panic!("{other}"),
        }
    })
}

fn safe() -> Value {
    created(ROOT, &[added("Audit")])
}

fn count(cloud: &Cloud, action: &str) -> usize {
    cloud
        .asked()
        .iter()
        .filter(|asked| asked.action == action)
        .count()
}

#[test]
fn what_passes_is_executed_and_followed_to_its_end() {
    let cloud = cloud(safe(), &UPDATED, |_| None);
    let ran = cloud.run(&["execute", ROOT]);
    let expected = "\
safe: 0 blocked, 0 to review, 1 safe

   0:00  UPDATE_IN_PROGRESS  version-demo  AWS::CloudFormation::Stack
   0:01  CREATE_IN_PROGRESS  Audit  AWS::DynamoDB::Table
   0:02  CREATE_COMPLETE  Audit  AWS::DynamoDB::Table
   0:03  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS  version-demo  AWS::CloudFormation::Stack
   0:04  UPDATE_COMPLETE  version-demo  AWS::CloudFormation::Stack

executed: UPDATE_COMPLETE
";
    check(&ran, 0, &[ROOT]);
    assert!(ran.stdout.ends_with(expected), "{}", ran.stdout);
    assert_eq!(count(&cloud, "ExecuteChangeSet"), 1);
}

#[test]
fn what_rolled_back_says_what_went_wrong_first() {
    let ran = cloud(safe(), &ROLLED_BACK, |_| None).run(&["execute", ROOT]);
    let expected =
        "\nfailed: UPDATE_ROLLBACK_COMPLETE\n  Audit CREATE_FAILED: audit already exists\n";
    check(&ran, 1, &[]);
    assert!(ran.stdout.ends_with(expected), "{}", ran.stdout);

    let ran = cloud(safe(), &ROLLED_BACK, |_| None).run(&["execute", ROOT, "--format", "json"]);
    let document = ran.json();
    assert_eq!(ran.status, 1);
    assert_eq!(document["exitStatus"], 1);
    assert_eq!(document["verdict"], "safe");
    assert_eq!(
        document["execution"]["stackStatus"],
        "UPDATE_ROLLBACK_COMPLETE"
    );
    let failed = json!([{
        "logicalResourceId": "Audit", "resourceType": "AWS::DynamoDB::Table",
        "resourceStatus": "CREATE_FAILED", "resourceStatusReason": "audit already exists",
    }]);
    assert_eq!(document["execution"]["failed"], failed);

    let ran = cloud(safe(), &ROLLED_BACK, |_| None).run(&["execute", ROOT, "--format", "markdown"]);
    let expected = "**failed**: `UPDATE_ROLLBACK_COMPLETE`\n\n- `Audit` `CREATE_FAILED`: audit already exists\n";
    check(&ran, 1, &[expected]);
}

#[test]
fn what_does_not_pass_is_not_executed() {
    let nested = json!({"RootChangeSetId": NESTED, "ParentChangeSetId": NESTED, "ExecutionStatus": "UNAVAILABLE"});
    let empty = json!({"Status": "FAILED", "StatusReason": "No updates are to be performed."});
    let obsolete = json!({"ExecutionStatus": "OBSOLETE"});
    let rows: [(Value, &[&str], i32, &[&str]); 7] = [
        (
            created(ROOT, &[removed("Orders")]),
            &[ROOT],
            1,
            &["not executed", "--allow Orders=remove"],
        ),
        (
            created(ROOT, &[but_retained("Orders")]),
            &[ROOT, "--fail-on", "review"],
            1,
            &["not executed"],
        ),
        (but(safe(), obsolete), &[ROOT], 2, &["it is OBSOLETE"]),
        (
            but(created(ROOT, &[]), empty),
            &[ROOT],
            0,
            &["there is nothing to execute"],
        ),
        (
            but(safe(), nested),
            &[ROOT],
            2,
            &["review and execute ", NESTED],
        ),
        (
            but(
                safe(),
                json!({"NextToken": "0", "Changes": [stack("Storage", ROOT)]}),
            ),
            &[ROOT],
            2,
            &["check the endpoint"],
        ),
        (
            safe(),
            &["update"],
            2,
            &["\"update\" is no ARN of a change set, and a name may stand for another one by now"],
        ),
    ];
    for (set, args, status, said) in rows {
        for format in ["table", "json", "markdown"] {
            let cloud = cloud(set.clone(), &UPDATED, |_| None);
            let ran = cloud.run(&[&["execute", "--format", format], args].concat());
            check(&ran, status, said);
            if format == "json" {
                assert_eq!(ran.json()["exitStatus"], status);
            }
            assert_eq!(count(&cloud, "ExecuteChangeSet"), 0, "{said:?}");
        }
    }
}

/// A removal that is to be reviewed only.
fn but_retained(id: &str) -> Value {
    let mut change = removed(id);
    change["ResourceChange"]["PolicyAction"] = "Retain".into();
    change
}

#[test]
fn what_is_allowed_is_executed() {
    let set = created(ROOT, &[removed("Orders")]);
    let ran = cloud(set, &UPDATED, |_| None).run(&["execute", ROOT, "--allow", "Orders=remove"]);
    check(&ran, 0, &["executed: UPDATE_COMPLETE"]);
}

#[test]
fn it_need_not_be_waited_for() {
    for (format, said) in [
        ("table", "the execution has begun"),
        ("markdown", "the execution has begun"),
        ("json", "\"execution\""),
    ] {
        let cloud = cloud(safe(), &UPDATED, |_| None);
        check(
            &cloud.run(&["execute", ROOT, "--no-wait", "--format", format]),
            0,
            &[said],
        );
        assert_eq!(count(&cloud, "ExecuteChangeSet"), 1);
        assert_eq!(count(&cloud, "DescribeStackEvents"), 0);
    }
}

#[test]
fn how_it_goes_on_cannot_always_be_told() {
    let denied = Answer::Refused(403, "AccessDenied", "User: x is not authorized");
    let throttled = Answer::Refused(400, "Throttling", "Rate exceeded");
    let stranger = Answer::Stranger(502, "no");
    let rows: [(&str, usize, Answer, i32, &[&str]); 5] = [
        (
            "DescribeStackEvents",
            usize::MAX,
            denied.clone(),
            2,
            &["allow cloudformation:DescribeStackEvents", GOES_ON],
        ),
        (
            "DescribeStackEvents",
            3,
            throttled.clone(),
            0,
            &["executed: UPDATE_COMPLETE"],
        ),
        (
            "DescribeStackEvents",
            usize::MAX,
            stranger.clone(),
            2,
            &["HTTP status 502", GOES_ON],
        ),
        (
            "ExecuteChangeSet",
            1,
            denied,
            2,
            &["allow cloudformation:ExecuteChangeSet"],
        ),
        (
            "ExecuteChangeSet",
            1,
            stranger,
            2,
            &["whether the execution has begun, CloudFormation says: aws"],
        ),
    ];
    for (action, times, answer, status, said) in rows {
        let left = Mutex::new(times);
        let cloud = cloud(safe(), &UPDATED, move |asked| {
            let mut left = left.lock().unwrap();
            (asked.action == action && *left > 0).then(|| {
                *left -= 1;
                answer.clone()
            })
        });
        let ran = cloud.run(&["execute", ROOT, "--format", "table"]);
        check(&ran, status, said);
        if action == "ExecuteChangeSet" {
            assert!(!ran.stderr.contains("goes on"), "{}", ran.stderr);
        }
    }
    let never = cloud(safe(), &UPDATED[..1], |_| None);
    let ran = never.run(&["execute", ROOT, "--timeout", "1", "--format", "json"]);
    check(
        &ran,
        2,
        &["the stack has not come to rest after 1 s", GOES_ON],
    );
    assert_eq!(ran.json()["exitStatus"], 2);
    assert_eq!(ran.json()["changeSetId"], ROOT);
}

#[test]
fn an_interruption_says_that_it_goes_on() {
    let (say, hear) = channel();
    let cloud = cloud(safe(), &UPDATED[..1], move |asked| {
        if asked.action == "DescribeStackEvents" {
            // Whoever listened has heard enough.
            let _ = say.send(());
        }
        None
    });
    let mut command = cloud.command(&["execute", ROOT]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    hear.recv_timeout(Duration::from_secs(60)).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    check(&ran, 2, &["interrupted", GOES_ON]);
}
