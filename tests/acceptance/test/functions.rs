//! `tollgate test --function`, of functions in an emulator.

use crate::explain::{World, variables};
use crate::harness::{Copy, NO_CERTIFICATES, Ran, tollgate};

const FUNCTION: &str = "VersionedOrderAPI";

/// Two shared events, one of them under the name of a file.
const SHARED: &str = r#"{ "components": { "examples": {
  "GetOrderStatus": { "value": {} },
  "GetOrderStatus.expect": { "value": { "never": true } },
  "Theirs": { "value": { "action": "get", "orderId": "A-1" } },
  "Theirs.expect": { "value": { "statusCode": 201 } }
} } }"#;

fn test(world: &World, function: &str, args: &[&str]) -> Ran {
    test_with(&[], world, function, args)
}

/// The same with these environment variables.
fn test_with(more: &[(&str, &str)], world: &World, function: &str, args: &[&str]) -> Ran {
    let copy = Copy::new();
    let mut command = tollgate();
    command
        .current_dir(copy.path(""))
        .envs(variables(world.emulator.endpoint()))
        .envs(more.iter().copied())
        .args(["test", "--function", function])
        .args(args);
    // Not to be waited for on a thread that the emulator needs.
    tokio::task::block_in_place(|| command.output().unwrap()).into()
}

/// `expected`: the exit status, and parts of what is printed: to standard error where the status is 2.
fn check(world: &World, args: &[&str], expected: (i32, &[&str])) {
    let ran = test(world, FUNCTION, args);
    let (status, parts) = expected;
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.status, status, "{args:?}: {all}");
    let text = if status == 2 {
        &ran.stderr
    } else {
        &ran.stdout
    };
    for part in parts {
        assert!(text.contains(part), "{args:?}: {part:?} is not in\n{all}");
    }
}

/// Version 1 is release 1.0.0; version 2, behind `prod`, is 2.0.0; version 3, which was rolled back, and `$LATEST` are the
/// one that lost its validation.
async fn world() -> World {
    let world = World::new().await;
    world.deploy("order-api").await;
    world.deploy("lost-validation").await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_and_aliases_are_judged_as_the_hooks_do() {
    let world = world().await;
    let lost: &[&str] = &[
        "✗ CreateOrderMissingCustomer",
        "statusCode: expected 400, got 200  events/VersionedOrderAPI/CreateOrderMissingCustomer.expect.json:2:",
        "1 of 3 events unmet",
    ];
    check(
        &world,
        &["--qualifier", "prod"],
        (
            0,
            &[
                "VersionedOrderAPI:prod, version 2  events/VersionedOrderAPI\n",
                "✓ GetOrderStatus",
                "3 of 3 events met\n",
            ],
        ),
    );
    check(&world, &[], (1, lost));
    check(&world, &[], (1, &["VersionedOrderAPI, $LATEST  "]));
    check(&world, &["--qualifier", "3"], (1, lost));
    check(
        &world,
        &["--qualifier", "3", "--only", "GetOrderStatus"],
        (0, &["VersionedOrderAPI:3  ", "1 of 1 events met"]),
    );
    let ran = test(&world, "VersionedOrderAPI:prod", &["--format", "json"]);
    let document = ran.json();
    let function = &document["functions"][0];
    let told = ["function", "alias", "targetVersion", "verdict"].map(|name| &function[name]);
    assert_eq!(told, [FUNCTION, "prod", "2", "Succeeded"]);
    assert!(function["durationMs"].is_u64(), "{function}");
    assert_eq!(document["exitStatus"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_without_tls_takes_no_certificates() {
    let world = World::new().await;
    world.deploy("order-api").await;
    let args = ["--qualifier", "prod", "--endpoint-url"];
    let args = [&args[..], &[world.emulator.endpoint()]].concat();
    let ran = test_with(&NO_CERTIFICATES, &world, FUNCTION, &args);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("3 of 3 events met\n"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compared_with_another_version_s() {
    let world = world().await;
    let prod = ["--qualifier", "prod", "--only", "GetOrderStatus"];
    let with = |more: &[&'static str]| [&prod[..], more].concat();
    check(
        &world,
        &with(&["--compare", "1"]),
        (
            0,
            &[
                "VersionedOrderAPI:prod, version 2, compared with version 1  ",
                "differs from version 1:",
                "body.version: \"1.0.0\" → \"2.0.0\"",
            ],
        ),
    );
    check(
        &world,
        &["--compare", "prod", "--only", "GetOrderStatus"],
        (
            0,
            &["VersionedOrderAPI, $LATEST, compared with prod, version 2  "],
        ),
    );
    check(
        &world,
        &with(&["--compare", "1", "--compare-fails"]),
        (
            1,
            &[
                "body.improvement: version 1 answers {\"$absent\":true}, got \"Added input validation\"  events/",
                "1 of 1 events unmet",
            ],
        ),
    );
    check(
        &world,
        &with(&["--compare", "$LATEST"]),
        (0, &["compared with $LATEST  "]),
    );
    check(
        &world,
        &with(&["--compare", "prod"]),
        (
            0,
            &["version 2 is what was tested: it was compared with itself"],
        ),
    );
    check(
        &world,
        &with(&["--compare", "nope"]),
        (
            2,
            &[
                "error: --compare nope: VersionedOrderAPI has no such version or alias in us-east-1 (http://127.0.0.1:",
            ],
        ),
    );
    check(
        &world,
        &with(&["--compare", "9"]),
        (
            0,
            &["not compared: version 9 gave no answer: there is no function VersionedOrderAPI:9"],
        ),
    );

    let emulator = &world.emulator;
    emulator
        .set_alias_weight(FUNCTION, "prod", "1", 0.5)
        .unwrap();
    check(
        &world,
        &["--qualifier", "2", "--compare", "prod"],
        (
            2,
            &[
                "--compare prod: the alias sends its traffic to version 2 and 50 % to version 1, and only one version",
            ],
        ),
    );
    check(
        &world,
        &[
            "--qualifier",
            "prod",
            "--only",
            "CreateOrderMissingCustomer",
            "--repeat",
            "30",
        ],
        (
            1,
            &[
                "VersionedOrderAPI:prod, versions 1, 2  ",
                "flaky: met ",
                "versions 1 and 2 have answered: the alias was moved meanwhile, or shares its traffic",
            ],
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_events_run_beside_those_in_files() {
    let world = world().await;
    let prod = ["--qualifier", "prod", "--shared"];
    check(
        &world,
        &prod,
        (
            0,
            &[
                "3 of 3 events met",
                "no test events of VersionedOrderAPI are shared: lambda-testevent-schemas has no schema \
                 _VersionedOrderAPI-schema in us-east-1 (http://127.0.0.1:",
            ],
        ),
    );
    world
        .emulator
        .put_shared_test_events(FUNCTION, SHARED.to_owned());
    check(
        &world,
        &prod,
        (
            1,
            &[
                "✓ GetOrderStatus",
                "✗ Theirs",
                "the test event GetOrderStatus is in events/VersionedOrderAPI and shared; the file was used",
                "1 of 4 events unmet",
            ],
        ),
    );
    let only = [&prod[..], &["--only", "Theirs", "--events", "nowhere"]].concat();
    check(&world, &only, (1, &["1 of 1 events unmet"]));
    let none = [&prod[..], &["--only", "Nobody's"]].concat();
    check(
        &world,
        &none,
        (
            2,
            &["--only Nobody's: VersionedOrderAPI has no such test event; there is Create"],
        ),
    );
    world
        .emulator
        .put_shared_test_events(FUNCTION, "{".to_owned());
    check(
        &world,
        &prod,
        (
            2,
            &[
                "error: cannot understand the shared test events lambda-testevent-schemas/_VersionedOrderAPI-schema in",
            ],
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_once() {
    let world = World::new().await;
    check(
        &world,
        &["--qualifier", "nope"],
        (
            2,
            &[
                "error: there is no function VersionedOrderAPI:nope in us-east-1 (http://127.0.0.1:",
                "check the name, its version or alias, --region, --profile and --endpoint-url\n",
            ],
        ),
    );
    check(
        &world,
        &["--events", "nowhere"],
        (
            2,
            &[
                "looked for nowhere/VersionedOrderAPI/*.json; add nowhere/VersionedOrderAPI/<EventName>.json",
            ],
        ),
    );
    check(
        &world,
        &["--binary", "F=x"],
        (
            2,
            &["--binary and --parameter-overrides are about the template"],
        ),
    );
    let ran = test(&world, "No_Such", &["--format", "json"]);
    assert_eq!(ran.status, 2);
    let error = ran.json()["error"].clone();
    let error = error.as_str().unwrap();
    assert!(
        error.starts_with("no test events for No_Such, and nothing checked is not a pass"),
        "{error}"
    );
}
