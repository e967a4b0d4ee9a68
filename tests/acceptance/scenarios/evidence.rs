//! Shifts that the watch judges: what it publishes against what `evidence` computes, and against what was really sent.

use std::collections::BTreeMap;

use evidence::{CanaryEvidence, Minute, THRESHOLD};
use hooks::{CountedMinute, WatchedShift};
use serde_json::{Value, json};

use super::{AFTER, ALLOW, BEFORE, Expected, FAILED, SKIPPED, SUCCEEDED, lines, statuses};

/// The value by which the watch's alarm fired, as CloudWatch says it: what the watch had published, and what the verdict
/// says.
pub(super) fn check_alarm(rehearsal: &Value) {
    let alarms = lines(rehearsal, "alarm");
    let fired = alarms.iter().find(|line| line["state"] == "ALARM").unwrap();
    let reason = fired["reason"].as_str().unwrap();
    let (_, value) = reason.split_once('[').unwrap();
    let (value, _) = value.split_once(' ').unwrap();
    let value: f64 = value.parse().unwrap();
    // The first that was enough; the watch may have run once more before CodeDeploy asked.
    let shifts = watched(rehearsal).into_iter();
    let mut published = shifts.map(|shift| shift.evidence);
    let published = published.find(|evidence| *evidence >= THRESHOLD).unwrap();
    assert!((value - published).abs() < 1e-9, "{published} by {reason}");
    let said = format!("the evidence against version 2 is {value:.2} (3.00 is enough)");
    let verdict = rehearsal["reason"].as_str().unwrap();
    assert!(verdict.contains(&said), "{verdict}");
}

/// The shift as each run of the watch saw it, in order.
fn watched(rehearsal: &Value) -> Vec<WatchedShift> {
    let runs = lines(rehearsal, "scheduledRunEnded");
    let shifts = runs.iter().map(|run| {
        let shifts = &run["answer"]["watch"]["shifts"];
        let [shift] = shifts.as_array().unwrap().as_slice() else {
            panic!("{run}: one alias shifts")
        };
        serde_json::from_value(shift.clone()).unwrap()
    });
    shifts.collect()
}

/// Checks each run of the watch against `evidence`, and against the requests that were sent.
pub(super) fn check(rehearsal: &Value) {
    let sent: BTreeMap<String, BTreeMap<String, [u64; 2]>> = sent(rehearsal);
    let shifts = watched(rehearsal);
    assert!(shifts.len() > 1, "{rehearsal}");
    for (number, shift) in shifts.iter().enumerate() {
        let minutes: Vec<Minute> = shift.minutes.iter().map(CountedMinute::read).collect();
        let evidence = CanaryEvidence::of(&minutes).value();
        assert!((shift.evidence - evidence).abs() < 1e-9, "{shift:?}");
        // A run each minute, and each counts one minute more than the one before.
        assert_eq!(shift.minutes.len(), shifts[0].minutes.len() + number);
        let versions = (shift.current_version.as_str(), shift.new_version.as_str());
        assert_eq!(versions, ("1", "2"));
        for (index, minute) in shift.minutes.iter().enumerate() {
            let nothing = BTreeMap::new();
            let sent = sent.get(&minute.at).unwrap_or(&nothing);
            let [new, current] =
                ["2", "1"].map(|version| sent.get(version).copied().unwrap_or_default());
            let both = [new[0] + current[0], new[1] + current[1]];
            for (counted, sent) in [
                (minute.new, new),
                (minute.current, current),
                (minute.alias, both),
            ] {
                let counted = [counted.invocations, counted.errors].map(|count| count.unwrap_or(0));
                // Only the last minute may not be visible yet.
                let is_missing = index + 1 == shift.minutes.len() && counted == [0, 0];
                assert!(
                    counted == sent || is_missing,
                    "{counted:?}, not {sent:?}, in {minute:?}"
                );
            }
        }
    }
}

/// Requests and errors by version, minute by minute, of all traffic steps.
fn sent(rehearsal: &Value) -> BTreeMap<String, BTreeMap<String, [u64; 2]>> {
    let mut sent: BTreeMap<String, BTreeMap<String, [u64; 2]>> = BTreeMap::new();
    for step in lines(rehearsal, "traffic") {
        let mut sums: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
        for minute in step["minutes"].as_array().unwrap() {
            let at = minute["at"].as_str().unwrap().to_owned();
            for (version, counts) in minute["versions"].as_object().unwrap() {
                let counts = ["requests", "errors"].map(|member| counts[member].as_u64().unwrap());
                let of_minute = sent
                    .entry(at.clone())
                    .or_default()
                    .entry(version.clone())
                    .or_default();
                let sum = sums.entry(version).or_default();
                for (position, count) in counts.into_iter().enumerate() {
                    of_minute[position] += count;
                    sum[position] += count;
                }
            }
        }
        for (version, counts) in step["versions"].as_object().unwrap() {
            let [requests, errors] = sums[version.as_str()];
            assert_eq!(*counts, json!({ "requests": requests, "errors": errors }));
        }
    }
    sent
}

/// Errors of the version in all traffic steps.
fn errors(rehearsal: &Value, version: &str) -> u64 {
    let minutes = sent(rehearsal).into_values();
    minutes
        .filter_map(|versions| versions.get(version).map(|counts| counts[1]))
        .sum()
}

#[test]
fn a_good_release_ships_whatever_fails_in_both() {
    for scenario in ["noisy-baseline", "common-outage"] {
        let rehearsal = super::check(
            scenario,
            &Expected {
                status: 0,
                alias: ("prod", "2"),
                deployments: &["Succeeded"],
                reason: "2 hooks reported Succeeded and no alarm fired, although version 2 failed ",
            },
        );
        check(&rehearsal);
        assert!(
            errors(&rehearsal, "1") > 0 && errors(&rehearsal, "2") > 0,
            "{scenario}"
        );
        let statuses: Vec<&str> = lines(&rehearsal, "outage")
            .into_iter()
            .map(|line| line["status"].as_str().unwrap())
            .collect();
        let outage: &[&str] = match scenario {
            "common-outage" => &["begins", "ends"],
            _ => &[],
        };
        assert_eq!(statuses, outage, "{scenario}");
        // Two calls a second, from the first step to the last.
        for step in lines(&rehearsal, "traffic") {
            for minute in step["minutes"]
                .as_array()
                .unwrap()
                .iter()
                .skip(1)
                .rev()
                .skip(1)
            {
                let versions = minute["versions"].as_object().unwrap().values();
                let requests: u64 = versions
                    .map(|counts| counts["requests"].as_u64().unwrap())
                    .sum();
                assert_eq!(requests, 120, "{scenario}: {minute}");
            }
        }
    }
}

#[test]
fn the_usual_alarm_rolls_the_same_release_back() {
    let rehearsal = super::check(
        "noisy-baseline-tripwire",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["ALARM_ACTIVE", "Succeeded"],
            reason: "tripwire> fired; version ",
        },
    );
    check(&rehearsal);
    let highest = watched(&rehearsal).into_iter().map(|shift| shift.evidence);
    assert!(highest.fold(0.0, f64::max) < THRESHOLD);
}

#[test]
fn five_percent_of_errors_are_told_from_half_a_percent() {
    let rehearsal = super::check(
        "five-percent",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["ALARM_ACTIVE", "Succeeded"],
            reason: "canary-evidence> fired: the evidence against version 2 is ",
        },
    );
    check(&rehearsal);
    check_alarm(&rehearsal);
    assert_eq!(
        statuses(&rehearsal),
        [(BEFORE, SUCCEEDED), (ALLOW, FAILED), (AFTER, SKIPPED)]
    );
}
