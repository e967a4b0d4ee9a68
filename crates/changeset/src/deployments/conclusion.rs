//! Whether a function is gated, and why not.

use super::stack::{Found, Stack};
use super::template::{Alias, FUNCTION, Policy, Target, Template};
use super::{Deployment, Gating, How};
use crate::judge::Effect;

impl Stack<'_> {
    /// Says whether a function is gated, now that all of its shifts are known.
    pub(super) fn conclude(&self, found: Found, is_any_lost: bool) -> Deployment {
        let Found {
            id,
            mut reasons,
            shifts,
        } = found;
        let by_code_deploy = || shifts.iter().filter_map(|shift| shift.code_deploy.as_ref());
        let changed = id.as_deref().and_then(|id| self.changes.get(id));
        let changed = changed.filter(|changed| changed.is_a(FUNCTION));
        let is_added = changed.is_some_and(|changed| changed.effect == Effect::Add);
        let is_unmoved = shifts.is_empty() && !is_added;
        let is_unknown = shifts.iter().any(|shift| shift.how == How::Unknown)
            || by_code_deploy().any(|code_deploy| code_deploy.may_run_a_hook);
        let gating = if by_code_deploy().any(|code_deploy| code_deploy.hooks().next().is_some()) {
            Gating::Gated
        } else if is_unknown || (is_unmoved && is_any_lost) {
            Gating::Unknown
        } else {
            Gating::NotGated
        };
        if let Some(changed) = changed {
            if self.hooks.contains(changed.id) {
                reasons.push("it is a hook itself".to_owned());
            }
            if is_unmoved {
                reasons.extend(self.why_nothing_shifts(changed.id, is_any_lost));
            }
            reasons.extend(self.latest(changed.id));
        }
        if gating == Gating::NotGated && by_code_deploy().next().is_some() {
            reasons.push("CodeDeploy shifts it, and runs no hook".to_owned());
        }
        Deployment {
            function: id.map(|id| format!("{}{id}", self.prefix)),
            gating,
            reasons,
            shifts,
        }
    }

    fn why_nothing_shifts(&self, id: &str, is_any_lost: bool) -> Vec<String> {
        if is_any_lost {
            return vec![
                "an alias is added or changed, and only the template says of which function: give --template"
                    .to_owned(),
            ];
        }
        let mut reasons = Vec::new();
        if self.published.contains(id) || self.may_publish {
            reasons.push("no alias of it moves in this change set".to_owned());
        } else {
            reasons.push(
                "no version of it is published: whoever invokes $LATEST gets the change at once, and no alias does"
                    .to_owned(),
            );
        }
        let gated = self.aliases_of(id, |alias| matches!(alias.policy, Policy::CodeDeploy(_)));
        let gated = gated.into_iter();
        reasons.extend(gated.map(|name| {
            format!("CodeDeploy shifts its alias {name}, which does not move in this change set")
        }));
        let has = |template: &Template<'_>| template.has(id);
        if self.template.as_ref().is_some_and(has) && !self.aliases.contains_key(id) {
            reasons.push("the template has no alias of it".to_owned());
        }
        reasons
    }

    /// The aliases that are at `$LATEST`, whatever is published.
    fn latest(&self, id: &str) -> Vec<String> {
        let latest = self.aliases_of(id, |alias| matches!(alias.target, Target::Latest));
        let latest = latest.into_iter();
        latest
            .map(|name| format!("its alias {name} is $LATEST, and serves the change at once"))
            .collect()
    }

    /// The names of those of a function's aliases in the template that are so.
    fn aliases_of(&self, id: &str, is_so: impl Fn(&Alias) -> bool) -> Vec<String> {
        let aliases = self.aliases.get(id).into_iter().flatten();
        let named = aliases.filter_map(|id| {
            let alias = self.template.as_ref()?.alias(id)?;
            is_so(&alias).then(|| alias.name.unwrap_or_else(|| (*id).to_owned()))
        });
        named.collect()
    }
}
