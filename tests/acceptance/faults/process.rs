//! A hook's binary as Lambda runs it: a process with an environment of its own and a Runtime API.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::aws::{REGION, function_arn};
use super::row::{CANARY, Hook};
use super::runtime_api::{Delivered, Delivery, RuntimeApi};
use crate::harness::BINARIES;
use crate::repository;

/// Where release binaries are; without it, this build's are run.
pub(super) const GATE_BINARIES: &str = "GATE_BINARIES";

/// One execution environment.
pub(super) struct Process {
    api: RuntimeApi,
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

/// What a process has written.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Process {
    /// Starts the hook with its endpoints at `aws` (`127.0.0.1:PORT`) and its events layer at `events`.
    pub(super) async fn start(
        hook: Hook,
        variables: &BTreeMap<String, String>,
        aws: &str,
        events: &Path,
    ) -> Self {
        let api = RuntimeApi::start().await;
        let mut child = Command::new(binary(hook))
            .env_clear()
            .envs(lambda_variables(hook))
            .envs(template_variables(hook, events))
            .env("AWS_LAMBDA_RUNTIME_API", &api.server.address)
            .env("AWS_ENDPOINT_URL", format!("http://{aws}"))
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            api,
            stdout: read(child.stdout.take().unwrap()),
            stderr: read(child.stderr.take().unwrap()),
            child,
        }
    }

    pub(super) async fn deliver(&mut self, delivery: Delivery) -> Delivered {
        self.api.deliver(delivery).await
    }

    /// Ends the process as Lambda does, without asking it.
    pub(super) async fn end(mut self) -> Written {
        // It may have ended by itself.
        let _ = self.child.kill().await;
        Written {
            stdout: self.stdout.await.unwrap(),
            stderr: self.stderr.await.unwrap(),
        }
    }
}

fn read(mut pipe: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<String> {
    tokio::spawn(async move {
        let mut bytes = Vec::new();
        // What a broken pipe has given is what there is.
        let _ = pipe.read_to_end(&mut bytes).await;
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn binary(hook: Hook) -> PathBuf {
    let name = hook.binary();
    match std::env::var_os(GATE_BINARIES) {
        Some(directory) => crate::harness::top_level().join(directory).join(name),
        None => {
            let built = BINARIES.iter().find(|(known, _)| *known == name);
            built.unwrap().1.into()
        }
    }
}

/// The function's name in the template.
pub(super) fn function(hook: Hook) -> &'static str {
    match hook {
        Hook::PreTraffic => "CodeDeployHook_PreTraffic",
        Hook::PostTraffic => "CodeDeployHook_PostTraffic",
    }
}

/// What Lambda sets, by "Working with Lambda environment variables", AWS Lambda Developer Guide.
fn lambda_variables(hook: Hook) -> Vec<(&'static str, String)> {
    let name = function(hook);
    let log_group = format!("/aws/lambda/{name}");
    [
        ("_HANDLER", "bootstrap"),
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "2026/01/01/[$LATEST]0123456789abcdef",
        ),
        ("AWS_REGION", REGION),
        ("AWS_SECRET_ACCESS_KEY", CANARY),
        ("AWS_SESSION_TOKEN", CANARY),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("TZ", ":UTC"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// The variables that the template gives the function; the layer is elsewhere than on Lambda.
fn template_variables(hook: Hook, events: &Path) -> BTreeMap<String, String> {
    static STACK: LazyLock<BTreeMap<String, BTreeMap<String, String>>> = LazyLock::new(|| {
        let functions = repository::stack().functions.into_iter();
        functions
            .map(|function| (function.name, function.environment.into_iter().collect()))
            .collect()
    });
    let mut variables = STACK[function(hook)].clone();
    let layer = variables.insert(
        "GATE_EVENTS_DIR".to_owned(),
        events.to_str().unwrap().to_owned(),
    );
    assert_eq!(layer.as_deref(), Some("/opt"), "the template's layer");
    variables
}

/// The ARN by which CodeDeploy invokes the hook.
pub(super) fn arn(hook: Hook) -> String {
    function_arn(function(hook))
}
