//! The ways in which a deployment can go, each playable by name.

use super::traffic::Volume;

/// A rehearsal with something particular about it.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// What `--scenario` takes.
    pub(crate) name: &'static str,
    /// What happens, in a few words.
    pub(crate) about: &'static str,
    pub(crate) release: Release,
    pub(crate) twist: Option<Twist>,
    /// How much users send, where the story needs another volume than the default.
    pub(crate) volume: Option<Volume>,
    /// `Type` of the DeploymentPreference, where the story takes longer than the template's.
    pub(crate) deployment_type: Option<&'static str>,
    /// How it must end for the gate to be worth its name.
    pub(crate) end: End,
}

/// How a deployment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With all traffic on the new version.
    Ships,
    /// With all traffic on the current version.
    RollsBack {
        /// The lifecycle event that failed.
        during: &'static str,
        /// `errorInformation.code`.
        code: &'static str,
    },
}

/// Which release is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// The one that the template deploys.
    Template,
    /// The one that the workspace's metadata names for this scenario.
    Named,
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
    /// In place of the deployment's alarms watch those that everybody copies.
    Tripwire,
    /// What all versions depend on fails for some minutes.
    CommonOutage,
}

const BEFORE: &str = "BeforeAllowTraffic";
const ALLOW: &str = "AllowTraffic";
const AFTER: &str = "AfterAllowTraffic";
const HOOK: &str = "HOOK_EXECUTION_FAILURE";

/// At two calls a second, the new version gets enough of them in this time to tell 5 % of errors from half a one.
const LONG_ENOUGH: &str = "Canary10Percent30Minutes";

/// Every scenario, in the order of the summary.
pub(crate) const SCENARIOS: [Scenario; 16] = [
    ships("ships", "a good release"),
    fails(
        "validation-lost",
        "the new release lost its input validation",
        BEFORE,
        HOOK,
    )
    .named(),
    fails("panics", "the new release panics", BEFORE, HOOK).named(),
    fails(
        "too-slow",
        "the new release runs past its timeout",
        BEFORE,
        HOOK,
    )
    .named(),
    fails(
        "fails-one-in-twenty",
        "one call in twenty fails: the gate passes, an alarm must fire",
        ALLOW,
        "ALARM_ACTIVE",
    )
    .named()
    // One failure in twenty calls of a tenth of the traffic: an alarm needs that many requests to see it in time.
    .with_requests(2000),
    ships(
        "noisy-baseline",
        "both releases fail one call in 200: the new one is no worse",
    )
    .named()
    .shifting(LONG_ENOUGH),
    fails(
        "noisy-baseline-tripwire",
        "the same, watched by the usual alarm (errors in two consecutive minutes): a good release is rolled back",
        ALLOW,
        "ALARM_ACTIVE",
    )
    .named()
    .shifting(LONG_ENOUGH)
    .with(Twist::Tripwire),
    ships(
        "common-outage",
        "the same with an outage of five minutes that hits both releases: the new one is not blamed",
    )
    .named()
    .shifting("Canary10Percent15Minutes")
    .with(Twist::CommonOutage),
    fails(
        "five-percent",
        "one call in 20 fails where one in 200 did: an alarm must tell them apart",
        ALLOW,
        "ALARM_ACTIVE",
    )
    .named()
    .shifting(LONG_ENOUGH),
    fails(
        "post-traffic-fails",
        "wrong only behind the alias: PostTraffic must see it",
        AFTER,
        HOOK,
    )
    .named(),
    fails(
        "hook-never-reports",
        "the PreTraffic hook answers but never reports",
        BEFORE,
        "TIMEOUT",
    )
    .with(Twist::HookNeverReports),
    fails(
        "hook-crashes",
        "the PreTraffic hook crashes at each attempt",
        BEFORE,
        "TIMEOUT",
    )
    .with(Twist::HookCrashes),
    fails(
        "alarm-active",
        "an alarm fires before the deployment starts",
        BEFORE,
        "ALARM_ACTIVE",
    )
    .with(Twist::AlarmActive),
    ships(
        "first-deployment",
        "the very first deployment: nothing is checked",
    )
    .with(Twist::FirstDeployment),
    fails(
        "alias-left-weighted",
        "somebody left weights on the alias",
        BEFORE,
        "INVALID_LAMBDA_CONFIGURATION",
    )
    .with(Twist::AliasLeftWeighted),
    fails(
        "hook-not-invocable",
        "the service role may not invoke the hook",
        BEFORE,
        "IAM_ROLE_PERMISSIONS",
    )
    .with(Twist::HookNotInvocable),
];

const fn ships(name: &'static str, about: &'static str) -> Scenario {
    Scenario {
        name,
        about,
        release: Release::Template,
        twist: None,
        volume: None,
        deployment_type: None,
        end: End::Ships,
    }
}

const fn fails(
    name: &'static str,
    about: &'static str,
    during: &'static str,
    code: &'static str,
) -> Scenario {
    Scenario {
        end: End::RollsBack { during, code },
        ..ships(name, about)
    }
}

impl Scenario {
    const fn named(mut self) -> Self {
        self.release = Release::Named;
        self
    }

    const fn with(mut self, twist: Twist) -> Self {
        self.twist = Some(twist);
        self
    }

    const fn with_requests(mut self, requests: u32) -> Self {
        self.volume = Some(Volume::PerStep(requests));
        self
    }

    /// With two calls a second.
    const fn shifting(mut self, deployment_type: &'static str) -> Self {
        self.volume = Some(Volume::PerMinute(120));
        self.deployment_type = Some(deployment_type);
        self
    }
}
