//! What happens to one alias.

use super::stack::{Changed, Stack};
use super::template::{Alias, Policy, Target};
use super::{CodeDeploy, How, Shift};
use crate::judge::Effect;
use crate::model::{ChangeSource, Detail, Evaluation};

const NEEDS_TEMPLATE: &str = "only the template says whether CodeDeploy shifts it: give --template";

impl Stack<'_> {
    /// What happens to an alias's traffic; `None` if it stays where it is.
    pub(super) fn shift(&self, changed: &Changed<'_>, function: Option<&str>) -> Option<Shift> {
        let alias = self
            .template
            .as_ref()
            .and_then(|template| template.alias(changed.id));
        let mut shift = Shift {
            alias: format!("{}{}", self.prefix, changed.id),
            name: alias.as_ref().and_then(|alias| alias.name.clone()),
            how: How::Unknown,
            is_certain: true,
            code_deploy: None,
            notes: Vec::new(),
        };
        if shift.name.is_none() {
            let arn = changed.change.physical_id.as_deref();
            let name = arn.and_then(|arn| arn.strip_prefix("arn:")?.split(':').nth(6));
            shift.name = name.map(str::to_owned);
        }
        match changed.effect {
            Effect::Remove | Effect::Import | Effect::Sync => return None,
            Effect::Add => {
                shift.how = How::First;
                if let Some(Alias {
                    policy: Policy::CodeDeploy(_),
                    ..
                }) = alias
                {
                    shift
                        .notes
                        .push("CodeDeploy shifts it from its next version on".to_owned());
                }
                return Some(shift);
            }
            Effect::Replace => {
                shift.how = How::Replaced;
                return Some(shift);
            }
            Effect::MayReplace => {
                shift.is_certain = false;
                shift
                    .notes
                    .push("it may be replaced, and then its traffic moves at once".to_owned());
                return Some(shift);
            }
            Effect::Undetermined => {
                shift.is_certain = false;
                shift
                    .notes
                    .push("CloudFormation cannot tell what happens to it".to_owned());
                return Some(shift);
            }
            Effect::Modify => {}
        }
        shift.is_certain = self.is_certain(changed, function, alias.as_ref())?;
        if changed.changes_attribute("UpdatePolicy") {
            shift.notes.push(
                "its UpdatePolicy changes by this change set, too; what is said here is of the new one"
                    .to_owned(),
            );
        }
        match (alias.map(|alias| alias.policy), &self.template) {
            (Some(Policy::CodeDeploy(code_deploy)), _) => {
                shift.how = How::CodeDeploy;
                shift.notes.extend(self.changed_beside(&code_deploy));
                shift.code_deploy = Some(*code_deploy);
            }
            (Some(Policy::Absent), _) => shift.how = How::AtOnce,
            (Some(Policy::Undecided(condition)), _) => shift.notes.push(format!(
                "whether CodeDeploy shifts it depends on the condition {condition}, which is not known"
            )),
            (None, Some(_)) => shift
                .notes
                .push("the template does not have it: is it another stack's?".to_owned()),
            (None, None) => shift.notes.push(NEEDS_TEMPLATE.to_owned()),
        }
        Some(shift)
    }

    /// Whether an alias that is modified gets another version for certain; `None` if it does not.
    fn is_certain(
        &self,
        changed: &Changed<'_>,
        function: Option<&str>,
        alias: Option<&Alias>,
    ) -> Option<bool> {
        let details = &changed.change.details;
        if details.is_empty() {
            // Nothing says what changes of it.
            return Some(false);
        }
        let of_version: Vec<&Detail> = details
            .iter()
            .filter(|detail| detail.is_of_version() && !detail.stays())
            .collect();
        if of_version.is_empty() {
            return None;
        }
        let is_new = |id: &str| self.changes.get(id).is_some_and(Changed::makes_one);
        let is_certain = |detail: &&Detail| {
            let cause = detail.causing_entity.as_deref();
            let cause = cause.and_then(|entity| entity.split('.').next());
            (detail.evaluation == Some(Evaluation::Static)
                && detail.change_source != Some(ChangeSource::NoModification))
                || cause.is_some_and(is_new)
        };
        let by_template =
            matches!(alias, Some(Alias { target: Target::Version(id), .. }) if is_new(id));
        let is_published = function.is_some_and(|id| self.published.contains(id));
        Some(by_template || is_published || of_version.iter().any(is_certain))
    }

    /// What of a deployment is itself changed by the change set.
    fn changed_beside(&self, code_deploy: &CodeDeploy) -> Vec<String> {
        let parts = [
            (
                "its BeforeAllowTraffic hook",
                &code_deploy.before_allow_traffic_hook,
            ),
            (
                "its AfterAllowTraffic hook",
                &code_deploy.after_allow_traffic_hook,
            ),
            ("its deployment group", &code_deploy.deployment_group),
        ];
        let parts = parts.into_iter().filter_map(|(what, named)| {
            let id = named.as_ref()?.logical_id.as_deref()?;
            let is_changed = self.changes.contains_key(id);
            is_changed.then(|| format!("{what} changes by this change set, too"))
        });
        parts.collect()
    }
}

impl Detail {
    pub(super) fn attribute(&self) -> Option<&str> {
        self.target.as_ref()?.attribute.as_deref()
    }

    fn is_of_version(&self) -> bool {
        self.target.as_ref().is_some_and(|target| {
            target.name.as_deref() == Some("FunctionVersion")
                || target.path.as_deref() == Some("/Properties/FunctionVersion")
        })
    }

    /// Whether the value is known to stay.
    fn stays(&self) -> bool {
        self.target.as_ref().is_some_and(|target| {
            target.before_value.is_some() && target.before_value == target.after_value
        })
    }
}
