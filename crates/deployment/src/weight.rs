//! Shares of traffic and the moments at which they change.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The share of traffic that the target version gets, in whole percent: 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Weight(u8);

impl Weight {
    /// No traffic on the target version.
    pub const ZERO: Self = Self(0);
    /// All traffic on the target version.
    pub const FULL: Self = Self(100);

    /// `percent` percent of the traffic, or `None` above 100.
    pub const fn new(percent: u8) -> Option<Self> {
        if percent <= 100 {
            Some(Self(percent))
        } else {
            None
        }
    }

    /// Whole percent, 0 to 100.
    pub const fn percent(self) -> u8 {
        self.0
    }

    /// A fraction from 0 to 1, the form that Lambda's `AdditionalVersionWeights` and CodeDeploy's `targetVersionWeight` take.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl TryFrom<u8> for Weight {
    type Error = String;

    fn try_from(percent: u8) -> Result<Self, Self::Error> {
        Self::new(percent).ok_or_else(|| format!("{percent} is more than 100 percent"))
    }
}

impl From<Weight> for u8 {
    fn from(weight: Weight) -> Self {
        weight.percent()
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// One change of the alias during `AllowTraffic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficStep {
    /// How long after the start of `AllowTraffic` the change happens.
    pub at: Duration,
    /// The share of the target version from then on.
    pub weight: Weight,
}
