//! The fault matrix: every row of `tests/faults/*.json`, run by the real binaries of the hooks as processes.

mod answer;
mod aws;
mod expected;
mod invariants;
mod layer;
mod lines;
mod oracle;
mod policies;
mod process;
mod row;
mod run;
mod runtime_api;
mod spans;
mod walk;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::thread;

use futures_util::future::join_all;

use aws::{CURRENT, Invocation};
use row::{Hook, Row, areas};
use run::{Seen, run};
use tokio::sync::Semaphore;

use crate::harness::top_level;

/// Runs at once, of all tests together: more would take the processors from each other, and deadlines are real.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Semaphore::new(2 * processors)
});

/// A row that was run.
struct Ran {
    name: String,
    row: Row,
    hook: Hook,
    seen: Seen,
}

/// The whole matrix, run once for all tests.
static MATRIX: LazyLock<Vec<Ran>> = LazyLock::new(|| {
    let rows = areas().into_iter().flat_map(|area| {
        area.rows
            .into_iter()
            .map(move |row| (format!("{}: {}", area.name, row.unusual), row))
    });
    let runs: Vec<(String, Row, Hook)> = rows
        .flat_map(|(name, row)| {
            let hooks = row.hook.each().iter();
            hooks
                .map(|&hook| (format!("{name} ({})", hook.binary()), row.clone(), hook))
                .collect::<Vec<_>>()
        })
        .collect();
    run_all(runs)
});

fn run_all(runs: Vec<(String, Row, Hook)>) -> Vec<Ran> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let runs = runs.into_iter().map(|(name, row, hook)| async move {
        let _place = AT_ONCE.acquire().await.unwrap();
        let seen = run(&row, hook).await;
        Ran {
            name,
            row,
            hook,
            seen,
        }
    });
    runtime.block_on(join_all(runs))
}

/// Fails with everything that is wrong, each under its name and with what the process has written.
fn report_all(failures: Vec<(&Ran, Vec<String>)>, of: usize) {
    let failed: Vec<String> = failures
        .into_iter()
        .filter(|(_, found)| !found.is_empty())
        .map(|(ran, found)| {
            let ended: Vec<String> = ran
                .seen
                .delivered()
                .map(|one| format!("{:?}", one.ended))
                .collect();
            let processes = ran.seen.processes.iter().map(|process| &process.written);
            let written: Vec<String> = processes
                .map(|written| format!("{}{}", written.stdout, written.stderr))
                .collect();
            format!(
                "{}\n  - {}\n  calls: {:?}\n  ended: {}\n  output: {}",
                ran.name,
                found.join("\n  - "),
                ran.seen
                    .record
                    .calls
                    .iter()
                    .map(|call| &call.action)
                    .collect::<Vec<_>>(),
                ended.join("\n"),
                written.join("\n")
            )
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {of} runs failed\n\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

#[test]
fn every_row_comes_out_as_it_says() {
    let failures = MATRIX
        .iter()
        .map(|ran| {
            let mut found = expected::differences(&ran.row, ran.hook, &ran.seen);
            found.extend(invariants::violations(&ran.row, ran.hook, &ran.seen));
            (ran, found)
        })
        .collect();
    report_all(failures, MATRIX.len());
    for area in areas() {
        println!("{:>3} rows on {}", area.rows.len(), area.name);
    }
    let rows: usize = areas().iter().map(|area| area.rows.len()).sum();
    println!("{rows} rows in {} runs", MATRIX.len());
}

#[test]
fn the_matrix_is_whole() {
    let mut names = BTreeSet::new();
    for area in areas() {
        for row in area.rows {
            assert!(
                names.insert(row.unusual.clone()),
                "{} is there twice",
                row.unusual
            );
            let is_pass = row.received == "Succeeded";
            let has_reason = row.healthy || row.right.is_some();
            assert!(
                is_pass == has_reason,
                "{}: is Succeeded right?",
                row.unusual
            );
            let message = row.error.as_ref().map(|error| &error.message);
            let says_why = [Some(&row.reason), message].into_iter().flatten();
            assert!(
                is_pass || says_why.flatten().next().is_some(),
                "{}: what does the hook say?",
                row.unusual
            );
        }
    }
    assert!(names.len() >= 60, "{} rows", names.len());
}

#[test]
fn faults_together_never_end_in_a_false_succeeded() {
    let walks = run_all(walk::walks());
    let violations = walks
        .iter()
        .map(|ran| (ran, invariants::violations(&ran.row, ran.hook, &ran.seen)));
    report_all(violations.collect(), walks.len());
    let ends: BTreeSet<&str> = walks
        .iter()
        .map(|ran| ran.seen.record.status.as_deref().unwrap_or("nothing"))
        .collect();
    // Otherwise nothing was put to the test.
    assert_eq!(ends, BTreeSet::from(["Failed", "Succeeded", "nothing"]));
    // And neither was it where no answer was wrong.
    let has_wrong_answer = |ran: &&Ran| {
        let of_target = |one: &&Invocation| one.qualifier != CURRENT && one.answer.is_some();
        let is_answered = ran
            .seen
            .record
            .invocations
            .iter()
            .any(|one| of_target(&one));
        is_answered && oracle::may_succeed(&ran.row, ran.hook, &ran.seen).is_err()
    };
    let wrong = walks.iter().filter(has_wrong_answer).count();
    println!(
        "{wrong} of {} walks have answers, and may not succeed",
        walks.len()
    );
    assert!(
        wrong >= 5,
        "{wrong} walks have answers, and may not succeed"
    );
}

#[test]
fn the_template_grants_what_the_hooks_call_and_no_more() {
    let template = fs::read_to_string(top_level().join("template.yaml")).unwrap();
    for hook in [Hook::PreTraffic, Hook::PostTraffic] {
        let granted = policies::granted(&template, process::function(hook));
        let mut called: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let runs = MATRIX.iter().filter(|ran| ran.hook == hook);
        for ran in runs.filter(|ran| ran.row.is_as_in_template()) {
            for call in &ran.seen.record.calls {
                let resources = called.entry(&call.action).or_default();
                resources.insert(&call.resource);
            }
        }
        assert_eq!(
            policies::wildcards(&granted),
            policies::expected_wildcards(hook),
            "granted to {}",
            hook.binary()
        );
        let actions: Vec<&str> = called.keys().copied().collect();
        let expected: Vec<&String> = granted.keys().collect();
        assert_eq!(
            actions,
            expected,
            "called, and granted to {}",
            hook.binary()
        );
        for (action, resources) in called {
            for resource in resources {
                let is_covered = granted[action]
                    .iter()
                    .any(|pattern| policies::covers(pattern, resource));
                let patterns = &granted[action];
                assert!(
                    is_covered,
                    "{action} on {resource}, granted on {patterns:?}"
                );
            }
        }
    }
}
