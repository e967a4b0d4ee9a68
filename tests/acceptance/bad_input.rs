//! Whether wrong input ends in one clear message and nothing left running.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::harness::{Copy, Ran, run, tollgate, write_script};

/// One clear message, exit status 2, nothing on standard output.
fn check(ran: &Ran, expected: &[&str]) {
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "");
    for part in expected {
        assert!(
            ran.stderr.contains(part),
            "{part:?} is not in {}",
            ran.stderr
        );
    }
    let messages = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .count();
    assert_eq!(messages, 1, "{}", ran.stderr);
}

#[test]
fn templates_that_cannot_be_read() {
    check(
        &run(["rehearse", "no-such.yaml"]),
        &["cannot read the template no-such.yaml", "No such file"],
    );
    check(
        &run(["rehearse", "crates"]),
        &["cannot read the template crates"],
    );
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace("Transform:", "Transform: [\n  unclosed")
    });
    check(&copy.rehearse(&[]), &["template.yaml:"]);
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace("Type: !Ref DeploymentType", "Type: Canary10Percent5Minute")
    });
    check(
        &copy.rehearse(&[]),
        &[
            "template.yaml:",
            "DeploymentPreference.Type",
            "Canary10Percent5Minute",
            "did you mean Canary10Percent5Minutes?",
        ],
    );
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace("!Ref DeploymentType", "!Ref NoSuchParameter")
    });
    check(&copy.rehearse(&[]), &["template.yaml:", "NoSuchParameter"]);
    check(
        &run(["rehearse", "--parameter-overrides", "NoSuch=1"]),
        &["NoSuch"],
    );
}

#[test]
fn machines_get_a_document_in_any_case() {
    let ran = run(["rehearse", "--format", "json", "no-such.yaml"]);
    assert_eq!(
        (ran.status, &ran.json()["exitStatus"]),
        (2, &serde_json::json!(2))
    );
    assert!(
        ran.json()["error"]
            .as_str()
            .unwrap()
            .starts_with("cannot read the template no-such.yaml")
    );
    assert!(
        ran.stderr.starts_with("error: cannot read the template"),
        "{}",
        ran.stderr
    );
}

#[test]
fn words_that_the_command_line_does_not_know() {
    check(
        &run(["rehearse", "--scenario", "nothing"]),
        &["there is no scenario \"nothing\"", "hook-never-reports"],
    );
    check(
        &run(["rehearse", "--function", "Nobody"]),
        &["has no gated function \"Nobody\"; it has VersionedOrderAPI"],
    );
    let ran = run(["rehearse", "--sed", "1"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("--seed"), "{}", ran.stderr);
}

#[test]
fn binaries_that_do_not_exist_or_do_not_start() {
    check(
        &run(["rehearse", "--binary", "VersionedOrderAPI=/no/such/file"]),
        &[
            "the code of VersionedOrderAPI cannot be used: cannot read the function's code /no/such/file",
            "No such file",
        ],
    );
    check(
        &run(["rehearse", "--current", "./README.md"]),
        &["README.md is not an executable file"],
    );
    check(
        &run(["rehearse", "--new", "release-1-0-0"]),
        &["the new release is the one that is deployed"],
    );
    for (option, function) in [
        ("--new", "VersionedOrderAPI, version 2,"),
        ("--current", "VersionedOrderAPI, version 1,"),
        ("--binary", "CodeDeployHook_PreTraffic, version $LATEST,"),
    ] {
        let prefix = if option == "--binary" {
            "CodeDeployHook_PreTraffic="
        } else {
            ""
        };
        let message = format!("the program of {function} does not start: Runtime.ExitError");
        check(
            &run(["rehearse", option, &format!("{prefix}/bin/false")]),
            &[&message, "exit status 1"],
        );
    }
}

#[test]
fn a_mistyped_binary_is_not_ignored() {
    check(
        &run(["rehearse", "--binary", "VersionedOrderApi=/bin/true"]),
        &[
            "--binary VersionedOrderApi=/bin/true: the template has no function of that name; it has VersionedOrderAPI",
        ],
    );
    check(
        &run([
            "rehearse",
            "--binary",
            "VersionedOrderAPI=/bin/true",
            "--binary",
            "VersionedOrderAPI=/bin/false",
        ]),
        &["there is a --binary for VersionedOrderAPI already"],
    );
    check(
        &run(["rehearse", "--new", ""]),
        &["a release needs a name or a path"],
    );
}

#[test]
fn what_a_program_writes_does_not_steer_the_terminal() {
    let scratch = tempfile::tempdir().unwrap();
    let release = scratch.path().join("escapes");
    write_script(
        &release,
        "#!/bin/sh\nprintf '\\033[2J\\033]0;owned\\007' >&2\nexit 1\n",
    );
    let ran = run(["rehearse", "--new", release.to_str().unwrap()]);
    check(
        &ran,
        &[
            "does not start: Runtime.ExitError",
            "it wrote: \u{fffd}[2J\u{fffd}]0;owned\u{fffd}",
        ],
    );
}

#[test]
fn what_cannot_be_written_costs_a_verdict_only_on_standard_output() {
    let full = || {
        fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let output = tollgate().arg("rehearse").stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot write to standard output")
    );
    let output = tollgate().arg("rehearse").stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    // Nobody would learn where it serves.
    let output = tollgate()
        .args(["serve", "--port", "0"])
        .stdout(full())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot write to standard output")
    );
}

#[test]
fn malformed_events_and_expectations_are_named_with_their_place() {
    type Spoilt = (&'static str, fn(String) -> String, &'static [&'static str]);
    let spoilt: [Spoilt; 3] = [
        (
            "events/VersionedOrderAPI/CreateOrderValid.json",
            |text| text.replacen('{', "{,", 1),
            &["CreateOrderValid.json: not JSON", "line 1 column 2"],
        ),
        (
            "events/VersionedOrderAPI/GetOrderStatus.expect.json",
            |text| text.replace("$regex", "$regexp"),
            &["GetOrderStatus.expect.json: ", "$regexp", "$regex"],
        ),
        (
            "events/VersionedOrderAPI/GetOrderStatus.expect.json",
            |_| "{".to_owned(),
            &["GetOrderStatus.expect.json: ", "line 1"],
        ),
    ];
    for (file, change, expected) in spoilt {
        let copy = Copy::new();
        copy.spoil(file, change);
        check(&copy.rehearse(&[]), expected);
    }
    let copy = Copy::new();
    fs::remove_file(copy.path("events/VersionedOrderAPI/GetOrderStatus.json")).unwrap();
    check(
        &copy.rehearse(&[]),
        &[
            "events/VersionedOrderAPI",
            "`GetOrderStatus.expect` has no event",
        ],
    );
}

#[test]
fn without_events_nothing_is_checked_and_nothing_ships() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.path("events/VersionedOrderAPI")).unwrap();
    let ran = copy.rehearse(&[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("CodeDeployHook_PreTraffic reported Failed"),
        "{}",
        ran.stdout
    );
    fs::remove_dir_all(copy.path("events")).unwrap();
    check(&copy.rehearse(&[]), &["cannot copy the layer content"]);
}

#[test]
fn a_reader_that_leaves_is_no_crash() {
    let mut child = tollgate()
        .arg("rehearse")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(
        output.status.code(),
        Some(0),
        "the verdict stands: {stderr}"
    );
}

#[test]
fn whoever_ends_it_leaves_nothing_running() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        ends_cleanly(signal);
    }
}

fn ends_cleanly(signal: rustix::process::Signal) {
    let scratch = tempfile::tempdir().unwrap();
    let (child, function) = hangs(scratch.path(), signal);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap().lines().last(),
        Some("error: interrupted")
    );
    assert!(ends(function), "its process goes on");
    let left = files(scratch.path());
    assert_eq!(
        left.len(),
        2,
        "only what the test itself wrote is left: {left:?}"
    );
}

#[test]
fn nor_does_a_kill() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut child, function) = hangs(scratch.path(), rustix::process::Signal::KILL);
    child.wait().unwrap();
    assert!(ends(function), "its process goes on");
    // What ends it cleans up, too, a moment later.
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while files(scratch.path()).len() > 2 && std::time::Instant::now() < patience {
        std::thread::yield_now();
    }
    let left = files(scratch.path());
    assert_eq!(
        left.len(),
        2,
        "only what the test itself wrote is left: {left:?}"
    );
}

fn files(directory: &Path) -> Vec<std::ffi::OsString> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect()
}

/// A rehearsal that hangs and has got a signal, and its function.
fn hangs(
    scratch: &Path,
    signal: rustix::process::Signal,
) -> (std::process::Child, rustix::process::Pid) {
    // A release that never asks for work: the rehearsal hangs in its init phase.
    let release = scratch.join("hangs");
    let pid_file = scratch.join("pid");
    write_script(
        &release,
        &format!(
            "#!/bin/sh\necho $$ >{}\nexec sleep 600\n",
            pid_file.display()
        ),
    );

    let child = tollgate()
        .args(["rehearse", "--new"])
        .arg(&release)
        .env("TMPDIR", scratch)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let function = wait_for_pid(&pid_file);
    let tollgate = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(tollgate, signal).unwrap();
    (child, function)
}

#[test]
fn a_build_ends_with_the_command() {
    let scratch = tempfile::tempdir().unwrap();
    let (cargo, pid_file) = (scratch.path().join("cargo"), scratch.path().join("pid"));
    write_script(
        &cargo,
        &format!(
            "#!/bin/sh\ncase $1 in metadata) exec {} \"$@\";; esac\necho $$ >{}\nexec sleep 600\n",
            env!("CARGO"),
            pid_file.display()
        ),
    );
    // Not pipes: a build that goes on would keep them open, and the test waiting.
    let messages = scratch.path().join("messages");
    let mut child = tollgate()
        .arg("rehearse")
        .env_remove("TOLLGATE_BIN_DIR")
        .env("CARGO", &cargo)
        .stdout(Stdio::null())
        .stderr(fs::File::create(&messages).unwrap())
        .spawn()
        .unwrap();
    let build = wait_for_pid(&pid_file);
    let tollgate = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(tollgate, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(
        fs::read_to_string(messages)
            .unwrap()
            .ends_with("error: interrupted\n")
    );
    assert!(ends(build), "its process goes on");
}

/// The process id that a function writes when it starts.
fn wait_for_pid(file: &Path) -> rustix::process::Pid {
    loop {
        let pid = fs::read_to_string(file)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
            return pid;
        }
        std::thread::yield_now();
    }
}

/// Whether a process that was killed comes to its end; the system may need a moment for it.
fn ends(process: rustix::process::Pid) -> bool {
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while is_running(process) {
        if std::time::Instant::now() > patience {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

/// Whether a process runs; one that has ended and waits for its parent to notice does not.
fn is_running(process: rustix::process::Pid) -> bool {
    let exists = rustix::process::test_kill_process(process).is_ok();
    let status =
        fs::read_to_string(format!("/proc/{}/status", process.as_raw_pid())).unwrap_or_default();
    exists && !status.contains("State:\tZ")
}
