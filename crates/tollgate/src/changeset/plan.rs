//! What text and Markdown have in common: the rows in the order in which people should see them, and words.

use std::collections::BTreeMap;

use changeset::{Effect, Finding, Review, Verdict};

/// The rows that are shown, the worst first.
pub(super) struct Plan<'a> {
    /// Each on its own, blocked ones first.
    pub(super) rows: Vec<&'a Finding>,
    /// What comes with every deployment: how many of each type.
    pub(super) routine: BTreeMap<&'a str, usize>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(review: &'a Review) -> Self {
        let (routine, mut rows): (Vec<&Finding>, Vec<&Finding>) = review
            .changes
            .iter()
            .partition(|finding| finding.is_routine);
        // Stable: within a verdict they stay in the order of the set. What was allowed stands where it would without.
        rows.sort_by_key(|finding| std::cmp::Reverse((finding.verdict, finding.is_blocking())));
        let mut counts = BTreeMap::new();
        for finding in routine {
            *counts.entry(&*finding.resource_type).or_insert(0) += 1;
        }
        Self {
            rows,
            routine: counts,
        }
    }

    /// How many changes are folded.
    pub(super) fn folded(&self) -> usize {
        self.routine.values().sum()
    }
}

/// `1 blocked, 2 to review, 14 safe (9 of them routine)`
pub(super) fn counts(review: &Review) -> String {
    let count = |is: &dyn Fn(&Finding) -> bool| review.changes.iter().filter(|one| is(one)).count();
    let of = |verdict| {
        count(&|finding: &Finding| finding.verdict == verdict && finding.allowed_by.is_none())
    };
    let allowed = count(&|finding: &Finding| finding.allowed_by.is_some());
    let routine = count(&|finding: &Finding| finding.is_routine);
    let mut text = format!(
        "{} blocked, {} to review, {} safe",
        of(Verdict::Blocked),
        of(Verdict::Review),
        of(Verdict::Safe)
    );
    if routine > 0 {
        text.push_str(&format!(" ({routine} of them routine)"));
    }
    if allowed > 0 {
        text.push_str(&format!(", {allowed} allowed"));
    }
    text
}

pub(super) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Add => "add",
        Effect::Import => "import",
        Effect::Sync => "sync",
        Effect::Modify => "modify",
        Effect::MayReplace => "may replace",
        Effect::Replace => "replace",
        Effect::Remove => "remove",
        Effect::Undetermined => "undetermined",
    }
}

pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Safe => "safe",
        Verdict::Review => "review",
        Verdict::Blocked => "blocked",
    }
}
