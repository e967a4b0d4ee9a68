//! A figure, its limit, and whether it is met.

use serde_json::{Value, json};

use crate::samples::Samples;

/// What a figure counts, and with that whether it has a limit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    /// It is only told.
    Milliseconds,
    /// How much slower the last operations are than the first, and may be.
    Ratio { at_most: f64 },
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) measured: Samples,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Ratio { .. } => "×",
        }
    }

    fn show(self, value: f64) -> String {
        match self {
            Self::Milliseconds => format!("{value:.3} ms"),
            Self::Ratio { .. } => format!("{value:.2} ×"),
        }
    }
}

impl Figure {
    /// Whether it is within its limit; `None` where it has none.
    pub(crate) fn is_met(&self) -> Option<bool> {
        match self.unit {
            Unit::Milliseconds => None,
            Unit::Ratio { at_most } => Some(self.measured.median() <= at_most),
        }
    }

    /// The cells of its row: figure, median, spread, limit, verdict.
    pub(crate) fn cells(&self) -> [String; 5] {
        let spread = format!(
            "{} – {} ({})",
            self.unit.show(self.measured.least()),
            self.unit.show(self.measured.most()),
            self.measured.count()
        );
        let limit = match self.unit {
            Unit::Milliseconds => String::new(),
            Unit::Ratio { at_most } => format!("≤ {}", self.unit.show(at_most)),
        };
        let verdict = match self.is_met() {
            None => "",
            Some(true) => "met",
            Some(false) => "**missed**",
        };
        [
            self.name.clone(),
            self.unit.show(self.measured.median()),
            spread,
            limit,
            verdict.to_owned(),
        ]
    }

    pub(crate) fn json(&self) -> Value {
        let verdict = self.is_met().map(|met| if met { "met" } else { "missed" });
        let mut row = json!({
            "figure": self.name,
            "unit": self.unit.name(),
            "verdict": verdict,
            "median": self.measured.median(),
            "least": self.measured.least(),
            "most": self.measured.most(),
            "repetitions": self.measured.count(),
        });
        if let Unit::Ratio { at_most } = self.unit {
            row["atMost"] = json!(at_most);
        }
        row
    }
}
