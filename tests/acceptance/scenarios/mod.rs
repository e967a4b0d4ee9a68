//! Every scenario of a rehearsal, by its exit status and by where it leaves the alias.

mod evidence;

use serde_json::{Value, json};

use crate::harness::{Ran, run, without_measured_times};

/// Where AWS would leave the alias, the exit status, and a part of the reason.
struct Expected {
    status: i32,
    alias: (&'static str, &'static str),
    deployments: &'static [&'static str],
    reason: &'static str,
}

fn check(scenario: &str, expected: &Expected) -> Value {
    let ran = run(["rehearse", "--scenario", scenario, "--format", "json"]);
    let document = ran.json();
    let rehearsal = &document["rehearsals"][0];
    let reason = rehearsal["reason"].as_str().unwrap();
    assert_eq!(ran.status, expected.status, "{scenario}: {reason}");
    assert_eq!(document["exitStatus"], expected.status, "{scenario}");
    let (alias, version) = expected.alias;
    assert_eq!(rehearsal["alias"], alias, "{scenario}");
    let end = json!({ "functionVersion": version, "additionalVersionWeights": {} });
    assert_eq!(rehearsal["aliasAtEnd"], end, "{scenario}");
    let ended: Vec<&str> = rehearsal["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] == "deploymentEnded")
        .map(|line| {
            line["error"]["code"]
                .as_str()
                .unwrap_or_else(|| line["status"].as_str().unwrap())
        })
        .collect();
    assert_eq!(ended, expected.deployments, "{scenario}");
    assert!(reason.contains(expected.reason), "{scenario}: {reason}");
    rehearsal.clone()
}

/// The lines of one kind.
fn lines<'a>(rehearsal: &'a Value, kind: &str) -> Vec<&'a Value> {
    rehearsal["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] == kind)
        .collect()
}

fn statuses(rehearsal: &Value) -> Vec<(&str, &str)> {
    let failed: Vec<(&str, &str)> = lines(rehearsal, "lifecycleEvent")
        .into_iter()
        // Those of the first deployment: a rollback's events all succeed.
        .filter(|line| {
            line["deploymentId"] == lines(rehearsal, "deploymentCreated")[0]["deploymentId"]
        })
        .map(|line| {
            (
                line["name"].as_str().unwrap(),
                line["status"].as_str().unwrap(),
            )
        })
        .filter(|(_, status)| *status != "InProgress")
        .collect();
    failed
}

const SUCCEEDED: &str = "Succeeded";
const FAILED: &str = "Failed";
const SKIPPED: &str = "Skipped";
const BEFORE: &str = "BeforeAllowTraffic";
const ALLOW: &str = "AllowTraffic";
const AFTER: &str = "AfterAllowTraffic";

#[test]
fn a_good_release_ships() {
    let rehearsal = check(
        "ships",
        &Expected {
            status: 0,
            alias: ("prod", "2"),
            deployments: &["Succeeded"],
            reason: "2 hooks reported Succeeded",
        },
    );
    assert_eq!(
        statuses(&rehearsal),
        [(BEFORE, SUCCEEDED), (ALLOW, SUCCEEDED), (AFTER, SUCCEEDED)]
    );
    let aliases: Vec<&Value> = lines(&rehearsal, "alias")
        .into_iter()
        .filter(|line| line["alias"] == "prod")
        .collect();
    assert_eq!(aliases[0]["additionalVersionWeights"], json!({ "2": 0.1 }));
    assert_eq!(aliases[0]["functionVersion"], "1");
    assert_eq!(aliases[1]["additionalVersionWeights"], json!({}));
    assert_eq!(aliases[1]["functionVersion"], "2");
    // Five simulated minutes apart, as Canary10Percent5Minutes says.
    assert_eq!(
        aliases[1]["atMs"].as_u64().unwrap() - aliases[0]["atMs"].as_u64().unwrap(),
        300_000
    );
    let traffic = lines(&rehearsal, "traffic");
    let requests = |step: usize, version: &str| {
        traffic[step]["versions"][version]["requests"]
            .as_u64()
            .unwrap_or(0)
    };
    assert_eq!(requests(0, "1") + requests(0, "2"), 200);
    // A tenth of 200 draws: twenty, give or take five standard deviations of 4.2.
    assert!((1..=41).contains(&requests(0, "2")), "{}", requests(0, "2"));
    assert_eq!((requests(1, "1"), requests(1, "2")), (0, 200));
    let events = &lines(&rehearsal, "hookEnded")[0]["answer"]["report"]["events"];
    assert_eq!(events.as_array().unwrap().len(), 5, "{events}");
}

#[test]
fn a_lost_validation_is_stopped_before_any_traffic() {
    let rehearsal = check(
        "validation-lost",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["HOOK_EXECUTION_FAILURE", "Succeeded"],
            reason: "CreateOrderMissingCustomer: statusCode: expected 400, got 200",
        },
    );
    assert_eq!(
        statuses(&rehearsal),
        [(BEFORE, FAILED), (ALLOW, SKIPPED), (AFTER, SKIPPED)]
    );
    assert!(lines(&rehearsal, "traffic").is_empty());
}

#[test]
fn a_panic_is_stopped_before_any_traffic() {
    let rehearsal = check(
        "panics",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["HOOK_EXECUTION_FAILURE", "Succeeded"],
            reason: "the function failed: Lambda panicked",
        },
    );
    assert_eq!(
        statuses(&rehearsal),
        [(BEFORE, FAILED), (ALLOW, SKIPPED), (AFTER, SKIPPED)]
    );
}

#[test]
fn a_slow_release_is_stopped_before_any_traffic() {
    check(
        "too-slow",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["HOOK_EXECUTION_FAILURE", "Succeeded"],
            reason: "Task timed out after 3.00 seconds",
        },
    );
}

#[test]
fn one_failure_in_twenty_passes_the_gate_and_is_stopped_by_an_alarm() {
    let rehearsal = check(
        "fails-one-in-twenty",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["ALARM_ACTIVE", "Succeeded"],
            reason: "canary-evidence> fired: the evidence against version 2 is ",
        },
    );
    evidence::check(&rehearsal);
    evidence::check_alarm(&rehearsal);
    assert_eq!(
        statuses(&rehearsal),
        [(BEFORE, SUCCEEDED), (ALLOW, FAILED), (AFTER, SKIPPED)]
    );
    let traffic = &lines(&rehearsal, "traffic")[0]["versions"];
    assert_eq!(traffic["1"]["errors"], 0);
    let (requests, errors) = (
        traffic["2"]["requests"].as_u64().unwrap(),
        traffic["2"]["errors"].as_u64().unwrap(),
    );
    assert_eq!(errors, requests / 20, "of {requests}");
}

#[test]
fn what_is_wrong_only_behind_the_alias_is_found_by_post_traffic() {
    let rehearsal = check(
        "post-traffic-fails",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["HOOK_EXECUTION_FAILURE", "Succeeded"],
            reason: "CodeDeployHook_PostTraffic reported Failed",
        },
    );
    assert_eq!(
        statuses(&rehearsal),
        [(BEFORE, SUCCEEDED), (ALLOW, SUCCEEDED), (AFTER, FAILED)]
    );
    let errors = |step: &Value| step["versions"]["2"]["errors"].as_u64();
    assert!(
        lines(&rehearsal, "traffic")
            .iter()
            .all(|step| errors(step) == Some(0)),
        "no alarm could have seen it"
    );
}

#[test]
fn a_hook_that_never_reports_costs_an_hour() {
    let rehearsal = check(
        "hook-never-reports",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["TIMEOUT", "Succeeded"],
            reason: "a hook never reported; CodeDeploy gave up after one hour",
        },
    );
    assert_eq!(lines(&rehearsal, "hookInvoked").len(), 1);
    let ended = lines(&rehearsal, "deploymentEnded")[0]["atMs"]
        .as_u64()
        .unwrap();
    let invoked = lines(&rehearsal, "hookInvoked")[0]["atMs"]
        .as_u64()
        .unwrap();
    assert_eq!(ended - invoked, 3_600_000);
}

#[test]
fn a_hook_that_crashes_is_tried_three_times() {
    let rehearsal = check(
        "hook-crashes",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["TIMEOUT", "Succeeded"],
            reason: "a hook failed in 3 attempts and never reported",
        },
    );
    let at: Vec<u64> = lines(&rehearsal, "hookInvoked")
        .iter()
        .map(|line| line["atMs"].as_u64().unwrap())
        .collect();
    assert_eq!([at[1] - at[0], at[2] - at[1]], [60_000, 120_000]);
}

#[test]
fn an_active_alarm_stops_the_deployment_before_any_hook() {
    let rehearsal = check(
        "alarm-active",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["ALARM_ACTIVE", "Succeeded"],
            reason: "was firing before the deployment began",
        },
    );
    assert!(lines(&rehearsal, "hookInvoked").is_empty());
    assert_eq!(
        statuses(&rehearsal),
        [(BEFORE, FAILED), (ALLOW, SKIPPED), (AFTER, SKIPPED)]
    );
}

#[test]
fn the_first_deployment_runs_no_hook_and_says_so() {
    let rehearsal = check(
        "first-deployment",
        &Expected {
            status: 0,
            alias: ("prod", "1"),
            deployments: &[],
            reason: "no hook ran, nothing was checked",
        },
    );
    assert!(lines(&rehearsal, "hookInvoked").is_empty());
}

#[test]
fn a_weighted_alias_is_refused() {
    let rehearsal = check(
        "alias-left-weighted",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["INVALID_LAMBDA_CONFIGURATION", "Succeeded"],
            reason: "the alias already split its traffic (version 1 90 %, version 2 10 %)",
        },
    );
    assert!(lines(&rehearsal, "hookInvoked").is_empty());
}

#[test]
fn a_hook_that_the_service_role_may_not_invoke_fails_at_once() {
    let rehearsal = check(
        "hook-not-invocable",
        &Expected {
            status: 1,
            alias: ("prod", "1"),
            deployments: &["IAM_ROLE_PERMISSIONS", "Succeeded"],
            reason: "its name must begin with CodeDeployHook_",
        },
    );
    assert!(lines(&rehearsal, "hookInvoked").is_empty());
}

#[test]
fn all_scenarios_together_end_as_they_must() {
    let Ran {
        status,
        stdout,
        stderr,
    } = run(["rehearse", "--scenario", "all"]);
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(
        stdout.ends_with("16 of 16 scenarios ended as they must\n"),
        "{stdout}"
    );
    assert!(stderr.contains("[16/16]"), "{stderr}");
}

#[test]
fn the_same_seed_prints_the_same_bytes_apart_from_measured_times() {
    for scenario in [
        "ships",
        "fails-one-in-twenty",
        "five-percent",
        "post-traffic-fails",
        "hook-crashes",
    ] {
        for format in ["text", "json"] {
            let once = run([
                "rehearse",
                "--scenario",
                scenario,
                "--format",
                format,
                "--seed",
                "7",
            ]);
            let again = run([
                "rehearse",
                "--scenario",
                scenario,
                "--format",
                format,
                "--seed",
                "7",
            ]);
            assert_eq!(
                without_measured_times(&once.stdout),
                without_measured_times(&again.stdout),
                "{scenario}"
            );
        }
    }
    let one = run(["rehearse", "--seed", "1"]);
    let other = run(["rehearse", "--seed", "2"]);
    assert_ne!(
        without_measured_times(&one.stdout),
        without_measured_times(&other.stdout)
    );
}

#[test]
fn every_deployment_type_of_the_template_plays() {
    for (deployment_type, steps) in [
        ("AllAtOnce", 1),
        ("Linear10PercentEvery10Minutes", 10),
        ("Canary10Percent30Minutes", 2),
    ] {
        let parameter = format!("DeploymentType={deployment_type}");
        let ran = run([
            "rehearse",
            "--parameter-overrides",
            &parameter,
            "--format",
            "json",
        ]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let document = ran.json();
        let traffic = lines(&document["rehearsals"][0], "traffic");
        assert_eq!(traffic.len(), steps, "{deployment_type}");
        for step in traffic {
            let requests: u64 = step["versions"]
                .as_object()
                .unwrap()
                .values()
                .map(|counts| counts["requests"].as_u64().unwrap())
                .sum();
            assert_eq!(requests, 200, "{deployment_type}: {step}");
        }
    }
}
