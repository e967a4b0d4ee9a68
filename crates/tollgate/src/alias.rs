//! Where an alias sends its traffic.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Where an alias sends its traffic.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AliasState {
    pub(crate) function_version: String,
    /// Fractions, 0 to 1.
    pub(crate) additional_version_weights: BTreeMap<String, f64>,
}

impl fmt::Display for AliasState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |fraction: f64| format!("{:.0} %", fraction * 100.0);
        write!(f, "version {}", self.function_version)?;
        let rest = 1.0 - self.additional_version_weights.values().sum::<f64>();
        if !self.additional_version_weights.is_empty() {
            write!(f, " {}", percent(rest))?;
        }
        self.additional_version_weights
            .iter()
            .try_for_each(|(version, weight)| write!(f, ", version {version} {}", percent(*weight)))
    }
}
