//! The repository's own stack in an emulator, and deployments of it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use emulator::{AliasChange, Emulator, Program};

use crate::harness::{Ran, TOLLGATE, tollgate, top_level};
use crate::stack::{Stack, emulator, program};

const PRE_TRAFFIC: &str = "CodeDeployHookPreTraffic";

/// The stack with release 1.0.0 in it, deployed.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    stack: Stack,
    /// What the PreTraffic hook runs.
    pre_traffic: Program,
}

/// A hook function with a fault, which the command line itself can be.
pub(super) fn stand_in(fault: &str) -> Program {
    Program {
        path: TOLLGATE.into(),
        args: vec!["stand-in".to_owned(), fault.to_owned()],
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(program("pre-traffic", &[]), |template| template).await
    }

    /// The same with another program as the PreTraffic hook.
    pub(super) async fn behind(pre_traffic: Program) -> Self {
        Self::with(pre_traffic, |template| template).await
    }

    /// The same with another template, too.
    pub(super) async fn with(pre_traffic: Program, change: impl Fn(String) -> String) -> Self {
        let template = fs::read_to_string(top_level().join("template.yaml")).unwrap();
        let world = Self {
            emulator: emulator().await,
            stack: Stack::new(&change(template), &top_level(), &[]),
            pre_traffic,
        };
        assert_eq!(world.change("release-1-0-0"), AliasChange::Created);
        world
    }

    /// Begins the deployment of a release: its id.
    pub(super) fn begin(&self, release: &str) -> String {
        match self.change(release) {
            AliasChange::Deployment(id) => id,
            other => panic!("a deployment was expected, and not {other:?}"),
        }
    }

    /// Plays a deployment of a release to its end, its rollback included: its id.
    pub(crate) async fn deploy(&self, release: &str) -> String {
        let id = self.begin(release);
        self.finish().await;
        id
    }

    /// Plays on until nothing is being deployed.
    pub(super) async fn finish(&self) {
        self.emulator.settle().await;
        while self.emulator.is_deploying() {
            self.emulator.advance_to(self.emulator.next_due().unwrap());
            self.emulator.settle().await;
        }
    }

    /// Plays on for a while.
    pub(super) async fn pass(&self, seconds: u64) {
        let end = self.emulator.now() + Duration::from_secs(seconds);
        self.emulator.settle().await;
        while !self.emulator.advance_to(end) {
            self.emulator.settle().await;
        }
        self.emulator.settle().await;
    }

    fn change(&self, release: &str) -> AliasChange {
        let programs = BTreeMap::from([
            ("VersionedOrderAPI".to_owned(), program(release, &[])),
            (PRE_TRAFFIC.to_owned(), self.pre_traffic.clone()),
            (
                "CodeDeployHookPostTraffic".to_owned(),
                program("post-traffic", &[]),
            ),
            ("CanaryWatch".to_owned(), program("canary-watch", &[])),
        ]);
        let mut changes = self.stack.deploy(&self.emulator, &programs);
        changes.remove("VersionedOrderAPI").unwrap()
    }

    /// Explains a deployment.
    pub(super) fn explain(&self, id: &str, args: &[&str]) -> Ran {
        explain_at(self.emulator.endpoint(), id, args)
    }
}

/// What leads the command line's AWS clients to an endpoint, whatever is configured on this machine.
pub(crate) fn variables(endpoint: &str) -> [(&'static str, &str); 8] {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_MAX_ATTEMPTS", "1"),
    ]
}

pub(super) fn explain_at(endpoint: &str, id: &str, args: &[&str]) -> Ran {
    let mut command = tollgate();
    command
        .envs(variables(endpoint))
        .args(["explain", id])
        .args(args);
    // Not to be waited for on a thread that the emulator needs.
    tokio::task::block_in_place(|| command.output().unwrap()).into()
}

/// The text holds all of `parts`, in their order.
pub(super) fn assert_in_order(text: &str, parts: &[&str], unusual: &str) {
    let mut rest = text;
    for part in parts {
        rest = match rest.split_once(part) {
            Some((_, rest)) => rest,
            None => panic!("{unusual}: {part:?} is not in what is left of\n{text}"),
        };
    }
}
