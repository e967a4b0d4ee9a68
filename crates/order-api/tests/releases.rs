//! The releases in `examples/`: each is right and wrong exactly where its own words say.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it does not expect must fail"
)]
#![expect(
    clippy::duplicate_mod,
    reason = "each example is a program of its own, with its own copy of what it shares with another"
)]

use std::sync::Arc;

use lambda_runtime::{Config, Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};

#[path = "../examples/fails_one_in_twenty.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod fails_one_in_twenty;
#[path = "../examples/lost_validation.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod lost_validation;
#[path = "../examples/panics_on_create.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod panics_on_create;
#[path = "../examples/release_1_0_0.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod release_1_0_0;
#[path = "../examples/slices_customer_ids.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod slices_customer_ids;
#[path = "../examples/slower_than_its_timeout.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod slower_than_its_timeout;
#[path = "../examples/warehouse_1_0_0.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod warehouse_1_0_0;
#[path = "../examples/warehouse_2_0_0.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod warehouse_2_0_0;
#[path = "../examples/warehouse_impatient.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod warehouse_impatient;
#[path = "../examples/wrong_behind_the_alias.rs"]
#[expect(dead_code, reason = "its `main` is not run here")]
mod wrong_behind_the_alias;

const VERSION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:VersionedOrderAPI:7";

/// The three events of `events/VersionedOrderAPI/`.
fn create() -> Value {
    serde_json::from_str(include_str!(
        "../../../events/VersionedOrderAPI/CreateOrderValid.json"
    ))
    .unwrap()
}

fn create_without_customer() -> Value {
    serde_json::from_str(include_str!(
        "../../../events/VersionedOrderAPI/CreateOrderMissingCustomer.json"
    ))
    .unwrap()
}

fn get_status() -> Value {
    serde_json::from_str(include_str!(
        "../../../events/VersionedOrderAPI/GetOrderStatus.json"
    ))
    .unwrap()
}

/// `payload`, invoked through `arn`.
fn through(arn: &str, payload: Value) -> LambdaEvent<Value> {
    let mut context = Context::default();
    context.invoked_function_arn = arn.to_owned();
    context.env_config = Arc::new(Config {
        version: "7".to_owned(),
        ..Config::default()
    });
    LambdaEvent::new(payload, context)
}

/// `payload`, invoked by a hook.
fn probe(payload: Value) -> LambdaEvent<Value> {
    let mut event = through(VERSION_ARN, payload);
    event.context.client_context =
        serde_json::from_value(json!({"custom": {"tollgate": "BeforeAllowTraffic"}})).unwrap();
    event
}

/// Status, release, Lambda version and action of an answer, null where it has none.
fn gist(answer: Result<Value, Diagnostic>) -> Value {
    match answer {
        Ok(answer) => {
            let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            json!([
                answer["statusCode"],
                body["version"],
                body["functionVersion"],
                body["action"]
            ])
        }
        Err(error) => json!(error.error_type),
    }
}

/// Checks what `handler` makes of the three events, in the order above, invoked through `arn`.
macro_rules! check {
    ($handler:path, $arn:expr, $expected:expr $(,)?) => {
        let mut actual = Vec::new();
        for payload in [create(), create_without_customer(), get_status()] {
            actual.push(gist($handler(through($arn, payload)).await));
        }
        assert_eq!(Value::Array(actual), $expected, "through {}", $arn);
    };
}

fn right() -> Value {
    json!([
        [200, "2.0.0", "7", "create"],
        [400, null, null, null],
        [200, "2.0.0", "7", "status"],
    ])
}

#[tokio::test]
async fn release_2_0_0() {
    check!(order_api::handler, VERSION_ARN, right());
}

#[tokio::test]
async fn release_1_0_0_answers_any_action_with_200() {
    check!(
        release_1_0_0::handler,
        VERSION_ARN,
        json!([
            [200, "1.0.0", "7", "create"],
            [200, "1.0.0", "7", "create"],
            [200, "1.0.0", "7", "status"],
        ]),
    );
    let answer = release_1_0_0::handler(through(VERSION_ARN, json!({})))
        .await
        .unwrap();
    assert_eq!(
        answer["body"],
        r#"{"message":"Order API","version":"1.0.0","functionVersion":"7","action":"none"}"#
    );
    assert_eq!(
        gist(release_1_0_0::handler(through(VERSION_ARN, json!(null))).await)[0],
        400
    );
}

#[tokio::test]
async fn lost_validation_accepts_a_create_without_customer() {
    check!(
        lost_validation::handler,
        VERSION_ARN,
        json!([
            [200, "2.0.0", "7", "create"],
            [200, "2.0.0", "7", "create"],
            [200, "2.0.0", "7", "status"],
        ]),
    );
}

#[tokio::test]
async fn panics_on_create_panics_on_create_only() {
    for payload in [create(), create_without_customer()] {
        let event = through(VERSION_ARN, payload);
        assert!(
            tokio::spawn(panics_on_create::handler(event))
                .await
                .unwrap_err()
                .is_panic()
        );
    }
    for payload in [get_status(), json!({}), json!(null)] {
        let event = through(VERSION_ARN, payload);
        assert_eq!(
            panics_on_create::handler(event.clone()).await,
            order_api::handler(event).await
        );
    }
}

#[tokio::test]
async fn slices_customer_ids_panics_on_short_ids_and_within_characters() {
    check!(slices_customer_ids::handler, VERSION_ARN, right());
    for id in ["CUST", "漢字漢字X"] {
        let event = through(VERSION_ARN, json!({"action": "create", "customerId": id}));
        let ran = tokio::spawn(slices_customer_ids::handler(event)).await;
        assert_eq!(ran.is_err(), id != "CUST", "{id}");
    }
    for payload in [
        json!({"action": "create", "customerId": "C"}),
        json!({"action": "create", "customerId": "CUé"}),
        json!({"action": "create", "customerId": "CUSé"}),
    ] {
        let is_right = payload["customerId"] == "CUé";
        let event = through(VERSION_ARN, payload);
        let ran = tokio::spawn(slices_customer_ids::handler(event)).await;
        assert_eq!(ran.is_ok(), is_right);
    }
    for payload in [
        json!({"action": "status", "customerId": "C"}),
        json!({"action": "create", "customerId": 5}),
        json!(null),
    ] {
        let event = through(VERSION_ARN, payload);
        assert_eq!(
            slices_customer_ids::handler(event.clone()).await,
            order_api::handler(event).await
        );
    }
}

#[tokio::test]
async fn slower_than_its_timeout_is_right_when_it_is_waited_for() {
    // The deadline is 1970 here, so it need not wait.
    check!(slower_than_its_timeout::handler, VERSION_ARN, right());
}

#[tokio::test]
async fn fails_one_in_twenty_fails_every_twentieth_real_call() {
    for call in 1..=60 {
        for _ in 0..call % 4 {
            assert_eq!(
                gist(fails_one_in_twenty::handler(probe(get_status())).await)[0],
                200,
                "probe at {call}"
            );
        }
        let real = gist(fails_one_in_twenty::handler(through(VERSION_ARN, get_status())).await);
        let expected = if call % 20 == 0 {
            json!("ConnectionPoolExhausted")
        } else {
            json!([200, "2.0.0", "7", "status"])
        };
        assert_eq!(real, expected, "call {call}");
    }
}

/// A question for an order's status with that request id, and as `ClientContext` what a caller of that kind sends.
fn call(request_id: &str, custom: Value) -> LambdaEvent<Value> {
    let mut event = through(VERSION_ARN, get_status());
    event.context.request_id = request_id.to_owned();
    event.context.client_context = serde_json::from_value(json!({ "custom": custom })).unwrap();
    event
}

#[tokio::test]
async fn what_the_warehouse_is_late_for_fails_in_each_release_as_it_says() {
    const TAIL: &str = "-0000-4000-8000-000000000000";
    let (users, outage) = (json!({}), json!({ "rehearsal": "outage" }));
    // The first eight digits of the request's id, who calls, and whether 1.0.0, 2.0.0 and the impatient one fail.
    for (digits, custom, expected) in [
        ("00000000", &users, [true, true, true]),
        ("000000c8", &users, [true, true, true]),
        ("00000014", &users, [false, false, true]),
        ("00000005", &users, [false, false, false]),
        ("00000005", &outage, [true, true, true]),
        ("00000001", &outage, [false, false, false]),
        (
            "00000000",
            &json!({ "tollgate": "BeforeAllowTraffic" }),
            [false, false, false],
        ),
        (
            "000000c8",
            &json!({ "rehearsal": "nothing" }),
            [true, true, true],
        ),
        ("no digit", &outage, [false, false, false]),
        ("", &outage, [false, false, false]),
    ] {
        let event = || call(&format!("{digits}{TAIL}"), custom.clone());
        let answers = [
            warehouse_1_0_0::handler(event()).await,
            warehouse_2_0_0::handler(event()).await,
            warehouse_impatient::handler(event()).await,
        ];
        for ((answer, fails), version) in answers
            .into_iter()
            .zip(expected)
            .zip(["1.0.0", "2.0.0", "2.0.0"])
        {
            let expected = if fails {
                json!("WarehouseTimeout")
            } else {
                json!([200, version, "7", "status"])
            };
            assert_eq!(gist(answer), expected, "{digits} {custom} {version}");
        }
    }
}

#[tokio::test]
async fn wrong_behind_the_alias_is_wrong_behind_the_alias_only() {
    const FUNCTION_ARN: &str =
        "arn:aws:lambda:eu-central-1:123456789012:function:VersionedOrderAPI";
    let wrong = || {
        json!([
            [200, "2.0.0", "7", "none"],
            [200, "2.0.0", "7", "none"],
            [200, "2.0.0", "7", "none"],
        ])
    };
    for (arn, expected) in [
        (FUNCTION_ARN.to_owned(), right()),
        (format!("{FUNCTION_ARN}:7"), right()),
        (format!("{FUNCTION_ARN}:$LATEST"), right()),
        ("function-arn".to_owned(), right()),
        (format!("{FUNCTION_ARN}:prod"), wrong()),
        (format!("{FUNCTION_ARN}:7a"), wrong()),
    ] {
        check!(wrong_behind_the_alias::handler, &arn, expected);
    }
}
