//! The review: every change of a tree of change sets with its verdict.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::class::{Class, LAMBDA_VERSION};
use crate::conditional::{replacement, settled};
use crate::context::Contexts;
use crate::fate::{self, Fate};
use crate::finding::{Cause, Finding};
use crate::hints;
use crate::judge::{Effect, Verdict, effect, judge, leaving};
use crate::model::{
    Action, ChangeSet, DRIFTED_AWAY, Detail, Evaluation, RequiresRecreation, ResourceChange,
};
use crate::policy::Policy;
use crate::protection;
use crate::reasons::{Judged, reasons, remedy};
use crate::tree::{Node, ReviewError, tree};

/// What is to be known of a change set before it is executed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The worst verdict of what was not allowed; of no changes, safe.
    pub verdict: Verdict,
    /// The ARN of the set that was reviewed: exactly it is to be executed. The console's export does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set_id: Option<String>,
    /// The stack's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Every change, those of a nested stack after the stack's own, in the order of the sets.
    pub changes: Vec<Finding>,
    /// What the reader should know beside that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Reviews a change set, given with those of all stacks nested in its stack, in any order.
///
/// It judges what CloudFormation reports. CloudFormation does not report everything: it misses some changes within
/// properties, and does not ask stack policies, service quotas or whether names are taken.
///
/// # Errors
///
/// [`ReviewError`]: a set that is not ready, or a tree that is not complete. Never to be taken for a pass.
pub fn review(sets: &[ChangeSet], policy: &Policy) -> Result<Review, ReviewError> {
    let nodes = tree(sets)?;
    let mut findings = Vec::new();
    let mut warnings = Vec::new();
    let mut stacks = Vec::new();
    for node in &nodes {
        review_set(node, policy, &mut findings, &mut stacks);
    }
    settle_nested(&mut findings, &stacks, policy);
    allow(&mut findings, policy, &mut warnings);
    let root = nodes.first().map(|node| node.set);
    if root.is_some_and(ChangeSet::is_nested) {
        warnings.push(
            "this is the change set of a nested stack: what its root changes was not reviewed"
                .to_owned(),
        );
    }
    if root.is_some_and(|root| root.status.is_none()) {
        warnings.push(
            "an export of changes does not say whether the change set is still the plan, nor whether these are all of its changes"
                .to_owned(),
        );
    }
    let worst = findings.iter().map(Finding::effective).max();
    Ok(Review {
        verdict: worst.unwrap_or(Verdict::Safe),
        change_set_id: root.and_then(|root| root.id.clone()),
        stack: root.and_then(|root| root.stack_name.clone().or_else(|| root.stack_id.clone())),
        changes: findings,
        warnings,
    })
}

/// A nested stack that leaves, by the place of its finding, and whether its own changes were seen.
struct LeavingStack {
    finding: usize,
    is_expanded: bool,
}

fn review_set(
    node: &Node<'_>,
    policy: &Policy,
    findings: &mut Vec<Finding>,
    stacks: &mut Vec<LeavingStack>,
) {
    let changes = node.set.changes.iter();
    let changes: Vec<&ResourceChange> = changes
        .filter_map(|change| change.resource.as_ref())
        .collect();
    let settled = settled(&changes);
    let mut hints = hints::of(&changes);
    for (index, (change, is_settled)) in changes.into_iter().zip(settled).enumerate() {
        let mut finding = finding(&node.prefix, change, is_settled, policy);
        finding
            .reasons
            .extend(hints.remove(&index).unwrap_or_default());
        let is_stack = policy.class(&finding.resource_type) == Class::NestedStack;
        if is_stack && finding.verdict == Verdict::Blocked {
            stacks.push(LeavingStack {
                finding: findings.len(),
                is_expanded: change.change_set_id.is_some(),
            });
        }
        findings.push(finding);
    }
}

fn finding(prefix: &str, change: &ResourceChange, is_settled: bool, policy: &Policy) -> Finding {
    let resource_type = change.resource_type.clone().unwrap_or_default();
    let path = format!(
        "{prefix}{}",
        change.logical_id.as_deref().unwrap_or_default()
    );
    let class = policy.class(&resource_type);
    let effect = effect(change.action.as_ref(), &replacement(change), is_settled);
    let contexts = Contexts::of(change);
    let fate = leaving(effect).map(|leaving| fate::of_leaving(change, &contexts, leaving));
    let by_table = judge(
        effect,
        fate,
        change.policy_action.as_ref(),
        class,
        policy.conditional,
    );
    let judged = Judged {
        change,
        contexts: &contexts,
        class,
        effect,
        fate,
        is_settled,
    };
    let verdict = by_table.max(beside_the_table(&judged));
    Finding {
        remedy: remedy(&path, &judged, verdict),
        path,
        resource_type,
        physical_id: change.physical_id.clone(),
        action: change.action.as_ref().map(|word| word.as_str().to_owned()),
        replacement: change
            .replacement
            .as_ref()
            .map(|word| word.as_str().to_owned()),
        policy_action: change
            .policy_action
            .as_ref()
            .map(|word| word.as_str().to_owned()),
        effect,
        fate,
        verdict,
        is_routine: verdict == Verdict::Safe
            && (class == Class::Routine || is_only_evaluated_again(change, effect)),
        allowed_by: None,
        reasons: reasons(&judged),
        causes: change.details.iter().map(cause).collect(),
    }
}

/// What asks for a look though the table of actions and fates does not.
fn beside_the_table(judged: &Judged<'_>) -> Verdict {
    let Judged {
        change,
        contexts,
        class,
        effect,
        fate,
        ..
    } = judged;
    let is_version = change.resource_type.as_deref() == Some(LAMBDA_VERSION);
    let loses_version = is_version && fate.is_some_and(|fate| fate != Fate::Retained);
    let is_opaque =
        *class == Class::NestedStack && *effect == Effect::Modify && change.change_set_id.is_none();
    let is_weakened = matches!(class, Class::Stateful | Class::NestedStack)
        && *effect == Effect::Modify
        && !protection::weakened(change, contexts).is_empty();
    let comes_back_empty = change.drift_status.as_deref() == Some(DRIFTED_AWAY)
        && matches!(change.action, Some(Action::Modify | Action::Add));
    if loses_version || is_opaque || is_weakened || comes_back_empty {
        Verdict::Review
    } else {
        Verdict::Safe
    }
}

/// A value is looked up again because what it refers to changes; nothing of the resource is known to change.
pub(crate) fn is_only_evaluated_again(change: &ResourceChange, effect: Effect) -> bool {
    let is_so = |detail: &Detail| {
        let target = detail.target.as_ref();
        detail.evaluation == Some(Evaluation::Dynamic)
            && target.and_then(|target| target.requires_recreation.as_ref())
                == Some(&RequiresRecreation::Never)
    };
    effect == Effect::Modify && !change.details.is_empty() && change.details.iter().all(is_so)
}

/// A nested stack that is removed is to be reviewed, not blocked, where all that leaves with it was seen, and none of it holds
/// data that would be lost. Of one that is replaced, its change set has what is new, and what leaves is not seen.
fn settle_nested(findings: &mut [Finding], stacks: &[LeavingStack], policy: &Policy) {
    // What was expanded to nothing says nothing.
    let mut expanded: BTreeSet<String> = BTreeSet::new();
    for finding in findings.iter() {
        if let Some((stack, _)) = finding.path.rsplit_once('/')
            && !expanded.contains(stack)
        {
            expanded.insert(stack.to_owned());
        }
    }
    let stacks: BTreeMap<usize, bool> = stacks
        .iter()
        .map(|stack| {
            let is_expanded = expanded.contains(&findings[stack.finding].path);
            let is_removed = findings[stack.finding].effect == Effect::Remove;
            (
                stack.finding,
                stack.is_expanded && is_expanded && is_removed,
            )
        })
        .collect();
    let mut lossy: BTreeSet<String> = BTreeSet::new();
    for (index, finding) in findings.iter().enumerate() {
        // What is in an expanded stack speaks for it.
        if stacks.get(&index) == Some(&true) || !may_lose_data(finding, policy) {
            continue;
        }
        for (end, _) in finding.path.match_indices('/') {
            if !lossy.contains(&finding.path[..end]) {
                lossy.insert(finding.path[..end].to_owned());
            }
        }
    }
    for (index, is_expanded) in stacks {
        let finding = &mut findings[index];
        if is_expanded && !lossy.contains(&finding.path) {
            finding.verdict = Verdict::Review;
            finding.remedy = None;
            finding
                .reasons
                .push("nothing in it holds data that would be lost".to_owned());
        }
    }
}

/// Whether data would be lost with a resource whose stack leaves. What is said to stay, or to be new, in a stack that
/// leaves is not understood.
fn may_lose_data(finding: &Finding, policy: &Policy) -> bool {
    let is_kept = finding.effect == Effect::Remove
        && matches!(finding.fate, Some(Fate::Retained | Fate::Snapshot));
    let holds_data = matches!(
        policy.class(&finding.resource_type),
        Class::Stateful | Class::NestedStack
    );
    finding.effect != Effect::Remove
        || finding.verdict == Verdict::Blocked
        || (holds_data && !is_kept)
}

fn allow(findings: &mut [Finding], policy: &Policy, warnings: &mut Vec<String>) {
    let mut by_path: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if finding.verdict == Verdict::Blocked {
            by_path.entry(finding.path.clone()).or_default().push(index);
        }
    }
    for allow in &policy.allow {
        let mut is_used = false;
        for index in by_path.get(&allow.path).into_iter().flatten() {
            let finding = &mut findings[*index];
            if allow.loss.covers(finding.effect) {
                is_used = true;
                finding
                    .allowed_by
                    .get_or_insert_with(|| format!("--allow {allow}"));
            }
        }
        if !is_used {
            warnings.push(format!(
                "--allow {allow} allows nothing that is blocked here"
            ));
        }
    }
    for resource_type in &policy.allow_types {
        let mut is_used = false;
        for finding in findings.iter_mut().filter(|finding| {
            finding.verdict == Verdict::Blocked && finding.resource_type == *resource_type
        }) {
            is_used = true;
            finding
                .allowed_by
                .get_or_insert_with(|| format!("--allow-type {resource_type}"));
        }
        if !is_used {
            warnings.push(format!(
                "--allow-type {resource_type} allows nothing that is blocked here"
            ));
        }
    }
}

fn cause(detail: &Detail) -> Cause {
    let target = detail.target.as_ref();
    Cause {
        path: target.and_then(|target| target.place().map(str::to_owned)),
        requires_recreation: target
            .and_then(|target| target.requires_recreation.as_ref())
            .map(|word| word.as_str().to_owned()),
        source: detail
            .change_source
            .as_ref()
            .map(|word| word.as_str().to_owned()),
        entity: detail.causing_entity.clone(),
        before: target.and_then(|target| target.before_value.clone()),
        after: target.and_then(|target| target.after_value.clone()),
    }
}
