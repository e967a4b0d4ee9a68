//! What `Code.Location` and `Content.Location` lead to: the zip files themselves.
//!
//! On AWS these are presigned URLs of S3: whoever has one needs no permission, and nobody can make one up.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, Uri, header};
use axum::response::IntoResponse;
use sha2::{Digest as _, Sha256};

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
pub(super) fn function_location(shared: &Shared, version: &Version) -> String {
    location(
        shared,
        &format!("functions/{}/{}", version.function_name, version.version),
    )
}

/// The URL of a layer version's content.
pub(super) fn layer_location(shared: &Shared, layer: &LayerVersion) -> String {
    location(
        shared,
        &format!("layers/{}/{}", layer.layer_name, layer.version),
    )
}

fn location(shared: &Shared, package: &str) -> String {
    let (endpoint, token) = (shared.endpoint(), token(shared, package));
    format!("{endpoint}/_tollgate/{package}?token={token}")
}

/// What shows that the emulator has given the URL away; half of the hash, so that nobody can extend what is hashed.
fn token(shared: &Shared, package: &str) -> String {
    let hash = Sha256::new()
        .chain_update(shared.secret.to_be_bytes())
        .chain_update(package)
        .finalize();
    let half = hash.iter().take(16);
    half.map(|byte| format!("{byte:02x}")).collect()
}

fn check(shared: &Shared, package: &str, uri: &Uri) -> Result<(), ServiceError> {
    if uri.query() == Some(&format!("token={}", token(shared, package))) {
        return Ok(());
    }
    // The code and the text are S3's.
    Err(ServiceError::with_status(
        403,
        "AccessDenied",
        "Access Denied",
    ))
}

pub(super) async fn function(
    State(shared): State<Arc<Shared>>,
    Path((function, version)): Path<(String, String)>,
    uri: Uri,
) -> Response<Body> {
    let find = || {
        check(&shared, &format!("functions/{function}/{version}"), &uri)?;
        let state = shared.state();
        let version = state.lambda.version(&function, &version)?;
        Ok(version.configuration.code.clone())
    };
    send(find()).await
}

pub(super) async fn layer(
    State(shared): State<Arc<Shared>>,
    Path((layer, version)): Path<(String, i64)>,
    uri: Uri,
) -> Response<Body> {
    let find = || {
        check(&shared, &format!("layers/{layer}/{version}"), &uri)?;
        let state = shared.state();
        let layer = state.lambda.layer_version(&layer, version)?;
        Ok(layer.content.clone())
    };
    send(find()).await
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
