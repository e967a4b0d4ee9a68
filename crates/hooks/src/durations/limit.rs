//! `GATE_COMPARE_DURATION_LIMIT`: how much longer is too long.

use std::str::FromStr;

/// The least shift that counts: so many milliseconds, and such a share of what the current version takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    ms: f64,
    percent: f64,
}

/// What is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not milliseconds, a percentage, or both with a comma between, such as `10ms,10%`")]
pub(crate) struct LimitError;

impl Default for Limit {
    fn default() -> Self {
        Self {
            ms: 10.0,
            percent: 10.0,
        }
    }
}

impl Limit {
    /// In milliseconds, against a version that takes so many.
    pub(crate) fn against(self, current_ms: f64) -> f64 {
        self.ms.max(current_ms * self.percent / 100.0)
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    /// `10ms,10%`, `10ms` or `10%`: what is left out does not limit.
    fn from_str(text: &str) -> Result<Self, LimitError> {
        let mut limit = Self {
            ms: 0.0,
            percent: 0.0,
        };
        let mut given = (false, false);
        for part in text.split(',').map(str::trim) {
            let (number, into, is_given) = match (part.strip_suffix("ms"), part.strip_suffix('%')) {
                (Some(number), _) => (number, &mut limit.ms, &mut given.0),
                (None, Some(number)) => (number, &mut limit.percent, &mut given.1),
                (None, None) => return Err(LimitError),
            };
            let number: f64 = number.trim_end().parse().map_err(|_| LimitError)?;
            if *is_given || !number.is_finite() || number < 0.0 {
                return Err(LimitError);
            }
            *is_given = true;
            *into = number;
        }
        Ok(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_of_both_counts() {
        for (text, current_ms, expected) in [
            ("10ms,10%", 50.0, 10.0),
            ("10ms,10%", 200.0, 20.0),
            ("10%,10ms", 200.0, 20.0),
            (" 10 ms , 2.5 % ", 1000.0, 25.0),
            ("5ms", 1000.0, 5.0),
            ("5%", 1000.0, 50.0),
            ("0ms", 1000.0, 0.0),
        ] {
            let limit: Limit = text.parse().unwrap();
            assert_eq!(limit.against(current_ms), expected, "{text}");
        }
        assert_eq!("10ms,10%".parse(), Ok(Limit::default()));
        for text in [
            "", "10", "10s", "ms", "%", "-1ms", "NaN%", "infms", "1ms,", "1ms,2ms", "1ms 2%",
        ] {
            assert_eq!(text.parse::<Limit>(), Err(LimitError), "{text}");
        }
    }
}
