//! A figure, its limit, and whether it is met.

use serde_json::{Value, json};

use crate::samples::Samples;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    Ratio,
    Milliseconds,
    Seconds,
    /// 2²⁰ bytes.
    Mebibytes,
    /// 10⁶ bytes.
    Megabytes,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Ratio => "×",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Mebibytes => "MiB",
            Self::Megabytes => "MB",
        }
    }

    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.3} ×"),
            Self::Mebibytes => format!("{value:.1} MiB"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Seconds | Self::Megabytes => format!("{value:.3} {}", self.name()),
        }
    }
}

/// What was measured, against what must be reached.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    /// The most that the median may be; none for what is only told.
    pub(crate) limit: Option<f64>,
    /// Or why it could not be measured.
    pub(crate) measured: Result<Samples, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Met,
    Missed,
    NotMeasured,
    /// It has no limit.
    Told,
}

impl Figure {
    pub(crate) fn verdict(&self) -> Verdict {
        match (&self.measured, self.limit) {
            (Err(_), _) => Verdict::NotMeasured,
            (Ok(_), None) => Verdict::Told,
            (Ok(samples), Some(limit)) if samples.median() <= limit => Verdict::Met,
            (Ok(_), Some(_)) => Verdict::Missed,
        }
    }

    /// The cells of its row: figure, median, spread, limit, verdict.
    pub(crate) fn cells(&self) -> [String; 5] {
        let (median, spread) = match &self.measured {
            Ok(samples) => (
                self.unit.show(samples.median()),
                format!(
                    "{} – {} ({})",
                    self.unit.show(samples.least()),
                    self.unit.show(samples.most()),
                    samples.count()
                ),
            ),
            Err(reason) => (format!("not measured: {reason}"), String::new()),
        };
        let limit = self
            .limit
            .map_or_else(String::new, |limit| format!("≤ {}", self.unit.show(limit)));
        let verdict = match self.verdict() {
            Verdict::Met => "met",
            Verdict::Missed => "**missed**",
            Verdict::NotMeasured => "**not measured**",
            Verdict::Told => "",
        };
        [self.name.clone(), median, spread, limit, verdict.to_owned()]
    }

    pub(crate) fn json(&self) -> Value {
        let verdict = match self.verdict() {
            Verdict::Met => json!("met"),
            Verdict::Missed => json!("missed"),
            Verdict::NotMeasured => json!("notMeasured"),
            Verdict::Told => Value::Null,
        };
        let mut row = json!({
            "figure": self.name,
            "unit": self.unit.name(),
            "limit": self.limit,
            "verdict": verdict,
        });
        match &self.measured {
            Ok(samples) => {
                row["median"] = json!(samples.median());
                row["least"] = json!(samples.least());
                row["most"] = json!(samples.most());
                row["repetitions"] = json!(samples.count());
            }
            Err(reason) => row["reason"] = json!(reason),
        }
        row
    }
}
