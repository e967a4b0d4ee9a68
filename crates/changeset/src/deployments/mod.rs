//! From plan to deployment: which aliases a change set shifts and how, and which functions it changes without a gate.
//!
//! This informs; it judges nothing. A function counts as gated only where the template says so: without one, a change set
//! shows that an alias moves, and not by whom.
//!
//! Sources: CloudFormation template reference, "UpdatePolicy attribute": a deployment is made where the version of an
//! alias with `CodeDeployLambdaAliasUpdate` changes. That creating an alias makes none was seen in SAM's own integration
//! tests.

mod conclusion;
mod shift;
mod stack;
mod template;
mod values;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::model::ChangeSet;
use crate::tree::{ReviewError, tree};

/// The templates of a tree of stacks as they will be, processed, which is to say without SAM's types and other
/// transforms; short forms of functions are long ones.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// The root's, where it has none by its change set.
    pub root: Option<Value>,
    /// By the ARNs of the stacks' change sets.
    pub by_change_set: BTreeMap<String, Value>,
}

/// What executing a change set means for one function: one that it changes, or whose alias it moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// The function's logical ID, or its name where no more than that is known; in a nested stack after the logical IDs
    /// of the stacks around it. Absent where an alias moves, and nothing says of which function it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Whether the change meets a gate.
    pub gating: Gating,
    /// Why, beside what the shifts say; for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The function's aliases that get another version.
    pub shifts: Vec<Shift>,
}

/// Whether a change of a function meets a gate: a hook that CodeDeploy runs, and that can send the traffic back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Gating {
    /// CodeDeploy shifts at least one of its aliases, and runs at least one hook for it.
    Gated,
    /// Nothing of that happens.
    NotGated,
    /// What is given does not say.
    Unknown,
}

/// An alias that gets another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shift {
    /// The alias's logical ID, in a nested stack with those of the stacks around it.
    pub alias: String,
    /// Its name, such as `prod`, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How its traffic gets to the other version.
    pub how: How,
    /// Whether it gets another version for certain; otherwise that is known when the change set is executed.
    pub is_certain: bool,
    /// What CodeDeploy does, where it shifts the alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_deploy: Option<CodeDeploy>,
    /// What the reader should know beside that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How an alias's traffic gets to another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// CodeDeploy shifts it.
    CodeDeploy,
    /// CloudFormation moves it at once.
    AtOnce,
    /// The alias is new: there is nothing to shift from.
    First,
    /// The alias is replaced, and all traffic is cut over.
    Replaced,
    /// What is given does not say.
    Unknown,
}

/// A deployment of CodeDeploy's, as the template describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeDeploy {
    /// `ApplicationName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Named>,
    /// `DeploymentGroupName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_group: Option<Named>,
    /// `DeploymentConfigName`, such as `CodeDeployDefault.LambdaCanary10Percent5Minutes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// `BeforeAllowTrafficHook`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_allow_traffic_hook: Option<Named>,
    /// `AfterAllowTrafficHook`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_allow_traffic_hook: Option<Named>,
    /// The alarms that stop the deployment.
    pub alarms: Vec<Named>,
    /// What the template alone does not say, for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// Whether that is so of a hook: it may run, or not.
    #[serde(skip)]
    pub may_run_a_hook: bool,
}

impl CodeDeploy {
    /// The hooks that run.
    pub fn hooks(&self) -> impl Iterator<Item = &Named> {
        let before = self.before_allow_traffic_hook.iter();
        before.chain(&self.after_allow_traffic_hook)
    }
}

/// A resource by what is known of it. Displays as its name, else its logical ID, else where it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// Its logical ID, where it is in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_id: Option<String>,
    /// Its name in AWS, where the template says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its name is from, where only AWS knows it, such as `Fn::ImportValue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, &self.logical_id, &self.source) {
            (Some(text), _, _) | (None, Some(text), _) => f.write_str(text),
            (None, None, Some(source)) => write!(f, "({source})"),
            (None, None, None) => f.write_str("(unknown)"),
        }
    }
}

impl ChangeSet {
    /// Whether it changes functions or aliases: then its template says more of what that means.
    pub fn changes_functions(&self) -> bool {
        let mut resources = self
            .changes
            .iter()
            .filter_map(|change| change.resource.as_ref());
        resources.any(|resource| {
            let resource_type = resource.resource_type.as_deref();
            matches!(resource_type, Some(template::FUNCTION | template::ALIAS))
        })
    }
}

/// What executing a change set, given with those of all stacks nested in its stack, means for the functions in it.
///
/// Takes time in proportion to the change sets and the templates.
///
/// # Errors
///
/// [`ReviewError`], as for [`review`](crate::review()).
pub fn deployments(
    sets: &[ChangeSet],
    templates: &Templates,
) -> Result<Vec<Deployment>, ReviewError> {
    let nodes = tree(sets)?;
    let mut deployments = Vec::new();
    for node in &nodes {
        let id = node.set.id.as_deref();
        let template = id.and_then(|id| templates.by_change_set.get(id));
        let template = template.or_else(|| {
            let is_root = node.depth == 0;
            is_root.then_some(templates.root.as_ref()).flatten()
        });
        deployments.extend(stack::deployments(node, template));
    }
    Ok(deployments)
}
