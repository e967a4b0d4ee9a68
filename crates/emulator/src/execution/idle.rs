//! Which execution environments are idle, and which of them have to go.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is kept of idle environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdleLimits {
    /// How long one may be idle, on the machine's clock.
    pub(crate) time: Duration,
    /// How many there may be, of all versions together; those that have been idle longest go first.
    pub(crate) count: usize,
}

/// The idle environments of all function versions, by the version's key. What is removed is dropped, and so ends.
pub(super) struct Idle<E> {
    versions: BTreeMap<String, Version<E>>,
    /// How many environments there are.
    count: usize,
}

struct Version<E> {
    ticket: Ticket,
    used: Instant,
    /// The one that was used last is at the end and is used next, so that the others come of age.
    environments: Vec<(Instant, E)>,
}

/// Tells a key that was forgotten from the same key when it comes back. Whoever works for the version has one.
#[derive(Clone, Debug)]
pub(super) struct Ticket(Arc<()>);

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<E> Default for Idle<E> {
    fn default() -> Self {
        Self {
            versions: BTreeMap::new(),
            count: 0,
        }
    }
}

impl<E> Idle<E> {
    /// An environment of the version `key`, if one is idle, and what [`Idle::keep`] must be given for it or for a new
    /// one.
    pub(super) fn take(&mut self, key: &str, now: Instant) -> (Ticket, Option<E>) {
        let ticket = self.ticket(key, now);
        let version = self.versions.get_mut(key);
        let taken = version.and_then(|version| version.environments.pop());
        self.count -= usize::from(taken.is_some());
        (ticket, taken.map(|(_, environment)| environment))
    }

    /// What [`Idle::keep`] must be given for a new environment of the version `key`.
    pub(super) fn ticket(&mut self, key: &str, now: Instant) -> Ticket {
        if let Some(version) = self.versions.get_mut(key) {
            version.used = now;
            return version.ticket.clone();
        }
        let ticket = Ticket(Arc::new(()));
        let version = Version {
            ticket: ticket.clone(),
            used: now,
            environments: Vec::new(),
        };
        self.versions.insert(key.to_owned(), version);
        ticket
    }

    /// Keeps an environment for the next call, unless its version has been forgotten since it was taken.
    pub(super) fn keep(&mut self, key: &str, ticket: Ticket, environment: E, now: Instant) {
        let known = self.versions.get_mut(key);
        if let Some(version) = known.filter(|version| version.ticket == ticket) {
            version.used = now;
            version.environments.push((now, environment));
            self.count += 1;
        }
    }

    /// Removes all versions whose key begins with `prefix`.
    pub(super) fn forget(&mut self, prefix: &str) {
        let keys = self.versions.range(prefix.to_owned()..);
        let keys: Vec<String> = keys
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        for key in keys {
            let forgotten = self.versions.remove(&key);
            self.count -= forgotten.map_or(0, |version| version.environments.len());
        }
    }

    /// Removes those that have been idle since before `then`, and versions of which nothing has been used since and
    /// nothing is at work.
    pub(super) fn end_before(&mut self, then: Instant) {
        let mut ended = 0;
        self.versions.retain(|_, version| {
            let before = version.environments.len();
            version.environments.retain(|(since, _)| *since >= then);
            ended += before - version.environments.len();
            version.used >= then
                || !version.environments.is_empty()
                || Arc::strong_count(&version.ticket.0) > 1
        });
        self.count -= ended;
    }

    /// Removes those that have been idle longest until there are no more than `count`.
    pub(super) fn end_beyond(&mut self, count: usize) {
        while self.count > count {
            let oldest = self
                .versions
                .values_mut()
                .filter(|version| !version.environments.is_empty())
                .min_by_key(|version| version.environments.first().map(|(since, _)| *since));
            let Some(version) = oldest else { return };
            version.environments.remove(0);
            self.count -= 1;
        }
    }

    /// How many environments of each version there are.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        let versions = self.versions.iter();
        versions.map(|(key, version)| (key.as_str(), version.environments.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of five environments that came at 0, 10, … 40 s, after `change`.
    fn check(change: impl FnOnce(&mut Idle<u32>, Instant), expected: &[u32]) {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut idle = Idle::default();
        for (environment, key) in [
            (0, "f:1:"),
            (1, "f:2:"),
            (2, "g:1:"),
            (3, "f:1:"),
            (4, "ff:1:"),
        ] {
            let (ticket, _) = idle.take(&format!("{key}{environment}"), begun);
            let now = at(u64::from(environment) * 10);
            idle.keep(&format!("{key}{environment}"), ticket, environment, now);
        }
        change(&mut idle, begun);
        let mut left: Vec<u32> = idle
            .versions
            .values()
            .flat_map(|version| {
                version
                    .environments
                    .iter()
                    .map(|(_, environment)| *environment)
            })
            .collect();
        left.sort_unstable();
        assert_eq!(left, expected);
        assert_eq!(idle.count, expected.len());
        assert_eq!(
            idle.counts().map(|(_, count)| count).sum::<usize>(),
            idle.count
        );
    }

    #[test]
    fn those_that_have_been_idle_longest_go() {
        let seconds = Duration::from_secs;
        check(|_, _| {}, &[0, 1, 2, 3, 4]);
        check(|idle, begun| idle.end_before(begun), &[0, 1, 2, 3, 4]);
        check(
            |idle, begun| idle.end_before(begun + seconds(15)),
            &[2, 3, 4],
        );
        check(|idle, begun| idle.end_before(begun + seconds(99)), &[]);
        check(|idle, _| idle.end_beyond(5), &[0, 1, 2, 3, 4]);
        check(|idle, _| idle.end_beyond(2), &[3, 4]);
        check(|idle, _| idle.end_beyond(0), &[]);
        check(|idle, _| idle.forget("f:"), &[2, 4]);
        check(|idle, _| idle.forget("f:2:"), &[0, 2, 3, 4]);
        check(|idle, _| idle.forget("h:"), &[0, 1, 2, 3, 4]);
        check(|idle, _| idle.forget(""), &[]);
    }

    #[test]
    fn the_one_that_was_used_last_is_used_next() {
        let now = Instant::now();
        let mut idle = Idle::default();
        let (ticket, none) = idle.take("f", now);
        assert_eq!(none, None);
        idle.keep("f", ticket.clone(), "first", now);
        idle.keep("f", ticket.clone(), "second", now);
        assert_eq!(idle.take("f", now), (ticket.clone(), Some("second")));
        assert_eq!(idle.take("f", now), (ticket.clone(), Some("first")));
        assert_eq!(idle.take("f", now), (ticket, None));
    }

    #[test]
    fn one_that_is_at_work_when_its_version_is_forgotten_is_not_kept() {
        let now = Instant::now();
        let mut idle = Idle::default();
        let (before, _) = idle.take("f", now);
        idle.forget("f");
        let (after, _) = idle.take("f", now);
        idle.keep("f", before, "of the old code", now);
        assert_eq!(idle.take("f", now), (after.clone(), None));
        idle.keep("f", after.clone(), "of the new code", now);
        assert_eq!(idle.take("f", now), (after, Some("of the new code")));
        idle.end_before(now + Duration::from_secs(1));
        assert_eq!(idle.counts().count(), 0, "nothing is remembered");
    }

    #[test]
    fn one_that_is_at_work_for_longer_than_others_are_idle_is_kept() {
        let now = Instant::now();
        let later = now + Duration::from_secs(600);
        let mut idle = Idle::default();
        let (ticket, _) = idle.take("f", now);
        idle.end_before(later);
        idle.keep("f", ticket, "after a long call", later);
        assert_eq!(idle.take("f", later).1, Some("after a long call"));
    }
}
