//! What is reviewed: change sets, and the templates that say which deployments those start.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use changeset::{ChangeSet, Templates};
use emulator::template::{Document, TemplateError};
use serde_json::Value;

use super::api::{Api, Reference};
use super::input;
use crate::printable::printable;

/// A root's change set with those nested in it, and their templates as far as they are known.
pub(super) struct Described {
    pub(super) sets: Vec<ChangeSet>,
    pub(super) templates: Templates,
}

impl Described {
    /// From files; the template is the root's, as it was written or as it was processed.
    pub(super) fn by_files(sources: &[String], template: Option<&Path>) -> Result<Self> {
        let sets = input::read(sources)?;
        let templates = given(template, &sets)?;
        Ok(Self { sets, templates })
    }

    /// From AWS; a template that is given stands for the root's.
    pub(super) async fn by_aws(
        api: &Api,
        reference: &Reference,
        timeout: Duration,
        template: Option<&Path>,
        err: &mut dyn Write,
    ) -> Result<Self> {
        let sets = api.describe(reference, timeout, err).await?;
        let mut templates = given(template, &sets)?;
        for (index, set) in sets.iter().enumerate() {
            let is_given = index == 0 && templates.root.is_some();
            let id = set.id.as_deref();
            let Some(id) = id.filter(|_| set.changes_functions() && !is_given) else {
                continue;
            };
            match processed(api, id, set, err).await {
                Ok(Some(template)) => {
                    templates.by_change_set.insert(id.to_owned(), template);
                }
                Ok(None) => {}
                // It decides nothing: the review goes on without it.
                Err(error) => writeln!(err, "warning: {}", printable(&format!("{error:#}")))?,
            }
        }
        Ok(Self { sets, templates })
    }
}

fn given(file: Option<&Path>, sets: &[ChangeSet]) -> Result<Templates> {
    let Some(file) = file else {
        return Ok(Templates::default());
    };
    let root = sets.iter().find(|set| !set.is_nested());
    let template = template(&input::text(file)?, root.or(sets.first()))
        .map_err(|error| anyhow!("{}:{error}", file.display()))?;
    if !template.get("Resources").is_some_and(Value::is_object) {
        return Err(anyhow!(
            "{} is no template, because it has no Resources: give --template what the change set was created from",
            file.display()
        ));
    }
    Ok(Templates {
        root: Some(template),
        ..Templates::default()
    })
}

async fn processed(
    api: &Api,
    id: &str,
    set: &ChangeSet,
    err: &mut dyn Write,
) -> Result<Option<Value>> {
    let text = api.template(id, err).await?;
    let template = text.map(|text| template(&text, Some(set))).transpose();
    template.map_err(|error| anyhow!("the template of the change set {id}:{error}"))
}

fn template(text: &str, set: Option<&ChangeSet>) -> Result<Value, TemplateError> {
    let parameters = set.into_iter().flat_map(|set| &set.parameters);
    let parameters: BTreeMap<String, String> = parameters
        .filter_map(|parameter| Some((parameter.key.clone()?, parameter.value.clone()?)))
        .collect();
    Document::read(text)?.processed(&parameters)
}
