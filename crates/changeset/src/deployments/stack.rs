//! The functions and aliases of one stack's change set.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::template::{ALIAS, FUNCTION, Policy, Template, name_in};
use super::{Deployment, Shift};
use crate::class::LAMBDA_VERSION;
use crate::conditional::{replacement, settled};
use crate::judge::{Effect, effect};
use crate::model::{Detail, ResourceChange};
use crate::review::is_only_evaluated_again;
use crate::tree::Node;

/// The attributes of a function that change nothing of what it answers.
const BESIDE_THE_FUNCTION: [&str; 6] = [
    "CreationPolicy",
    "DeletionPolicy",
    "Metadata",
    "Tags",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// A change with what happens by it.
#[derive(Clone, Copy)]
pub(super) struct Changed<'a> {
    pub(super) id: &'a str,
    pub(super) change: &'a ResourceChange,
    pub(super) effect: Effect,
}

/// What is found of one function.
pub(super) struct Found {
    /// Its logical ID, or its name where that is all that is known of it.
    pub(super) id: Option<String>,
    pub(super) reasons: Vec<String>,
    pub(super) shifts: Vec<Shift>,
}

/// A stack's change set, indexed.
pub(super) struct Stack<'a> {
    pub(super) prefix: &'a str,
    pub(super) template: Option<Template<'a>>,
    pub(super) changes: BTreeMap<&'a str, Changed<'a>>,
    /// The logical IDs of functions that change, by their names.
    by_name: BTreeMap<&'a str, &'a str>,
    /// The logical IDs of the functions of which a version is published.
    pub(super) published: BTreeSet<String>,
    /// Whether versions of other functions may be published, too.
    pub(super) may_publish: bool,
    /// The aliases of the template, by their functions' logical IDs.
    pub(super) aliases: BTreeMap<String, Vec<&'a str>>,
    /// The logical IDs of the functions that the template has as hooks.
    pub(super) hooks: BTreeSet<String>,
}

/// What the change set of one stack means, functions in the order of the set.
pub(super) fn deployments(node: &Node<'_>, document: Option<&Value>) -> Vec<Deployment> {
    let changes: Vec<&ResourceChange> = node
        .set
        .changes
        .iter()
        .filter_map(|change| change.resource.as_ref())
        .collect();
    let settled = settled(&changes);
    let changes: Vec<Changed<'_>> = changes
        .into_iter()
        .zip(settled)
        .map(|(change, is_settled)| Changed {
            id: change.logical_id.as_deref().unwrap_or_default(),
            change,
            effect: effect(change.action.as_ref(), &replacement(change), is_settled),
        })
        .collect();
    let stack = Stack::new(node, document, &changes);

    let mut found: Vec<Found> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut is_any_lost = false;
    for changed in changes.iter().filter(|changed| changed.is_a(FUNCTION)) {
        if stack.changes_function(changed) {
            places.insert(changed.id.to_owned(), found.len());
            found.push(Stack::unshifted(changed));
        }
    }
    for changed in changes.iter().filter(|changed| changed.is_a(ALIAS)) {
        let function = stack.function_of(changed);
        let Some(shift) = stack.shift(changed, function.as_deref()) else {
            continue;
        };
        let place = function.as_ref().and_then(|id| places.get(id)).copied();
        let place = place.unwrap_or_else(|| {
            places.extend(function.clone().map(|id| (id, found.len())));
            is_any_lost |= function.is_none();
            found.push(Found {
                id: function,
                reasons: Vec::new(),
                shifts: Vec::new(),
            });
            found.len() - 1
        });
        found[place].shifts.push(shift);
    }
    let found = found.into_iter();
    found
        .map(|found| stack.conclude(found, is_any_lost))
        .collect()
}

impl Changed<'_> {
    pub(super) fn is_a(&self, resource_type: &str) -> bool {
        self.change.resource_type.as_deref() == Some(resource_type)
    }

    /// Whether a new resource comes by the change.
    pub(super) fn makes_one(&self) -> bool {
        matches!(self.effect, Effect::Add | Effect::Replace)
    }

    pub(super) fn changes_attribute(&self, attribute: &str) -> bool {
        let named = |detail: &Detail| detail.attribute() == Some(attribute);
        self.change.scope.iter().any(|scope| scope == attribute)
            || self.change.details.iter().any(named)
    }
}

impl<'a> Stack<'a> {
    fn new(node: &'a Node<'_>, document: Option<&'a Value>, changes: &[Changed<'a>]) -> Self {
        let template = document.map(|document| Template::new(document, &node.set.parameters));
        let mut aliases: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
        let mut hooks = BTreeSet::new();
        if let (Some(template), Some(document)) = (&template, document) {
            for (id, function) in template.aliases(document) {
                if let Some(Policy::CodeDeploy(code_deploy)) =
                    template.alias(id).map(|alias| alias.policy)
                {
                    hooks.extend(
                        code_deploy
                            .hooks()
                            .filter_map(|hook| hook.logical_id.clone()),
                    );
                }
                if let Some(function) = function {
                    aliases.entry(function).or_default().push(id);
                }
            }
        }
        let mut published = BTreeSet::new();
        let mut may_publish = false;
        for version in changes
            .iter()
            .filter(|changed| changed.is_a(LAMBDA_VERSION))
        {
            let by_template = || template.as_ref()?.function_of(version.id);
            match (
                version.effect,
                by_template().or_else(|| function_of_version(version.id)),
            ) {
                (Effect::Add | Effect::Replace, Some(function)) => {
                    published.insert(function);
                }
                (Effect::Add | Effect::Replace, None)
                | (Effect::MayReplace | Effect::Undetermined, _) => may_publish = true,
                (Effect::Import | Effect::Sync | Effect::Modify | Effect::Remove, _) => {}
            }
        }
        let functions = changes.iter().filter(|changed| changed.is_a(FUNCTION));
        Self {
            prefix: &node.prefix,
            published,
            may_publish,
            aliases,
            hooks,
            by_name: functions
                .filter_map(|changed| Some((changed.change.physical_id.as_deref()?, changed.id)))
                .collect(),
            changes: changes
                .iter()
                .map(|changed| (changed.id, *changed))
                .collect(),
            template,
        }
    }

    /// Whether a function answers otherwise after the change, or may.
    fn changes_function(&self, changed: &Changed<'_>) -> bool {
        if matches!(
            changed.effect,
            Effect::Remove | Effect::Import | Effect::Sync
        ) {
            return false;
        }
        let (details, scope) = (&changed.change.details, &changed.change.scope);
        let is_beside = |attribute: &str| BESIDE_THE_FUNCTION.contains(&attribute);
        let is_all_beside = if details.is_empty() {
            !scope.is_empty() && scope.iter().all(|attribute| is_beside(attribute))
        } else {
            let mut attributes = details.iter().map(Detail::attribute);
            attributes.all(|attribute| attribute.is_some_and(is_beside))
        };
        changed.effect != Effect::Modify || !is_all_beside
    }

    /// The logical ID of an alias's function, or its name where the set and the template show no more.
    fn function_of(&self, alias: &Changed<'_>) -> Option<String> {
        let by_template = self
            .template
            .as_ref()
            .and_then(|template| template.function_of(alias.id));
        by_template.or_else(|| {
            // An alias's physical ID is its ARN, with the function's name.
            let arn = alias.change.physical_id.as_deref();
            let name = name_in(arn.filter(|id| id.starts_with("arn:"))?);
            let id = self.by_name.get(name).copied().unwrap_or(name);
            Some(id.to_owned())
        })
    }

    /// A changed function, before its aliases are looked at.
    fn unshifted(changed: &Changed<'_>) -> Found {
        let reason = match changed.effect {
            Effect::Add => Some("it is new: there is nothing to shift from, and no hook runs"),
            Effect::Replace => Some("it is replaced"),
            Effect::MayReplace => Some("it may be replaced"),
            Effect::Undetermined => Some("CloudFormation cannot tell what happens to it"),
            Effect::Modify if is_only_evaluated_again(changed.change, changed.effect) => {
                Some("whether it changes is known when the change set is executed")
            }
            Effect::Import | Effect::Sync | Effect::Modify | Effect::Remove => None,
        };
        Found {
            id: Some(changed.id.to_owned()),
            reasons: reason.map(str::to_owned).into_iter().collect(),
            shifts: Vec::new(),
        }
    }
}

/// The function's logical ID in SAM's `<function>Version<ten digits in hexadecimal>`.
/// Source: samtranslator/model/sam_resources.py.
fn function_of_version(id: &str) -> Option<String> {
    let (function, hash) = id.rsplit_once("Version")?;
    let is_hash = hash.len() == 10 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hash && !function.is_empty()).then(|| function.to_owned())
}
