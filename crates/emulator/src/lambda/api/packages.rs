//! What `Code.Location` and `Content.Location` lead to: the zip files themselves.
//!
//! On AWS these are presigned URLs of S3, for which no permission is asked either.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, header};
use axum::response::IntoResponse;

use crate::ServiceError;
use crate::execution::Snapshot;
use crate::lambda::Version;
use crate::lambda::layers::LayerVersion;
use crate::server::rest_json_error;
use crate::shared::Shared;

/// Where the package of a function version is.
pub(super) const FUNCTION: &str = "/_tollgate/functions/{function}/{version}";
/// Where the content of a layer version is.
pub(super) const LAYER: &str = "/_tollgate/layers/{layer}/{version}";

/// The URL of a function version's package.
pub(super) fn function_location(endpoint: &str, version: &Version) -> String {
    format!(
        "{endpoint}/_tollgate/functions/{}/{}",
        version.function_name, version.version
    )
}

/// The URL of a layer version's content.
pub(super) fn layer_location(endpoint: &str, layer: &LayerVersion) -> String {
    format!(
        "{endpoint}/_tollgate/layers/{}/{}",
        layer.layer_name, layer.version
    )
}

pub(super) async fn function(
    State(shared): State<Arc<Shared>>,
    Path((function, version)): Path<(String, String)>,
) -> Response<Body> {
    let found = shared
        .state()
        .lambda
        .version(&function, &version)
        .map(|version| version.configuration.code.clone());
    send(found).await
}

pub(super) async fn layer(
    State(shared): State<Arc<Shared>>,
    Path((layer, version)): Path<(String, i64)>,
) -> Response<Body> {
    let found = shared
        .state()
        .lambda
        .layer_version(&layer, version)
        .map(|layer| layer.content.clone());
    send(found).await
}

async fn send(found: Result<Snapshot, ServiceError>) -> Response<Body> {
    let zip = async {
        let snapshot = found?;
        let failed = |error: String| ServiceError::with_status(500, "ServiceException", error);
        tokio::task::spawn_blocking(move || snapshot.package())
            .await
            .map_err(|error| failed(error.to_string()))?
            .map_err(|error| failed(error.to_string()))
    };
    match zip.await {
        Ok(zip) => ([(header::CONTENT_TYPE, "application/zip")], zip).into_response(),
        Err(error) => rest_json_error(error),
    }
}
