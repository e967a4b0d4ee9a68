//! EventBridge Schemas' `DescribeSchema`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::Response;
use axum::routing::get;
use serde_json::json;

use super::scripted::{Protocol, Request};
use super::{ACCOUNT, FUNCTION, REGION, World};
use crate::faults::wire::Connection;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new().route(
        "/v1/registries/name/{registry}/schemas/name/{schema}",
        get(describe_schema),
    )
}

async fn describe_schema(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path((registry, schema)): Path<(String, String)>,
) -> Response<Body> {
    let arn = format!("arn:aws:schemas:{REGION}:{ACCOUNT}:schema/{registry}/{schema}");
    let request = Request {
        protocol: Protocol::Rest,
        action: "schemas:DescribeSchema".to_owned(),
        resource: arn.clone(),
        special: None,
        asked: None,
    };
    let healthy = |_| {
        let wanted = ("lambda-testevent-schemas", format!("_{FUNCTION}-schema"));
        let shared = world.setting.shared.as_ref();
        match shared.filter(|_| (registry.as_str(), schema.clone()) == wanted) {
            None => Err((404, "NotFoundException")),
            Some(content) => {
                world.record().schemas_read += 1;
                Ok(Protocol::Rest.reply(&json!({
                    "SchemaArn": arn,
                    "SchemaName": schema,
                    "SchemaVersion": "1",
                    "Type": "OpenApi3",
                    "Content": content,
                })))
            }
        }
    };
    world.answer(request, &connection, healthy).await.response
}
