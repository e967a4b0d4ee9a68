//! The ways in which a deployment can go, each playable by name.

/// A rehearsal with something particular about it.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// What `--scenario` takes.
    pub(crate) name: &'static str,
    /// What happens, in a few words.
    pub(crate) about: &'static str,
    pub(crate) release: Release,
    pub(crate) twist: Option<Twist>,
    /// Requests in each traffic step, where the story needs more than the default.
    pub(crate) requests: Option<u32>,
    /// How it must end for the gate to be worth its name.
    pub(crate) ships: bool,
}

/// Which release is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// The one that the template deploys.
    Template,
    /// The faulty one that the workspace's metadata names for this scenario.
    Faulty,
}

/// What is unusual, apart from the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twist {
    /// Nothing is deployed yet.
    FirstDeployment,
    /// Somebody left weights on the alias.
    AliasLeftWeighted,
    /// One of the deployment's alarms is in `ALARM` when it starts.
    AlarmActive,
    /// The PreTraffic hook answers and reports nothing.
    HookNeverReports,
    /// The PreTraffic hook's process ends in the middle of the invocation.
    HookCrashes,
    /// The PreTraffic hook has a name that CodeDeploy's service role may not invoke.
    HookNotInvocable,
}

/// Every scenario, in the order of the summary.
pub(crate) const SCENARIOS: [Scenario; 12] = [
    scenario("ships", "a good release").shipping(),
    scenario(
        "validation-lost",
        "the new release lost its input validation",
    )
    .faulty(),
    scenario("panics", "the new release panics").faulty(),
    scenario("too-slow", "the new release runs past its timeout").faulty(),
    // One failure in twenty calls of a tenth of the traffic: an alarm needs that many requests to see it.
    scenario(
        "fails-one-in-twenty",
        "one call in twenty fails: the gate passes, an alarm must fire",
    )
    .faulty()
    .with_requests(2000),
    scenario(
        "post-traffic-fails",
        "wrong only behind the alias: PostTraffic must see it",
    )
    .faulty(),
    scenario(
        "hook-never-reports",
        "the PreTraffic hook answers but never reports",
    )
    .with(Twist::HookNeverReports),
    scenario(
        "hook-crashes",
        "the PreTraffic hook crashes at each attempt",
    )
    .with(Twist::HookCrashes),
    scenario(
        "alarm-active",
        "an alarm fires before the deployment starts",
    )
    .with(Twist::AlarmActive),
    scenario(
        "first-deployment",
        "the very first deployment: nothing is checked",
    )
    .with(Twist::FirstDeployment)
    .shipping(),
    scenario("alias-left-weighted", "somebody left weights on the alias")
        .with(Twist::AliasLeftWeighted),
    scenario(
        "hook-not-invocable",
        "the service role may not invoke the hook",
    )
    .with(Twist::HookNotInvocable),
];

const fn scenario(name: &'static str, about: &'static str) -> Scenario {
    Scenario {
        name,
        about,
        release: Release::Template,
        twist: None,
        requests: None,
        ships: false,
    }
}

impl Scenario {
    const fn shipping(mut self) -> Self {
        self.ships = true;
        self
    }

    const fn faulty(mut self) -> Self {
        self.release = Release::Faulty;
        self
    }

    const fn with(mut self, twist: Twist) -> Self {
        self.twist = Some(twist);
        self
    }

    const fn with_requests(mut self, requests: u32) -> Self {
        self.requests = Some(requests);
        self
    }
}
