//! What several changes of a set mean together.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::context::Contexts;
use crate::model::{Action, ResourceChange};

/// The CDK's custom resource that empties a bucket before it is deleted.
const EMPTIES_BUCKETS: &str = "Custom::S3AutoDeleteObjects";

/// Hints for people, by the place of the change that they are about.
pub(crate) fn of(changes: &[&ResourceChange]) -> BTreeMap<usize, Vec<String>> {
    let mut hints: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut added: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for change in changes
        .iter()
        .filter(|change| change.action == Some(Action::Add))
    {
        if let (Some(resource_type), Some(id), Some(properties)) = (
            change.resource_type.as_deref(),
            change.logical_id.as_deref(),
            properties(Contexts::of(change).after("Properties")),
        ) {
            added.insert((resource_type, properties), id);
        }
    }
    let is_emptied = changes.iter().any(|change| {
        change.resource_type.as_deref() == Some(EMPTIES_BUCKETS)
            && change.action != Some(Action::Add)
    });
    for (index, change) in changes.iter().enumerate() {
        let leaves = change.action != Some(Action::Add) && change.action != Some(Action::Import);
        let resource_type = change.resource_type.as_deref().unwrap_or_default();
        if leaves && is_emptied && resource_type == "AWS::S3::Bucket" {
            hints.entry(index).or_default().push(format!(
                "{EMPTIES_BUCKETS} changes, too, and may empty the bucket"
            ));
        }
        if change.action == Some(Action::Remove)
            && let Some(properties) = properties(Contexts::of(change).before("Properties"))
            && let Some(id) = added.get(&(resource_type, properties))
        {
            hints.entry(index).or_default().push(
                format!(
                    "{id} is added with the same properties: this looks like a new logical ID, which a stack refactor or an \
                     import gives without a loss"
                ),
            );
        }
    }
    hints
}

/// Properties as text that is the same for the same properties; `None` where there are none to go by.
fn properties(value: Option<&Value>) -> Option<String> {
    match value {
        Some(properties @ Value::Object(members)) if !members.is_empty() => {
            let mut properties = properties.clone();
            properties.sort_all_objects();
            Some(properties.to_string())
        }
        _ => None,
    }
}
