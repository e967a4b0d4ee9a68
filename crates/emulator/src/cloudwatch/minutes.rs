//! The minutes of all metrics: what is kept of them, and for how long.

use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::metrics::Metric;
use crate::kept::{Collections, Kept};

/// How long a minute is kept after the newest one of its metric, and of a metric that gets no data points any more
/// after the day on which it would be seen last: AWS keeps 60-second data points for 15 days (`GetMetricStatistics`).
const RETENTION_MINUTES: u64 = 15 * MINUTES_OF_DAY;

const MINUTES_OF_DAY: u64 = 24 * 60;

/// What is known of each minute of each metric; minutes are counted from the Unix epoch.
#[derive(Clone, Debug)]
pub(super) struct Minutes<T> {
    /// The number of each metric of which there are any minutes. Numbers are quick to compare, and short on disk.
    numbers: Kept<Metric, u64>,
    /// By the metric's number and the minute, so that a data point writes a minute and no more.
    minutes: Kept<(u64, u64), T>,
    /// The day on which all metrics were last looked through for minutes that are too old.
    looked_through: u64,
}

impl<T> Default for Minutes<T> {
    fn default() -> Self {
        Self {
            numbers: Kept::default(),
            minutes: Kept::default(),
            looked_through: 0,
        }
    }
}

impl<T: Default + Serialize + DeserializeOwned> Minutes<T> {
    /// What must outlive the process.
    pub(super) fn collections(&mut self) -> Collections<'_> {
        let Self {
            numbers,
            minutes,
            // Looking once more does no harm.
            looked_through: _,
        } = self;
        vec![
            ("cloudwatch-metrics", numbers),
            ("cloudwatch-minutes", minutes),
        ]
    }

    /// A minute of a metric, to change it in the minute `now`; `None` where it would be forgotten at once.
    pub(super) fn of(&mut self, metric: Metric, minute: u64, now: u64) -> Option<&mut T> {
        self.look_through(now);
        let number = self.number(metric);
        let newest = self.newest(number).unwrap_or(minute).max(minute);
        let oldest = newest.saturating_sub(RETENTION_MINUTES);
        self.forget_before(number, oldest);
        let key = (number, minute);
        if minute >= oldest && !self.minutes.contains_key(&key) {
            self.minutes.insert(key, T::default());
        }
        self.minutes.get_mut(&key)
    }

    /// The minutes of a metric from `first` on, in order.
    pub(super) fn from(&self, metric: &Metric, first: u64) -> impl Iterator<Item = (u64, &T)> {
        let number = self.numbers.get(metric).copied();
        number
            .into_iter()
            .flat_map(move |number| self.minutes.range((number, first)..=(number, u64::MAX)))
            .map(|((_, minute), known)| (*minute, known))
    }

    /// The metrics that come after `after`, in order, each with its newest minute.
    pub(super) fn metrics(&self, after: Option<&Metric>) -> impl Iterator<Item = (&Metric, u64)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.numbers
            .range((from, Bound::Unbounded))
            .filter_map(|(metric, number)| Some((metric, self.newest(*number)?)))
    }

    /// The number of a metric, which is given one if it has none.
    fn number(&mut self, metric: Metric) -> u64 {
        if let Some(number) = self.numbers.get(&metric) {
            return *number;
        }
        // Every metric that has a number has minutes.
        let last = self.minutes.keys().next_back();
        let number = last.map_or(0, |(last, _)| last + 1);
        self.numbers.insert(metric, number);
        number
    }

    fn newest(&self, number: u64) -> Option<u64> {
        let mut minutes = self.minutes.range((number, 0)..=(number, u64::MAX));
        minutes.next_back().map(|((_, minute), _)| *minute)
    }

    /// Removes a metric's minutes before `oldest`.
    fn forget_before(&mut self, number: u64, oldest: u64) {
        loop {
            let mut outdated = self.minutes.range((number, 0)..(number, oldest));
            let Some(key) = outdated.next().map(|(key, _)| *key) else {
                return;
            };
            self.minutes.remove(&key);
        }
    }

    /// Once a day, also forgets what is too old of metrics that get no data points any more, as those of a version that
    /// nobody calls, and the metrics of which nothing is left.
    fn look_through(&mut self, now: u64) {
        let day = now / MINUTES_OF_DAY;
        if day <= self.looked_through {
            return;
        }
        self.looked_through = day;
        let oldest = now.saturating_sub(RETENTION_MINUTES);
        let metrics = self.numbers.iter();
        let metrics: Vec<_> = metrics
            .map(|(metric, number)| (metric.clone(), *number))
            .collect();
        for (metric, number) in metrics {
            self.forget_before(number, oldest);
            if self.newest(number).is_none() {
                self.numbers.remove(&metric);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Puts minutes, each of a metric and in the minute in which it arrives, and compares what is kept by metric.
    fn check(put: &[(&str, u64, u64)], expected: &[(&str, &[u64])]) {
        let mut minutes = Minutes::<u32>::default();
        for &(name, minute, now) in put {
            let metric = Metric {
                namespace: "N".to_owned(),
                metric_name: name.to_owned(),
                dimensions: BTreeMap::new(),
            };
            if let Some(count) = minutes.of(metric, minute, now) {
                *count += 1;
            }
        }
        let kept: Vec<(&str, Vec<u64>)> = minutes
            .metrics(None)
            .map(|(metric, newest)| {
                let of_metric: Vec<_> = minutes.from(metric, 0).map(|(minute, _)| minute).collect();
                assert_eq!(of_metric.last(), Some(&newest));
                (metric.metric_name.as_str(), of_metric)
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, kept)| (*name, kept.to_vec()))
            .collect();
        assert_eq!(kept, expected, "{put:?}");
        let held: usize = expected.iter().map(|(_, kept)| kept.len()).sum();
        assert_eq!(minutes.minutes.len(), held, "{put:?}");
    }

    #[test]
    fn a_minute_is_kept_for_fifteen_days() {
        const LAST: u64 = 5 + RETENTION_MINUTES;
        let day = MINUTES_OF_DAY;
        check(
            &[("a", 5, 5), ("a", 5, 9), ("b", 5, 5)],
            &[("a", &[5]), ("b", &[5])],
        );
        check(&[("a", 5, 0), ("a", LAST, 0)], &[("a", &[5, LAST])]);
        // Another metric's newest minute says nothing about it.
        let put = [("b", 6, 0), ("a", 5, 0), ("a", LAST + 1, 0), ("a", 3, 0)];
        check(&put, &[("a", &[LAST + 1]), ("b", &[6])]);
        // Days later it does: nobody will ask for it, and its number is free.
        let put = [
            ("b", 6, 0),
            ("a", LAST, LAST),
            ("a", LAST + day, LAST + day),
            ("c", 9 + LAST, LAST),
        ];
        let expected: [(&str, &[u64]); 2] = [("a", &[LAST, LAST + day]), ("c", &[9 + LAST])];
        check(&put, &expected);
    }
}
