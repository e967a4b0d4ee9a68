//! What is not known: it is named, with a remedy, and the rest is explained.

use std::fs;

use super::world::{World, assert_in_order, explain_at, variables};
use crate::harness::{Ran, run, tollgate};
use crate::relay::Relay;
use crate::stack::program;

/// Why a run could not be decided.
fn assert_undecided(ran: &Ran, message: &str) {
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    assert!(
        ran.stderr.contains(message),
        "{} is not {message}",
        ran.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_denied_action_costs_only_what_it_tells() {
    let world = World::new().await;
    let id = world.deploy("lost-validation").await;
    let rows: [(&'static [&'static str], &[&str]); 7] = [
        (
            &["logs:FilterLogEvents"],
            &[
                "what CodeDeployHook_PreTraffic reported could not be read",
                "not known: what CodeDeployHook_PreTraffic reported: logs:FilterLogEvents failed: AccessDeniedException: User: ",
                "; allow logs:FilterLogEvents to your role or user\n",
                "rolled back: what CodeDeployHook_PreTraffic reported could not be read\n",
            ],
        ),
        (
            // The default is where it logs, so that nothing is missing.
            &["lambda:GetFunctionConfiguration"],
            &[
                "statusCode: expected 400, got 200",
                "prod → version 1 now\n\nrolled back: CodeDeployHook_PreTraffic",
            ],
        ),
        (
            &["lambda:GetAlias"],
            &[
                "not known: where prod points now: lambda:GetAlias failed",
                "rolled back: CodeDeployHook_PreTraffic reported",
            ],
        ),
        (
            &["codedeploy:GetApplicationRevision"],
            &[
                "BeforeAllowTraffic Failed",
                "not known: which hooks there are: codedeploy:GetApplicationRevision failed",
                "rolled back: The deployment failed because one or more",
            ],
        ),
        (
            &["codedeploy:ListDeploymentTargets"],
            &[
                "VersionedOrderAPI:prod  version 1 → 2",
                "CodeDeployHook_PreTraffic reported Failed",
                "BeforeAllowTraffic Unknown",
                "not known: the lifecycle events: codedeploy:ListDeploymentTargets failed",
                "rolled back: CodeDeployHook_PreTraffic reported Failed: 1 of 5 events unmet",
            ],
        ),
        (
            &["codedeploy:GetDeploymentTarget"],
            &["not known: the lifecycle events: codedeploy:GetDeploymentTarget failed"],
        ),
        (
            &[
                "codedeploy:ListDeploymentTargets",
                "codedeploy:GetApplicationRevision",
                "lambda:GetAlias",
            ],
            &[
                "Failed: HOOK_EXECUTION_FAILURE",
                "rolled back: The deployment failed because one or more",
            ],
        ),
    ];
    for (denied, parts) in rows {
        let relay = Relay::to(world.emulator.endpoint(), denied).await;
        let ran = explain_at(&relay.endpoint, &id, &[]);
        assert_eq!(ran.status, 1, "{denied:?}: {}{}", ran.stdout, ran.stderr);
        assert_in_order(&ran.stdout, parts, &format!("{denied:?}"));
    }
    let relay = Relay::to(world.emulator.endpoint(), &["codedeploy:GetDeployment"]).await;
    let ran = explain_at(&relay.endpoint, &id, &[]);
    assert_undecided(&ran, "allow codedeploy:GetDeployment to your role or user");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_help_names_every_action_that_is_asked_for_and_no_other() {
    let world = World::new().await;
    let id = world.deploy("lost-validation").await;
    let relay = Relay::to(world.emulator.endpoint(), &[]).await;
    explain_at(&relay.endpoint, &id, &[]);
    let help = run(["explain", "--help"]).stdout;
    let services = ["codedeploy:", "lambda:", "logs:"];
    let named = help
        .split_whitespace()
        .filter(|word| services.iter().any(|service| word.starts_with(service)))
        .map(str::to_owned)
        .collect();
    assert_eq!(relay.asked(), named);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_may_not_be_invoked_has_no_log() {
    let world = World::with(program("pre-traffic", &[]), |template| {
        template
            .replace(
                "FunctionName: CodeDeployHook_PreTraffic",
                "FunctionName: Gate_PreTraffic",
            )
            .replace("        LogGroup: !Ref CodeDeployHookPreTrafficLogs\n", "")
    })
    .await;
    let id = world.deploy("order-api").await;
    let ran = world.explain(&id, &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert_in_order(
        &ran.stdout,
        &[
            "Failed: IAM_ROLE_PERMISSIONS",
            "not known: what Gate_PreTraffic reported: there is no log group /aws/lambda/Gate_PreTraffic: Gate_PreTraffic never ran",
            "rolled back: CodeDeploy's service role may not invoke Gate_PreTraffic",
            "its name must begin with CodeDeployHook_\n",
        ],
        "not invocable",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_about_is_undecided() {
    let world = World::new().await;
    let ran = world.explain("d-000000000", &[]);
    assert_undecided(
        &ran,
        "there is no deployment d-000000000 in us-east-1 in this account",
    );
    let ran = world.explain("d-000000000", &["--format", "json"]);
    assert_eq!(ran.status, 2);
    let error = ran.json();
    assert_eq!(error["exitStatus"], 2);
    assert!(
        error["error"]
            .as_str()
            .unwrap()
            .contains("there is no deployment")
    );
    for id in ["nonsense", "d-", "d-0B7YUA91L\u{1b}[2J"] {
        assert_undecided(&world.explain(id, &[]), "is not the id of a deployment");
    }
    let endpoint = world.emulator.endpoint().to_owned();
    drop(world);
    let ran = explain_at(&endpoint, "d-000000000", &[]);
    assert_undecided(&ran, "check the network, the Region and the endpoint");
}

#[test]
fn without_credentials_or_region_it_says_what_to_give() {
    let rows = [
        (
            &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"][..],
            "there are no usable AWS credentials: give --profile",
        ),
        (
            &["AWS_REGION"][..],
            "no Region is known: give --region, or set AWS_REGION",
        ),
    ];
    for (missing, message) in rows {
        let mut command = tollgate();
        command.envs(variables("http://127.0.0.1:9"));
        for name in missing {
            command.env_remove(name);
        }
        let ran = command
            .args(["explain", "d-0B7YUA91L"])
            .output()
            .unwrap()
            .into();
        assert_undecided(&ran, message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_that_is_given_wins_over_the_environment() {
    let world = World::new().await;
    let id = world.deploy("lost-validation").await;
    let directory = tempfile::tempdir().unwrap();
    let credentials = directory.path().join("credentials");
    let profile = "[mine]\naws_access_key_id = PROFILEKEY\naws_secret_access_key = secret\n";
    fs::write(&credentials, profile).unwrap();
    let relay = Relay::to(world.emulator.endpoint(), &[]).await;
    let explain = |args: &[&str]| -> Ran {
        let mut command = tollgate();
        command
            .envs(variables(&relay.endpoint))
            .env("AWS_ACCESS_KEY_ID", "ENVKEY")
            .env("AWS_SHARED_CREDENTIALS_FILE", &credentials)
            .args(["explain", &id])
            .args(args);
        tokio::task::block_in_place(|| command.output().unwrap()).into()
    };
    let ran = explain(&["--profile", "mine"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert_eq!(relay.key_ids(), ["PROFILEKEY".to_owned()].into());
    let ran = explain(&["--profile", "mnie"]);
    assert_undecided(
        &ran,
        r#"the profile "mnie" gives no usable AWS credentials"#,
    );
    assert_eq!(relay.key_ids(), ["PROFILEKEY".to_owned()].into());
    for option in ["--profile", "--region"] {
        let ran = explain(&[option, ""]);
        assert_undecided(&ran, "a value is required for");
    }
    explain(&[]);
    assert!(relay.key_ids().contains("ENVKEY"));
}
