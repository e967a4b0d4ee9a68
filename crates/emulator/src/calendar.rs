//! Points in time as AWS writes them: days of the Gregorian calendar and times of day, in UTC.

use std::fmt;

/// A day of the Gregorian calendar.
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

impl Date {
    /// The day that holds the second, which counts from the Unix epoch. Years are counted from March, so that a leap
    /// day ends one, in eras of 400 years, which all have the same number of days.
    pub(crate) fn of(seconds: i64) -> Self {
        const DAYS_FROM_ERA_START_TO_EPOCH: i64 = 719_468;
        const DAYS_PER_ERA: i64 = 146_097;
        let days = seconds.div_euclid(86_400) + DAYS_FROM_ERA_START_TO_EPOCH;
        let era = days.div_euclid(DAYS_PER_ERA);
        let day_of_era = days.rem_euclid(DAYS_PER_ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_since_march = (5 * day_of_year + 2) / 153;
        let month = if months_since_march < 10 {
            months_since_march + 3
        } else {
            months_since_march - 9
        };
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * months_since_march + 2) / 5 + 1,
        }
    }
}

/// A time of day, written `15:31:44`.
pub(crate) struct Time(i64);

impl Time {
    /// The time of the second, which counts from the Unix epoch.
    pub(crate) fn of(seconds: i64) -> Self {
        Self(seconds.rem_euclid(86_400))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02}:{:02}:{:02}",
            self.0 / 3600,
            self.0 / 60 % 60,
            self.0 % 60
        )
    }
}

/// `2025-05-15T15:31:44.984`, to which services append a zone.
pub(crate) fn iso(millis: i64) -> String {
    let seconds = millis.div_euclid(1000);
    let date = Date::of(seconds);
    let (time, fraction) = (Time::of(seconds), millis.rem_euclid(1000));
    format!(
        "{:04}-{:02}-{:02}T{time}.{fraction:03}",
        date.year, date.month, date.day
    )
}

/// `2025-05-15T15:31:44Z`, as EventBridge writes times.
pub(crate) fn iso_seconds(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX / 1000);
    let text = iso(seconds.saturating_mul(1000));
    format!("{}Z", text.split('.').next().unwrap_or(&text))
}

/// `2025-05-15T15:31:44.984+0000`, as Lambda writes times.
pub(crate) fn iso_with_zone(millis: u64) -> String {
    format!("{}+0000", iso(i64::try_from(millis).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_in_captures() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000"),
            (-1, "1969-12-31T23:59:59.999"),
            (951_782_400_000, "2000-02-29T00:00:00.000"),
            (1_747_323_104_984, "2025-05-15T15:31:44.984"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000"),
        ] {
            assert_eq!(iso(millis), expected);
            if let Ok(seconds) = u64::try_from(millis.div_euclid(1000)) {
                assert_eq!(iso_seconds(seconds), format!("{}Z", &expected[..19]));
            }
        }
    }
}
