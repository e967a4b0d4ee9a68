//! From one change set to those of the stacks nested in its stack.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use changeset::{ChangeSet, Readiness, Status};
use tokio::time::Instant;

use super::pages::{self, Values};
use super::{Api, Reference, failed, values};

/// How often a change set that is being created is asked for: soon at first, because small ones take seconds.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// The deepest nesting that is followed.
const DEEPEST: usize = 50;

/// The most change sets that are read for one review: a stack with all nested in it has at most 2,500 resources in one
/// operation ("AWS CloudFormation quotas").
const MOST: usize = 2_500;

/// What was read.
pub(super) struct Tree {
    /// The root first.
    pub(super) sets: Vec<ChangeSet>,
    /// What people should know of how it was read.
    pub(super) warnings: Vec<String>,
}

/// Reads them; `at` is told what is being done.
pub(super) async fn tree(
    api: &Api,
    reference: &Reference,
    timeout: Duration,
    at: &dyn Fn(String),
) -> Result<Tree> {
    let waiting = Waiting {
        api,
        timeout,
        deadline: Instant::now() + timeout,
        at,
    };
    let root = arn(api, reference).await?;
    let mut seen = HashSet::from([root.clone()]);
    let mut open = VecDeque::from([(root, 0)]);
    let mut tree = Tree {
        sets: Vec::new(),
        warnings: Vec::new(),
    };
    while let Some((id, depth)) = open.pop_front() {
        let mut set = waiting.created(&id).await?;
        if matches!(set.readiness(), Readiness::Ready | Readiness::NoChanges) {
            tree.warnings.extend(waiting.explain(&mut set).await);
            let changes = set.changes.iter();
            let nested = changes
                .filter_map(|change| change.resource.as_ref()?.change_set_id.clone())
                .filter(|nested| !seen.contains(nested));
            let nested: Vec<String> = nested.collect();
            if depth == DEEPEST && !nested.is_empty() {
                bail!("the change sets are nested more than {DEEPEST} levels deep, at {id}");
            }
            for nested in nested {
                if seen.len() == MOST {
                    bail!("there are more than {MOST} change sets of nested stacks");
                }
                // Which are nested twice, or in a circle, is for the review to say.
                if seen.insert(nested.clone()) {
                    open.push_back((nested, depth + 1));
                }
            }
            tree.sets.push(set);
        } else {
            // Nothing else of the tree matters.
            tree.sets = failed::sets(&waiting, set).await;
            return Ok(tree);
        }
    }
    Ok(tree)
}

/// The ARN of the set; whatever a name stands for is looked up once.
async fn arn(api: &Api, reference: &Reference) -> Result<String> {
    match reference {
        Reference::Arn(arn) => Ok(arn.as_str().to_owned()),
        Reference::Names { stack, change_set } => {
            let what = format!("change set {change_set} of the stack {stack}");
            let page = pages::first(api, change_set, Some(stack), Values::Without).await;
            let page = page.map_err(|error| api.failed(&error, &what))?;
            page.id
                .with_context(|| format!("CloudFormation did not say the ARN of the {what}"))
        }
    }
}

/// Reading sets that may not be created yet.
pub(super) struct Waiting<'a> {
    pub(super) api: &'a Api,
    timeout: Duration,
    deadline: Instant,
    at: &'a dyn Fn(String),
}

impl Waiting<'_> {
    /// The set with all of its changes, once it is created, or could not be.
    pub(super) async fn created(&self, id: &str) -> Result<ChangeSet> {
        let what = format!("change set {id}");
        let mut delay = FIRST_DELAY;
        let first = loop {
            (self.at)(format!("{id}: reading …"));
            let first = pages::first(self.api, id, None, Values::Without).await;
            let first = first.map_err(|error| self.api.failed(&error, &what))?;
            check(id, &first)?;
            let (Some(status @ (Status::CreatePending | Status::CreateInProgress)), left) = (
                &first.status,
                self.deadline.saturating_duration_since(Instant::now()),
            ) else {
                break first;
            };
            if left.is_zero() {
                bail!(
                    "the {what} is still {} after {} s: review it later, or give a longer --timeout",
                    status.as_str(),
                    self.timeout.as_secs()
                );
            }
            (self.at)(format!("{id}: {}; waiting …", status.as_str()));
            tokio::time::sleep(delay.min(left)).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        };
        let reading = |number| (self.at)(format!("{id}: reading page {number} …"));
        let set = pages::following(self.api, id, first, Values::Without, reading).await?;
        check(id, &set)?;
        Ok(set)
    }

    /// Puts the values of properties to the set's changes; warnings where that cannot be.
    async fn explain(&self, set: &mut ChangeSet) -> Vec<String> {
        let Some(id) = set.id.clone().filter(|_| !set.changes.is_empty()) else {
            return Vec::new();
        };
        match self.with_values(&id).await {
            Ok(detailed) => values::explain(set, detailed)
                .into_iter()
                .map(|warning| format!("{id}: {warning}"))
                .collect(),
            Err(error) => vec![format!(
                "the values of properties are not known, and policies that only they show count as Delete: {error:#}"
            )],
        }
    }

    async fn with_values(&self, id: &str) -> Result<ChangeSet> {
        let at = |number| (self.at)(format!("{id}: reading page {number} with values …"));
        at(1);
        let first = pages::first(self.api, id, None, Values::With).await;
        let first = first.map_err(|error| self.api.failed(&error, &format!("change set {id}")))?;
        let set = pages::following(self.api, id, first, Values::With, at).await?;
        check(id, &set)?;
        Ok(set)
    }
}

/// Refuses an answer that is not of this set, or does not say whether it is created.
fn check(id: &str, set: &ChangeSet) -> Result<()> {
    if set.id.as_deref() != Some(id) {
        bail!(
            "asked for {id}, CloudFormation answered with {}: check the endpoint",
            set.id.as_deref().unwrap_or("a change set without an ARN")
        );
    }
    if set.status.is_none() {
        bail!("CloudFormation did not say the Status of {id}: check the endpoint");
    }
    Ok(())
}
