//! Change sets that are still being created.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::cloud::{Answer, Cloud, NESTED, ROOT, added, but, check, created, removed, stack};
use crate::harness::Ran;

/// A page of a set that is not created yet.
fn begun(arn: &str, status: &str) -> Answer {
    let members = json!({"Status": status, "ExecutionStatus": "UNAVAILABLE"});
    Answer::Page(but(created(arn, &[]), members))
}

#[test]
fn a_set_is_waited_for_and_so_are_nested_ones() {
    let cloud = Cloud::answering(|asked, before| match (asked.get("ChangeSetName"), before) {
        (ROOT, 0) => begun(ROOT, "CREATE_PENDING"),
        (ROOT, _) => Answer::Page(created(ROOT, &[stack("Storage", NESTED)])),
        // The root has been asked for three times, the last with values.
        (_, 3) => begun(NESTED, "CREATE_IN_PROGRESS"),
        _ => Answer::Page(created(NESTED, &[removed("Orders")])),
    });
    check(&cloud.run(&[ROOT]), 1, &["Storage/Orders"]);
}

#[test]
fn it_is_not_waited_for_longer_than_that() {
    let cloud = Cloud::answering(|_, _| begun(ROOT, "CREATE_IN_PROGRESS"));
    let ran = cloud.run(&[ROOT, "--timeout", "1", "--format", "json"]);
    let why = format!("the change set {ROOT} is still CREATE_IN_PROGRESS after 1 s");
    check(&ran, 2, &[&why, "--timeout"]);
    assert_eq!(ran.json()["exitStatus"], 2);
    assert!(ran.json()["error"].as_str().unwrap().contains(&why));
}

#[test]
fn an_interruption_ends_it_at_once() {
    let (say, hear) = std::sync::mpsc::channel();
    let cloud = Cloud::answering(move |_, _| {
        // Whoever listened has heard enough.
        let _ = say.send(());
        begun(ROOT, "CREATE_IN_PROGRESS")
    });
    let mut command = cloud.command(&[ROOT]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    hear.recv_timeout(Duration::from_secs(60)).unwrap();
    let begun = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    check(&ran, 2, &["interrupted"]);
    // It would wait for ten minutes.
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn what_is_no_longer_the_plan_is_not_waited_for() {
    for (members, why) in [
        (json!({"ExecutionStatus": "OBSOLETE"}), "it is OBSOLETE"),
        (
            json!({"ExecutionStatus": "EXECUTE_COMPLETE"}),
            "it is no longer the plan",
        ),
        (
            json!({"Status": "DELETE_IN_PROGRESS"}),
            "its Status is DELETE_IN_PROGRESS",
        ),
        (
            json!({"Status": "TOMORROWS_STATUS"}),
            "its Status is TOMORROWS_STATUS",
        ),
    ] {
        let page = but(created(ROOT, &[added("Audit")]), members);
        check(
            &Cloud::with(&[(ROOT, vec![page])]).run(&[ROOT]),
            2,
            &[ROOT, why],
        );
    }
}
