//! What follows from the records, so that nothing has to look through all of them.

use std::collections::{BTreeMap, BTreeSet};

use deployment::Timestamp;

use super::Records;
use super::records::Run;

/// Where things are.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Index {
    /// An application's name by its id.
    application_names: BTreeMap<String, String>,
    /// A deployment group's application and name by its id.
    group_keys: BTreeMap<String, (String, String)>,
    /// All deployments by number, the newest last.
    all: BTreeMap<u64, String>,
    /// The deployments of each group by number.
    of_group: BTreeMap<String, BTreeMap<u64, String>>,
    /// Those that have not ended, by number.
    active: BTreeMap<u64, String>,
    /// When each deployment is due next.
    due: BTreeSet<(Timestamp, String)>,
    due_of: BTreeMap<String, Timestamp>,
}

impl Index {
    pub(super) fn of(records: &Records) -> Self {
        let mut index = Self::default();
        for (name, application) in records.applications.iter() {
            index.put_application(&application.id, name);
        }
        for ((application, name), group) in records.groups.iter() {
            index.put_group(&group.id, application, name);
        }
        for (id, run) in records.deployments.iter() {
            index.put(id, run);
        }
        index
    }

    pub(super) fn put_application(&mut self, id: &str, name: &str) {
        self.application_names
            .insert(id.to_owned(), name.to_owned());
    }

    pub(super) fn remove_application(&mut self, id: &str) {
        self.application_names.remove(id);
    }

    pub(super) fn application_name(&self, id: &str) -> Option<&str> {
        self.application_names.get(id).map(String::as_str)
    }

    pub(super) fn put_group(&mut self, id: &str, application_id: &str, name: &str) {
        self.group_keys
            .insert(id.to_owned(), (application_id.to_owned(), name.to_owned()));
    }

    /// Forgets a group; its deployments' ids.
    pub(super) fn remove_group(&mut self, id: &str) -> Vec<String> {
        self.group_keys.remove(id);
        let deployments = self.of_group.remove(id).unwrap_or_default();
        for (number, deployment) in &deployments {
            self.all.remove(number);
            self.active.remove(number);
            self.set_due(deployment, None);
        }
        deployments.into_values().collect()
    }

    /// A group's application, by id, and its name.
    pub(super) fn group_key(&self, id: &str) -> Option<&(String, String)> {
        self.group_keys.get(id)
    }

    /// Follows a deployment that is new or has changed.
    pub(super) fn put(&mut self, id: &str, run: &Run) {
        let group = self.of_group.entry(run.group_id.clone()).or_default();
        if group.insert(run.number, id.to_owned()).is_none() {
            self.all.insert(run.number, id.to_owned());
        }
        if run.deployment.status().is_terminal() {
            self.active.remove(&run.number);
        } else {
            self.active.insert(run.number, id.to_owned());
        }
        self.set_due(id, run.deployment.next_due());
    }

    fn set_due(&mut self, id: &str, due: Option<Timestamp>) {
        let before = match due {
            Some(due) => self.due_of.insert(id.to_owned(), due),
            None => self.due_of.remove(id),
        };
        if let Some(before) = before {
            self.due.remove(&(before, id.to_owned()));
        }
        if let Some(due) = due {
            self.due.insert((due, id.to_owned()));
        }
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }

    /// The deployments that are due by `now`, the longest overdue first.
    pub(super) fn due_by(&self, now: Timestamp) -> Vec<String> {
        let due = self.due.iter().take_while(|(due, _)| *due <= now);
        due.map(|(_, id)| id.clone()).collect()
    }

    pub(super) fn next_number(&self) -> u64 {
        self.all.last_key_value().map_or(0, |(last, _)| last + 1)
    }

    /// The deployments that have not ended, the oldest first.
    pub(super) fn active(&self) -> Vec<String> {
        self.active.values().cloned().collect()
    }

    pub(super) fn is_active(&self) -> bool {
        !self.active.is_empty()
    }

    /// The deployment of a group that has not ended. There is one at most, and it is the newest.
    pub(super) fn active_of(&self, group_id: &str) -> Option<&str> {
        let (number, id) = self.of_group.get(group_id)?.last_key_value()?;
        self.active.contains_key(number).then_some(id.as_str())
    }

    pub(super) fn newest_of(&self, group_id: &str) -> Option<&str> {
        let (_, id) = self.of_group.get(group_id)?.last_key_value()?;
        Some(id)
    }

    /// All deployments older than number `before`, or those of one group, the newest first.
    pub(super) fn history(
        &self,
        group_id: Option<&str>,
        only_active: bool,
        before: u64,
    ) -> impl Iterator<Item = (u64, &str)> {
        let deployments = match group_id {
            Some(group) => self.of_group.get(group),
            None if only_active => Some(&self.active),
            None => Some(&self.all),
        };
        deployments
            .into_iter()
            .flat_map(move |deployments| deployments.range(..before).rev())
            .map(|(number, id)| (*number, id.as_str()))
    }
}
