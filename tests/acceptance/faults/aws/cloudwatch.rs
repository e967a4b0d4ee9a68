//! CloudWatch's `GetMetricData` (Smithy RPC v2 CBOR).
//!
//! Source: Smithy 2.0, "Smithy RPC v2 CBOR protocol"; CloudWatch API Reference, `GetMetricData`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::Response;
use axum::routing::post;
use ciborium::Value as Cbor;
use serde_json::{Value, json};

use super::scripted::{Protocol, Request};
use super::{TARGET, World};
use crate::faults::wire::Connection;

/// Seconds since 1970: when `AllowTraffic` began, at a full minute.
pub(super) const SHIFT_START: u32 = 1_767_225_600;

/// And when it had ended.
pub(super) const SHIFT_END: u32 = SHIFT_START + 5 * MINUTE;

const MINUTE: u32 = 60;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new().route(
        "/service/GraniteServiceVersion20100801/operation/{operation}",
        post(cloudwatch),
    )
}

async fn cloudwatch(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(operation): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let request = Request {
        protocol: Protocol::Cbor,
        action: format!("cloudwatch:{operation}"),
        // "Actions, resources, and condition keys for Amazon CloudWatch" names no resource type for it.
        resource: "*".to_owned(),
        special: None,
        asked: None,
    };
    let is_made = AtomicBool::new(false);
    let healthy = |_| {
        if operation != "GetMetricData" {
            return Err((404, "UnknownOperationException"));
        }
        let input: Cbor = ciborium::from_reader(body.as_ref()).unwrap();
        let queries = member(&input, "MetricDataQueries").and_then(Cbor::as_array);
        let results: Vec<Value> = queries.into_iter().flatten().map(result).collect();
        is_made.store(true, Ordering::Relaxed);
        Ok(Protocol::Cbor.reply(&json!({ "MetricDataResults": results })))
    };
    let given = world.answer(request, &connection, healthy).await;
    if is_made.into_inner() && given.is_whole {
        world.record().counts_read += 1;
    }
    given.response
}

/// In each minute the target answers 20 calls, the current version 180, and all of them well.
fn result(query: &Cbor) -> Value {
    let stat = member(query, "MetricStat").unwrap();
    let metric = member(stat, "Metric").unwrap();
    let text = |of, name| member(of, name).and_then(Cbor::as_text).unwrap();
    let dimensions = member(metric, "Dimensions").and_then(Cbor::as_array);
    let version = dimensions
        .into_iter()
        .flatten()
        .find(|dimension| text(dimension, "Name") == "ExecutedVersion")
        .map(|dimension| text(dimension, "Value"));
    let value = match (text(metric, "MetricName"), text(stat, "Stat"), version) {
        ("Errors", "Sum", _) => 0.0,
        (_, _, None) => 200.0,
        (_, _, Some(TARGET)) => 20.0,
        (_, _, Some(_)) => 180.0,
    };
    let minutes = (SHIFT_START..SHIFT_END).step_by(60);
    json!({
        "Id": text(query, "Id"),
        "Label": "",
        "StatusCode": "Complete",
        "Timestamps": minutes.clone().collect::<Vec<_>>(),
        "Values": minutes.map(|_| value).collect::<Vec<_>>(),
    })
}

fn member<'c>(map: &'c Cbor, name: &str) -> Option<&'c Cbor> {
    let mut members = map.as_map()?.iter();
    members.find_map(|(key, value)| (key.as_text() == Some(name)).then_some(value))
}
