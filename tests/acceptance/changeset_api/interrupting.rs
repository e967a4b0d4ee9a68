//! `tollgate changeset create`, interrupted: nothing is left of it, or it is said what.

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::cloud::{Answer, Cloud, ROOT, but, check, created};
use super::world::{TEMPLATE, World};
use crate::harness::Ran;

/// Starts `create`; once `hear` has heard, interrupts it, and then lets `go` go.
fn interrupted(cloud: &Cloud, hear: &Receiver<()>, times: usize, go: Option<Sender<()>>) -> Ran {
    let mut command = cloud.command(&["create", "--template", TEMPLATE, "--stack", "version-demo"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..times {
        hear.recv_timeout(Duration::from_secs(60)).unwrap();
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    }
    drop(go);
    child.wait_with_output().unwrap().into()
}

#[test]
fn an_interruption_leaves_nothing() {
    // While it is waited for.
    let (say, hear) = channel();
    let world = World::with(None);
    let unfinished = but(created(ROOT, &[]), json!({"Status": "CREATE_IN_PROGRESS"}));
    let cloud = world.cloud(&unfinished, move |world, asked, _| {
        if asked.action == "DescribeChangeSet" && world.left().1 {
            // Whoever listened has heard enough.
            let _ = say.send(());
        }
        None
    });
    check(&interrupted(&cloud, &hear, 1, None), 2, &["interrupted"]);
    assert_eq!(world.left(), (None, false));
    // While nobody knows whether it will be there.
    let (say, hear) = channel();
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let world = World::with(None);
    let cloud = world.cloud(&unfinished, move |_, asked, _| {
        if asked.action == "CreateChangeSet" {
            let _ = say.send(());
            // Until it is dropped.
            let _ = wait.lock().unwrap().recv();
        }
        None
    });
    check(
        &interrupted(&cloud, &hear, 1, Some(go)),
        2,
        &["interrupted"],
    );
    let asked = cloud.asked();
    assert!(asked.iter().any(|asked| asked.action == "CreateChangeSet"));
    assert_eq!(world.left(), (None, false));
}

#[test]
fn a_second_interruption_leaves_it_and_says_what() {
    let (say, hear) = channel();
    let world = World::with(Some("CREATE_COMPLETE"));
    let unfinished = but(created(ROOT, &[]), json!({"Status": "CREATE_IN_PROGRESS"}));
    let cloud = world.cloud(&unfinished, move |world, asked, _| match &*asked.action {
        "DescribeChangeSet" if world.left().1 => {
            let _ = say.send(());
            None
        }
        "DeleteChangeSet" => {
            let _ = say.send(());
            let message = "it is in CREATE_IN_PROGRESS";
            Some(Answer::Refused(400, "InvalidChangeSetStatus", message))
        }
        _ => None,
    });
    let command = format!("aws cloudformation delete-change-set --change-set-name {ROOT}");
    check(
        &interrupted(&cloud, &hear, 2, None),
        2,
        &["interrupted", &command],
    );
    assert!(world.left().1);
}
