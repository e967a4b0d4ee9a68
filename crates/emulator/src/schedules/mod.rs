//! EventBridge, as far as it invokes functions at a rate: the rules of a template, and the schedules of its `ScheduleV2`.
//!
//! Sources: EventBridge user guide, "Creating a rule that runs on a schedule"; EventBridge Scheduler user guide. *Inferred*
//! is marked.
//!
//! - A rate starts when its rule is created, enabled or given another rate, and its runs come at one second of the minute,
//!   which is never the first. Inferred: that it is always the same one; which one follows from the rule's name here.
//! - What time has passed over, because the emulator was not running, is not made up for: there is one run, of the last
//!   time that was due. Inferred, and a choice: on AWS EventBridge is always there.

mod expression;

pub(crate) use expression::{Dialect, Expression, parse};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use deployment::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::calendar;
use crate::hash::{OFFSET, fnv1a};
use crate::kept::{Collections, Kept};
use crate::lambda::{Account, FunctionRef, events};
use crate::shared::{Shared, State};
use crate::template::{Schedule, ScheduleKind, Stack};

const MINUTE: u64 = 60;

/// A rule, or a schedule of EventBridge Scheduler's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Rule {
    name: String,
    kind: ScheduleKind,
    target: Target,
    /// In seconds; whole minutes.
    rate: u64,
    /// When it runs next; `None` while it is disabled.
    next: Option<Timestamp>,
}

/// What it invokes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Target {
    function_name: String,
    /// An alias.
    qualifier: Option<String>,
    /// The payload, where it is a text of the template's own.
    input: Option<String>,
}

impl Target {
    fn function(&self) -> FunctionRef {
        FunctionRef {
            name: self.function_name.clone(),
            qualifier: self.qualifier.clone(),
        }
    }
}

/// All rules, by their ARNs.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    rules: Kept<String, Rule>,
}

impl Schedules {
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self { rules } = self;
        vec![("eventbridge-rules", rules)]
    }

    /// When a rule runs next.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.rules.values().filter_map(|rule| rule.next).min()
    }

    /// The rule that is due first, with its ARN and the time that it was due at last; it is due again later.
    ///
    /// The others still are due: where time stands still, each has its turn when the one before it has ended.
    fn take_due(&mut self, now: Timestamp) -> Option<(String, Rule, Timestamp)> {
        let due = |(arn, rule): (&String, &Rule)| {
            let next = rule.next.filter(|next| *next <= now)?;
            Some((next, arn.clone()))
        };
        let (next, arn) = self.rules.iter().filter_map(due).min()?;
        let known = self.rules.get_mut(&arn)?;
        let missed = now.since(next).as_secs() / known.rate.max(1);
        let last = next + Duration::from_secs(missed * known.rate);
        known.next = Some(last + Duration::from_secs(known.rate));
        Some((arn, known.clone(), last))
    }

    /// Puts these rules instead of those that there are. One that has been running at the same rate goes on as it did.
    fn put(&mut self, wanted: BTreeMap<String, Rule>) {
        let gone = self.rules.keys().filter(|arn| !wanted.contains_key(*arn));
        let gone: Vec<String> = gone.cloned().collect();
        for arn in gone {
            self.rules.remove(&arn);
        }
        for (arn, mut rule) in wanted {
            let known = self.rules.get(&arn);
            if let Some(known) = known.filter(|known| known.rate == rule.rate) {
                rule.next = rule.next.and(known.next).or(rule.next);
            }
            let is_new = known != Some(&rule);
            if is_new {
                self.rules.insert(arn, rule);
            }
        }
    }
}

/// Puts the rules of a template, without those whose function is not there, because nobody has its code.
pub(crate) fn put_template(state: &mut State, stack: &Stack) {
    let now = state.now;
    let mut wanted = BTreeMap::new();
    for schedule in &stack.schedules {
        let mut functions = stack.functions.iter();
        let Some(function) = functions.find(|it| it.logical_id == schedule.function) else {
            continue;
        };
        let target = Target {
            function_name: function.name.clone(),
            qualifier: schedule.qualifier.clone(),
            input: schedule.input.clone(),
        };
        if state.lambda.check_target(&target.function()).is_ok() {
            wanted.insert(schedule.arn.clone(), rule(schedule, target, now));
        }
    }
    state.schedules.put(wanted);
}

fn rule(schedule: &Schedule, target: Target, now: Timestamp) -> Rule {
    Rule {
        name: schedule.name.clone(),
        kind: schedule.kind,
        target,
        rate: schedule.rate.as_secs(),
        next: schedule
            .is_enabled
            .then(|| first_run(&schedule.name, schedule.rate, now)),
    }
}

/// When a rule of this name runs first that is created at `now`.
fn first_run(name: &str, rate: Duration, now: Timestamp) -> Timestamp {
    let seconds = (now + rate).as_millis() / 1000;
    let second = 1 + fnv1a(OFFSET, name.as_bytes()) % (MINUTE - 1);
    let first = (seconds - seconds % MINUTE).saturating_add(second);
    Timestamp::from_millis(first.saturating_mul(1000))
}

/// Invokes what is due first, asynchronously.
pub(crate) fn pass_time(shared: &Arc<Shared>, state: &mut State) {
    let Some((arn, rule, due)) = state.schedules.take_due(state.now) else {
        return;
    };
    let target = rule.target.function();
    let payload = match rule.target.input {
        Some(input) => input,
        None => {
            let id = state.ids.uuid_of(&format!("{arn} {}", due.as_millis()));
            scheduled_event(&shared.account, rule.kind, &arn, due, id).to_string()
        }
    };
    events::accept_scheduled(shared, state, &target, payload, &rule.name);
}

/// The event that a target gets which has no `Input`.
///
/// Source: EventBridge user guide, "Scheduled Event"; that the Scheduler's `detail` is text, from events that others have
/// logged.
fn scheduled_event(
    account: &Account,
    kind: ScheduleKind,
    arn: &str,
    due: Timestamp,
    id: String,
) -> Value {
    let (source, detail) = match kind {
        ScheduleKind::Rule => ("aws.events", json!({})),
        ScheduleKind::Schedule => ("aws.scheduler", json!("{}")),
    };
    json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": source,
        "account": account.account_id,
        "time": calendar::iso_seconds(due.as_millis() / 1000),
        "region": account.region,
        "resources": [arn],
        "detail": detail,
    })
}

#[cfg(test)]
mod tests;
