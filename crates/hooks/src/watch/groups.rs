//! An application's deployment groups: CodeDeploy says which aliases they shift, and since when.

use super::answer::WatchedAlias;
use super::finding::{AT_ONCE, Finding, NotKnown, Shift, Since, Subject};
use crate::discovery::{self, SourceError, targets};
use crate::ports::{
    CallError, Deployment, DeploymentTarget, GetDeployment, GetDeploymentTarget,
    ListDeploymentGroups, ListDeploymentTargets, ListDeployments, NamePage,
};
use crate::reason::reason;
use crate::target::{is_alias, is_function_name};
use futures_util::future::{join, join_all};
use futures_util::stream::{self, StreamExt as _};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The `DeploymentStatus`es of a deployment that has begun and is not over. One that is `Created` or `Queued` has not.
const RUNNING: [&str; 3] = ["InProgress", "Ready", "Baking"];

/// How many of a group's last deployments are asked which alias is theirs. One that failed before it began cannot say.
const LAST_ONES: usize = 5;

/// More pages than an application has: it may have 1,000 groups (CodeDeploy quotas, CodeDeploy User Guide).
const PAGES_LIMIT: usize = 100;

/// The alias of each deployment group, as far as this execution environment has seen one.
#[derive(Debug, Default)]
pub(crate) struct KnownAliases(Mutex<HashMap<(String, String), WatchedAlias>>);

/// The calls that find out what a group does.
pub(super) trait Codedeploy:
    ListDeploymentGroups + ListDeployments + GetDeployment + ListDeploymentTargets + GetDeploymentTarget
{
}

impl<T> Codedeploy for T where
    T: ListDeploymentGroups
        + ListDeployments
        + GetDeployment
        + ListDeploymentTargets
        + GetDeploymentTarget
{
}

/// What the groups of an application do with their aliases. A group that never deployed has none.
pub(super) async fn find(
    codedeploy: &impl Codedeploy,
    application: &str,
    known: &KnownAliases,
) -> Vec<Finding> {
    let next = |token: Option<String>| async move {
        let token = token.as_deref();
        codedeploy.list_deployment_groups(application, token).await
    };
    let groups = match names(usize::MAX, next).await {
        Ok(groups) => groups,
        Err(reason) => {
            let what = Subject::Other(format!("application {application}"));
            return vec![Finding::NotKnown(NotKnown { what, reason })];
        }
    };
    let groups = groups.into_iter().map(|name| Group {
        application,
        name,
        known,
    });
    let found = stream::iter(groups).map(|group| async move { group.find(codedeploy).await });
    let found: Vec<Vec<Finding>> = found.buffered(AT_ONCE).collect().await;
    found.into_iter().flatten().collect()
}

/// The first so many names, whatever pages they are in.
async fn names<F>(most: usize, page: impl Fn(Option<String>) -> F) -> Result<Vec<String>, String>
where
    F: Future<Output = Result<NamePage, CallError>>,
{
    let mut names = Vec::new();
    let mut token = None;
    for _ in 0..PAGES_LIMIT {
        let page = page(token).await.map_err(|error| reason(&error))?;
        names.extend(page.names);
        match page.next_token {
            Some(next) if names.len() < most => token = Some(next),
            Some(_) | None => {
                names.truncate(most);
                return Ok(names);
            }
        }
    }
    Err(format!(
        "CodeDeploy's list goes on after {PAGES_LIMIT} pages"
    ))
}

struct Group<'a> {
    application: &'a str,
    name: String,
    known: &'a KnownAliases,
}

/// What one deployment in progress says.
enum Said {
    /// All traffic goes back at once, whatever the deployment that it rolls back is about to say.
    RollsBack(Finding),
    Other(Finding),
}

impl Group<'_> {
    async fn find(&self, codedeploy: &impl Codedeploy) -> Vec<Finding> {
        let running = match self.deployments(codedeploy, &RUNNING, usize::MAX).await {
            Ok(running) => running,
            Err(reason) => return vec![self.not_known(reason)],
        };
        if running.is_empty() {
            return self.idle(codedeploy).await.into_iter().collect();
        }
        let said = running.iter().map(|id| self.running(codedeploy, id));
        let said = join_all(said).await;
        let (mut back, mut others) = (Vec::new(), Vec::new());
        for said in said {
            match said {
                Said::RollsBack(finding) => back.push(finding),
                Said::Other(finding) => others.push(finding),
            }
        }
        if back.is_empty() { others } else { back }
    }

    /// What is known where no deployment is in progress: which alias it is that does not shift.
    async fn idle(&self, codedeploy: &impl Codedeploy) -> Option<Finding> {
        if let Some(alias) = self.alias() {
            return Some(Finding::Idle(alias));
        }
        let last = match self.deployments(codedeploy, &[], LAST_ONES).await {
            Ok(last) => last,
            Err(reason) => return Some(self.not_known(reason)),
        };
        let mut why = None;
        for id in &last {
            let named = match targets::read(codedeploy, id).await {
                Ok(target) => alias_of(&target),
                Err(error) => Err(reason(&error)),
            };
            match named {
                Ok(alias) => {
                    self.remember(&alias);
                    return Some(Finding::Idle(alias));
                }
                Err(reason) => {
                    why.get_or_insert(format!(
                        "deployment {id} does not say what it deployed: {reason}"
                    ));
                }
            }
        }
        why.map(|why| self.not_known(why))
    }

    /// The last so many deployments with one of these statuses, or with any.
    async fn deployments(
        &self,
        codedeploy: &impl Codedeploy,
        statuses: &[&str],
        most: usize,
    ) -> Result<Vec<String>, String> {
        let page = |token: Option<String>| async move {
            codedeploy
                .list_deployments(self.application, &self.name, statuses, token.as_deref())
                .await
        };
        names(most, page).await
    }

    async fn running(&self, codedeploy: &impl Codedeploy, id: &str) -> Said {
        let deployment = codedeploy.get_deployment(id);
        let (deployment, target) = join(deployment, targets::read(codedeploy, id)).await;
        let about = |why: String| self.not_known(format!("deployment {id}: {why}"));
        let deployment = deployment.map_err(SourceError::from);
        let (deployment, target) = match (deployment, target) {
            (Ok(deployment), Ok(target)) => (deployment, target),
            (Err(error), _) | (_, Err(error)) => return Said::Other(about(reason(&error))),
        };
        let alias = match alias_of(&target) {
            Ok(alias) => alias,
            Err(why) => return Said::Other(about(why)),
        };
        self.remember(&alias);
        if deployment.is_rollback {
            return Said::RollsBack(Finding::Idle(alias));
        }
        let found = shift(id, &alias, &deployment, &target);
        Said::Other(match found {
            Ok(Some(shift)) => Finding::Shifting(shift),
            Ok(None) => Finding::Idle(alias),
            Err(why) => about(why),
        })
    }

    fn key(&self) -> (String, String) {
        (self.application.to_owned(), self.name.clone())
    }

    fn alias(&self) -> Option<WatchedAlias> {
        let known = self.known.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&self.key()).cloned()
    }

    fn remember(&self, alias: &WatchedAlias) {
        let mut known = self.known.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(self.key(), alias.clone());
    }

    fn not_known(&self, reason: String) -> Finding {
        let group = format!("deployment group {}/{}", self.application, self.name);
        Finding::NotKnown(match self.alias() {
            Some(alias) => NotKnown::alias(&alias, format!("{group}: {reason}")),
            None => NotKnown {
                what: Subject::Other(group),
                reason,
            },
        })
    }
}

fn alias_of(target: &DeploymentTarget) -> Result<WatchedAlias, String> {
    match (&target.function, &target.alias) {
        (Some(function), Some(alias)) if is_function_name(function) && is_alias(alias) => {
            Ok(WatchedAlias {
                function: function.clone(),
                alias: alias.clone(),
            })
        }
        (function, alias) => Err(format!(
            "its target names function {} and alias {}",
            function.as_deref().unwrap_or("none"),
            alias.as_deref().unwrap_or("none")
        )),
    }
}

/// The shift of a deployment, from the beginning of `AllowTraffic` until the deployment is over: CodeDeploy looks at
/// alarms as long as it runs.
fn shift(
    id: &str,
    alias: &WatchedAlias,
    deployment: &Deployment,
    target: &DeploymentTarget,
) -> Result<Option<Shift>, String> {
    // It may have ended since it was listed.
    let is_over = matches!(
        deployment.status.as_deref(),
        Some("Succeeded" | "Failed" | "Stopped")
    );
    if is_over || targets::has_ended(target) {
        return Ok(None);
    }
    let mut events = target.lifecycle_events.iter();
    let allow_traffic = events.find(|(name, _)| name == "AllowTraffic");
    match allow_traffic.map(|(_, status)| status.as_str()) {
        Some("Pending" | "Failed" | "Skipped") => return Ok(None),
        Some("InProgress" | "Succeeded") => {}
        Some(status) => return Err(format!("its target says that AllowTraffic is `{status}`")),
        None => return Err("its target says nothing of AllowTraffic".to_owned()),
    }
    let versions = discovery::Shift::of_target(target).map_err(|error| reason(&error))?;
    let since = target
        .allow_traffic_start
        .ok_or("its target does not say when AllowTraffic began")?;
    Ok(Some(Shift {
        alias: alias.clone(),
        deployment_id: Some(id.to_owned()),
        current_version: versions.current_version,
        new_version: versions.target_version,
        since: Since::At(since),
    }))
}
