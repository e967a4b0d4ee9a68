//! Lambda's `Invoke` and `GetAlias`.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::codedeploy::target_id;
use super::scripted::{Protocol, Reply, Request};
use super::{ALIAS, CURRENT, FUNCTION, Invocation, TARGET, World, function_arn};
use crate::faults::answer::{Answer, Function};
use crate::faults::row::CANARY;
use crate::faults::wire::Connection;

pub(super) fn routes() -> Router<Arc<World>> {
    let functions = "/2015-03-31/functions/{function}";
    Router::new()
        .route(&format!("{functions}/invocations"), post(invoke))
        .route(&format!("{functions}/aliases/{{alias}}"), get(get_alias))
}

async fn get_alias(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((function, alias)): Path<(String, String)>,
) -> Response<Body> {
    let name = function_name(&function);
    let request = Request {
        protocol: Protocol::Rest,
        action: "lambda:GetAlias".to_owned(),
        resource: function_arn(name),
        special: None,
        asked: None,
    };
    let version = match world.setting.lifecycle_event.as_str() {
        "BeforeAllowTraffic" => CURRENT,
        _ => TARGET,
    };
    let healthy = |_| {
        if (name, alias.as_str()) != (FUNCTION, ALIAS) {
            return Err((404, "ResourceNotFoundException"));
        }
        Ok(Protocol::Rest.reply(&json!({
            "AliasArn": function_arn(&target_id()),
            "Name": ALIAS,
            "FunctionVersion": version,
            "Description": "",
            "RevisionId": "1",
        })))
    };
    let given = world.answer(request, &connection, healthy).await;
    if let Some(body) = given.body.filter(|_| given.response.status().is_success()) {
        world.record().alias = serde_json::from_slice(&body).ok();
    }
    given.response
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Qualifier {
    qualifier: String,
}

async fn invoke(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(function): Path<String>,
    Query(Qualifier { qualifier }): Query<Qualifier>,
    asked_for: HeaderMap,
    payload: Bytes,
) -> Response<Body> {
    let name = function_name(&function);
    let side = if qualifier == CURRENT {
        "current"
    } else {
        "target"
    };
    // An event may say itself what it is to be answered.
    let asked: Option<Answer> = serde_json::from_slice::<Value>(&payload)
        .ok()
        .and_then(|mut event| event.get_mut("do").map(Value::take))
        .map(|answer| answer.try_into().unwrap());
    let request = Request {
        protocol: Protocol::Rest,
        action: "lambda:InvokeFunction".to_owned(),
        resource: function_arn(&format!("{name}:{qualifier}")),
        special: Some(format!("lambda:InvokeFunction {side}")),
        asked,
    };
    let index = {
        let mut record = world.record();
        record.invocations.push(Invocation {
            qualifier: qualifier.clone(),
            payload: payload.clone(),
            answer: None,
        });
        record.invocations.len() - 1
    };
    let executed = match qualifier.as_str() {
        CURRENT => CURRENT,
        _ => TARGET,
    };
    let healthy = |function: Option<Function>| {
        if name != FUNCTION || ![CURRENT, TARGET, ALIAS].contains(&qualifier.as_str()) {
            return Err((404, "ResourceNotFoundException"));
        }
        let function = function.unwrap_or_else(|| Function {
            payload: healthy_answer().to_string().into_bytes(),
            function_error: None,
            executed_version: None,
        });
        let executed = function.executed_version.as_deref().unwrap_or(executed);
        let mut headers = vec![("content-type", "application/json".to_owned())];
        if !executed.is_empty() {
            headers.push(("x-amz-executed-version", executed.to_owned()));
        }
        if let Some(error) = &function.function_error {
            headers.push(("x-amz-function-error", error.clone()));
        }
        if asked_for
            .get("x-amz-log-type")
            .is_some_and(|kind| kind == "Tail")
        {
            // Whatever a function writes is not for anybody's eyes.
            let log = format!("token {CANARY}\nREPORT RequestId: r\tDuration: 1.00 ms\t\n");
            headers.push(("x-amz-log-result", STANDARD.encode(log)));
        }
        let body = function.payload.clone();
        world.record().invocations[index].answer = Some(Function {
            executed_version: Some(executed.to_owned()),
            ..function
        });
        Ok(Reply {
            status: 200,
            headers,
            body,
        })
    };
    let given = world.answer(request, &connection, healthy).await;
    if !given.is_whole {
        world.record().invocations[index].answer = None;
    }
    given.response
}

/// What the function answers when all is well. Its token is not for anybody's eyes.
fn healthy_answer() -> Value {
    let body = json!({ "orderId": "A-1", "token": CANARY });
    json!({ "statusCode": 200, "headers": { "Content-Type": "application/json" }, "body": body.to_string() })
}

/// The name in a name or an ARN.
fn function_name(function: &str) -> &str {
    function
        .rsplit_once("function:")
        .map_or(function, |(_, name)| name)
}
