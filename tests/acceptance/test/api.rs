//! An API on this machine, and test events for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::harness::{Ran, tollgate};

/// A request that the API has received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// `POST /orders?a=1`
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

type Answer = dyn Fn(&Received, usize) -> Response + Send + Sync;

#[derive(Clone)]
struct Served {
    answer: Arc<Answer>,
    received: Arc<Mutex<Vec<Received>>>,
}

/// An HTTP API, for as long as it is held.
pub(crate) struct Api {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    _runtime: Runtime,
}

impl Api {
    /// `answer` gets the request, and how many came before it.
    pub(crate) fn answering(
        answer: impl Fn(&Received, usize) -> Response + Send + Sync + 'static,
    ) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime
            .block_on(TcpListener::bind(("127.0.0.1", 0)))
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let served = Served {
            answer: Arc::new(answer),
            received: Arc::clone(&received),
        };
        let router = Router::new().fallback(serve).with_state(served);
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            received,
            _runtime: runtime,
        }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve(State(served): State<Served>, request: Request<Body>) -> Response {
    let (
        Parts {
            method,
            uri,
            headers,
            ..
        },
        body,
    ) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let received = Received {
        line: format!("{method} {uri}"),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let before = {
        let mut all = served.received.lock().unwrap();
        all.push(received.clone());
        all.len() - 1
    };
    (served.answer)(&received, before)
}

/// A JSON response.
pub(super) fn json_response(status: u16, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(body.to_string().into())
        .unwrap()
}

/// An HTTP API's request, payload format 2.0.
pub(super) fn http_event(method: &str, path: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "",
        "requestContext": {"stage": "$default", "http": {"method": method, "path": path}},
    })
}

/// A folder with a folder of test events.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("events")).unwrap();
        Self(folder)
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Writes `events/<name>.json`, and its expectation.
    pub(super) fn event(self, name: &str, event: &Value, expectation: Option<&str>) -> Self {
        self.file(&format!("events/{name}.json"), &event.to_string());
        if let Some(expectation) = expectation {
            self.file(&format!("events/{name}.expect.json"), expectation);
        }
        self
    }

    pub(super) fn file(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs `tollgate test` in the folder, with these variables set.
    pub(super) fn test(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        tollgate()
            .current_dir(self.0.path())
            .arg("test")
            .args(args)
            .envs(variables.iter().copied())
            .output()
            .unwrap()
            .into()
    }
}
