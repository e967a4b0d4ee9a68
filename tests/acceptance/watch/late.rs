//! Counts that arrive late, or in another order than they were made.

use std::time::Duration;

use emulator::cloudwatch::Metric;
use emulator::{AliasChange, Timestamp};
use evidence::RATE_RATIOS;

use super::{FUNCTION, World, minute};

/// The counts of the alias, of the current version and of the new one.
const VERSIONS: [Option<&str>; 3] = [None, Some("1"), Some("2")];

fn metric(metric_name: &str, version: Option<&str>) -> Metric {
    let resource = format!("{FUNCTION}:prod");
    let dimensions = [
        ("FunctionName", Some(FUNCTION)),
        ("Resource", Some(&*resource)),
        ("ExecutedVersion", version),
    ];
    let dimensions = dimensions.into_iter();
    Metric {
        namespace: "AWS/Lambda".to_owned(),
        metric_name: metric_name.to_owned(),
        dimensions: dimensions
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect(),
    }
}

/// How many seconds `Invocations` and `Errors` come late, of each of [`VERSIONS`].
type Late = [[u64; 3]; 2];

/// Plays a shift to a version with errors, and compares each run of the watch with what it would have published had
/// everything been there: in how many runs that is something else.
async fn check(late: Late) -> usize {
    let mut world = World::new(|template| template).await;
    let AliasChange::Deployment(_) = world.deploy("fails-one-in-twenty") else {
        panic!("a deployment was expected")
    };
    for (metric_name, seconds) in ["Invocations", "Errors"].into_iter().zip(late) {
        for (version, seconds) in VERSIONS.into_iter().zip(seconds) {
            let by = Duration::from_secs(seconds);
            world.emulator.skew_metric(metric(metric_name, version), by);
        }
    }
    world.play(15).await;
    let since = world.since.unwrap();
    let one_error = RATE_RATIOS.into_iter().fold(0.0, f64::max).ln();
    let mut differ = 0;
    for run in &world.runs {
        for shift in &run.answer.as_ref().unwrap().shifts {
            let full = world.evidence(since, minute(run.at), Timestamp::from_millis(u64::MAX));
            assert!(
                shift.evidence <= full + one_error + 1e-9,
                "{late:?}: {} instead of {full}: {shift:?}",
                shift.evidence
            );
            differ += usize::from((shift.evidence - full).abs() > 1e-9);
        }
    }
    differ
}

#[tokio::test]
async fn late_counts_never_look_worse_than_they_are_by_more_than_one_error() {
    let mut differ = 0;
    for late in [
        // One of them alone.
        [[150, 0, 0], [0, 0, 0]],
        [[0, 150, 0], [0, 0, 0]],
        [[0, 0, 150], [0, 0, 0]],
        [[0, 0, 0], [150, 0, 0]],
        [[0, 0, 0], [0, 150, 0]],
        [[0, 0, 0], [0, 0, 150]],
        // The new version's errors first, and everything else whenever.
        [[400, 300, 200], [100, 250, 0]],
        [[0, 700, 60], [500, 30, 0]],
    ] {
        differ += check(late).await;
    }
    assert!(differ > 0, "nothing came late");
}
