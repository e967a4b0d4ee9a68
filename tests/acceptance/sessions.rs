//! Console sessions that are documentation: each `$ command` of a `console` block is run, and must print what
//! follows it. Measured times may differ. The files are the README and `tests/sessions/*.md`; with `SESSIONS=overwrite`
//! in the environment, what comes is written into them instead.
//!
//! In `explain.md` the commands find an emulator, in which a release without its validation was deployed and rolled back.

use std::fs;
use std::path::Path;

use similar::TextDiff;
use tokio::runtime::Runtime;

use crate::explain::{World, variables};
use crate::harness::{Ran, tollgate, top_level, without_measured_times};

/// How the documents call the program that a person builds on the way.
const CARGO_RUN: &str = "cargo run -p tollgate --";

#[test]
fn documents_print_what_they_say() {
    let mut documents = vec![top_level().join("README.md")];
    let sessions = fs::read_dir(top_level().join("tests/sessions")).unwrap();
    documents.extend(sessions.map(|entry| entry.unwrap().path()));
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(async {
        let world = World::new().await;
        world.deploy("lost-validation").await;
        world
    });
    let no_variables: &[(&str, &str)] = &[];
    let commands: usize = documents
        .iter()
        .map(|document| {
            if document.ends_with("explain.md") {
                check(document, &variables(world.emulator.endpoint()))
            } else {
                check(document, no_variables)
            }
        })
        .sum();
    assert!(commands >= 8, "only {commands} commands were found");
}

/// Runs one document with these variables; the number of its commands.
fn check(document: &Path, variables: &[(&str, &str)]) -> usize {
    let text = fs::read_to_string(document).unwrap();
    let mut actual = String::new();
    let mut commands = 0;
    let mut lines = text.lines().peekable();
    let mut in_session = false;
    while let Some(line) = lines.next() {
        actual.push_str(line);
        actual.push('\n');
        match line {
            "```console" => in_session = true,
            "```" => in_session = false,
            _ if in_session && line.starts_with("$ ") => {
                commands += 1;
                actual.push_str(&output_of(line.trim_start_matches("$ "), variables));
                while lines
                    .next_if(|line| !line.starts_with("$ ") && *line != "```")
                    .is_some()
                {}
            }
            _ => {}
        }
    }
    if std::env::var_os("SESSIONS").is_some_and(|mode| mode == "overwrite") {
        fs::write(document, actual).unwrap();
    } else {
        compare(document, &text, &actual);
    }
    commands
}

fn compare(document: &Path, expected: &str, actual: &str) {
    let (expected, actual) = (comparable(expected), comparable(actual));
    if expected != actual {
        let diff = TextDiff::from_lines(&expected, &actual);
        let diff = diff.unified_diff().header("expected", "actual").to_string();
        panic!("{} does not say what comes:\n{diff}", document.display());
    }
}

/// Measured times differ, and so does the padding that they are aligned with.
fn comparable(text: &str) -> String {
    without_measured_times(text)
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// What a person sees of a command: output, messages, and an exit status that is not zero.
fn output_of(command: &str, variables: &[(&str, &str)]) -> String {
    let args = command
        .strip_prefix(CARGO_RUN)
        .or_else(|| command.strip_prefix("tollgate"))
        .unwrap_or_else(|| panic!("a session may only run `{CARGO_RUN}` or `tollgate`: {command}"));
    let Ran {
        status,
        stdout,
        stderr,
    } = tollgate()
        .args(args.split_whitespace())
        .envs(variables.iter().copied())
        .output()
        .unwrap()
        .into();
    let status = if status == 0 {
        String::new()
    } else {
        format!("[exit status: {status}]\n")
    };
    format!("{stderr}{stdout}{status}")
}
