//! CodeDeploy for Lambda: applications, deployment groups, deployments, and what they do to the other services.
//!
//! The course of a deployment is the `deployment` crate's; here its actions meet Lambda and CloudWatch.

mod api;
mod appspec;
mod create;
mod drive;
mod index;
mod records;

pub(crate) use api::call;
pub(crate) use appspec::AppSpec;
pub(crate) use create::{NewDeployment, create_deployment};
pub(crate) use drive::{pass_time, repeat_lost_hooks};
pub(crate) use records::{
    Alarm, AlarmConfiguration, AutoRollbackConfiguration, GroupSettings, RevisionType, ServiceRole,
};

use std::collections::BTreeMap;

use deployment::{Deployment, DeploymentConfig, Timestamp};
use sha2::{Digest, Sha256};

use crate::kept::{Collections, Kept};
use index::Index;
use records::{
    Application, ComputePlatform, CustomConfig, DeploymentGroup, Revision, RevisionKey, Run,
};

/// Everything of CodeDeploy that outlives the process.
#[derive(Debug, Default)]
struct Records {
    /// By name.
    applications: Kept<String, Application>,
    /// By the application's id and the group's name.
    groups: Kept<(String, String), DeploymentGroup>,
    /// By name; the predefined ones are not among them.
    configs: Kept<String, CustomConfig>,
    /// By the application's id and the revision's key.
    revisions: Kept<(String, RevisionKey), Revision>,
    /// By id.
    deployments: Kept<String, Run>,
}

/// The account's applications, groups and deployments.
#[derive(Debug, Default)]
pub(crate) struct CodeDeploy {
    records: Records,
    index: Index,
}

impl CodeDeploy {
    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Records {
            applications,
            groups,
            configs,
            revisions,
            deployments,
        } = &mut self.records;
        vec![
            ("codedeploy-applications", applications),
            ("codedeploy-groups", groups),
            ("codedeploy-configs", configs),
            ("codedeploy-revisions", revisions),
            ("codedeploy-deployments", deployments),
        ]
    }

    /// Finds out from the records what else there is to know.
    pub(crate) fn loaded(&mut self) {
        self.index = Index::of(&self.records);
    }

    /// Creates an application on the Lambda platform, and a deployment group in it, or changes the settings of the one
    /// that is there, as CloudFormation does with those of a stack.
    pub(crate) fn put_group(
        &mut self,
        application: &str,
        name: &str,
        settings: GroupSettings,
        now: Timestamp,
    ) {
        let application_id = match self.records.applications.get(application) {
            Some(application) => application.id.clone(),
            None => {
                self.add_application(application, ComputePlatform::Lambda, BTreeMap::new(), now)
            }
        };
        match self.group_mut(&application_id, name) {
            Some(group) if group.settings == settings => {}
            Some(group) => group.settings = settings,
            None => {
                self.add_group(&application_id, name, settings, BTreeMap::new(), now);
            }
        }
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.index.next_due()
    }

    pub(crate) fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.run(id).map(|run| &run.deployment)
    }

    /// Whether any deployment has not ended.
    pub(crate) fn is_active(&self) -> bool {
        self.index.is_active()
    }

    /// The deployment of a group, by names, that has not ended.
    pub(crate) fn active_deployment(&self, application: &str, group: &str) -> Option<&str> {
        let application = self.records.applications.get(application)?;
        self.index
            .active_of(&self.group(&application.id, group)?.id)
    }

    fn run(&self, id: &str) -> Option<&Run> {
        self.records.deployments.get(id)
    }

    /// Changes a deployment.
    fn change_run<T>(&mut self, id: &str, change: impl FnOnce(&mut Run) -> T) -> Option<T> {
        let run = self.records.deployments.get_mut(id)?;
        let answer = change(run);
        self.index.put(id, run);
        Some(answer)
    }

    fn add_run(&mut self, id: String, run: Run) {
        self.index.put(&id, &run);
        self.records.deployments.insert(id, run);
    }

    fn group(&self, application_id: &str, name: &str) -> Option<&DeploymentGroup> {
        self.records
            .groups
            .get(&(application_id.to_owned(), name.to_owned()))
    }

    fn group_mut(&mut self, application_id: &str, name: &str) -> Option<&mut DeploymentGroup> {
        self.records
            .groups
            .get_mut(&(application_id.to_owned(), name.to_owned()))
    }

    fn group_mut_by_id(&mut self, id: &str) -> Option<&mut DeploymentGroup> {
        self.records.groups.get_mut(self.index.group_key(id)?)
    }

    /// The deployment groups of an application, by name.
    fn groups_of(&self, application_id: &str) -> impl Iterator<Item = (&str, &DeploymentGroup)> {
        self.records
            .groups
            .range((application_id.to_owned(), String::new())..)
            .take_while(move |((application, _), _)| application == application_id)
            .map(|((_, name), group)| (name.as_str(), group))
    }

    /// The names of a deployment's application and deployment group, as they are now.
    fn names_of(&self, run: &Run) -> (&str, &str) {
        let application = self.index.application_name(&run.application_id);
        let group = self.index.group_key(&run.group_id);
        (
            application.unwrap_or_default(),
            group.map(|(_, name)| name.as_str()).unwrap_or_default(),
        )
    }

    /// The configuration of this name, predefined or not.
    fn config(&self, name: &str) -> Option<DeploymentConfig> {
        let custom = || Some(self.records.configs.get(name)?.config.clone());
        DeploymentConfig::predefined(name).or_else(custom)
    }

    /// Adds an application, and answers its id.
    fn add_application(
        &mut self,
        name: &str,
        compute_platform: ComputePlatform,
        tags: BTreeMap<String, String>,
        now: Timestamp,
    ) -> String {
        let id = identifier(&["application", name], now);
        self.index.put_application(&id, name);
        let application = Application {
            id: id.clone(),
            compute_platform,
            created: now,
            tags,
        };
        self.records
            .applications
            .insert(name.to_owned(), application);
        id
    }

    /// Adds a deployment group, and answers its id.
    fn add_group(
        &mut self,
        application_id: &str,
        name: &str,
        settings: GroupSettings,
        tags: BTreeMap<String, String>,
        now: Timestamp,
    ) -> String {
        let id = identifier(&["group", application_id, name], now);
        self.index.put_group(&id, application_id, name);
        let group = DeploymentGroup {
            id: id.clone(),
            settings,
            tags,
            last_successful: None,
            target_revision: None,
        };
        self.records
            .groups
            .insert((application_id.to_owned(), name.to_owned()), group);
        id
    }

    /// Removes a deployment group with its deployments, running or not.
    fn remove_group(&mut self, application_id: &str, name: &str) {
        let key = (application_id.to_owned(), name.to_owned());
        let Some(group) = self.records.groups.remove(&key) else {
            return;
        };
        for deployment in self.index.remove_group(&group.id) {
            self.records.deployments.remove(&deployment);
        }
    }

    /// Removes an application with everything in it.
    fn remove_application(&mut self, name: &str) {
        let Some(application) = self.records.applications.remove(name) else {
            return;
        };
        let id = application.id;
        let groups: Vec<String> = self
            .groups_of(&id)
            .map(|(name, _)| name.to_owned())
            .collect();
        for group in groups {
            self.remove_group(&id, &group);
        }
        let revisions: Vec<RevisionKey> = self
            .revisions_of(&id)
            .map(|(revision, _)| revision.clone())
            .collect();
        for revision in revisions {
            self.records.revisions.remove(&(id.clone(), revision));
        }
        self.index.remove_application(&id);
    }

    /// The revisions of an application.
    fn revisions_of(
        &self,
        application_id: &str,
    ) -> impl Iterator<Item = (&RevisionKey, &Revision)> {
        let first = RevisionKey {
            revision_type: RevisionType::String,
            sha256: String::new(),
        };
        self.records
            .revisions
            .range((application_id.to_owned(), first)..)
            .take_while(move |((application, _), _)| application == application_id)
            .map(|((_, key), revision)| (key, revision))
    }

    /// The revision of this key, which is registered if it is not known yet.
    fn register_revision(
        &mut self,
        application_id: &str,
        key: &RevisionKey,
        content: &str,
        now: Timestamp,
    ) -> Option<&mut Revision> {
        let key = (application_id.to_owned(), key.clone());
        if !self.records.revisions.contains_key(&key) {
            let revision = Revision {
                content: content.to_owned(),
                description: None,
                registered: now,
                first_used: None,
                last_used: None,
            };
            self.records.revisions.insert(key.clone(), revision);
        }
        self.records.revisions.get_mut(&key)
    }
}

/// An identifier like AWS's that depends on nothing but what it is for and when that was created, so that it takes
/// nothing from the random numbers that a rehearsal repeats.
fn identifier(of: &[&str], now: Timestamp) -> String {
    let text = format!("{of:?} {}", now.as_millis());
    let hash: String = Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}
