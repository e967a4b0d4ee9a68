//! A figure, its limit, and whether it is met.

use serde_json::{Value, json};

use crate::samples::Samples;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    CallsPerSecond,
    Milliseconds,
    Ratio,
    Errors,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::CallsPerSecond => "calls/s",
            Self::Milliseconds => "ms",
            Self::Ratio => "×",
            Self::Errors => "errors",
        }
    }

    fn show(self, value: f64) -> String {
        match self {
            Self::CallsPerSecond | Self::Errors => format!("{value:.0} {}", self.name()),
            Self::Milliseconds | Self::Ratio => format!("{value:.2} {}", self.name()),
        }
    }
}

/// What the median must reach, or not exceed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

/// What was measured, against what must be reached.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    /// None for what is only told.
    pub(crate) limit: Option<Limit>,
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
        let Ok(samples) = &self.measured else {
            return Verdict::NotMeasured;
        };
        let is_met = match self.limit {
            None => return Verdict::Told,
            Some(Limit::AtLeast(limit)) => samples.median() >= limit,
            Some(Limit::AtMost(limit)) => samples.median() <= limit,
        };
        if is_met {
            Verdict::Met
        } else {
            Verdict::Missed
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
        let limit = match self.limit {
            None => String::new(),
            Some(Limit::AtLeast(limit)) => format!("≥ {}", self.unit.show(limit)),
            Some(Limit::AtMost(limit)) => format!("≤ {}", self.unit.show(limit)),
        };
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
        let mut row = json!({ "figure": self.name, "unit": self.unit.name(), "verdict": verdict });
        match self.limit {
            None => {}
            Some(Limit::AtLeast(limit)) => row["atLeast"] = json!(limit),
            Some(Limit::AtMost(limit)) => row["atMost"] = json!(limit),
        }
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
