//! The closed lists of names in CloudWatch's service model.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Declares an enum whose variants have names on the wire.
macro_rules! names {
    ($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_about])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            pub(super) const NAMES: &[&str] = &[$($text),+];

            /// The name in the service model.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The value of that name; `None` when the service model does not have it.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

names! {
    /// The state of an alarm.
    StateValue {
        /// The alarm has just started, the metric is not available, or there is not enough data.
        InsufficientData = "INSUFFICIENT_DATA",
        /// The metric is outside the threshold.
        Alarm = "ALARM",
        /// The metric is within the threshold.
        Ok = "OK",
    }
}

names! {
    /// How the values of a window become one.
    Statistic {
        /// How many values there are.
        SampleCount = "SampleCount",
        /// Their mean.
        Average = "Average",
        /// Their sum.
        Sum = "Sum",
        /// The smallest.
        Minimum = "Minimum",
        /// The largest.
        Maximum = "Maximum",
    }
}

names! {
    /// How a data point is compared with the threshold. The three operators of anomaly detection are
    /// not here: they need a band in place of a threshold.
    ComparisonOperator {
        /// Breaching when at or above the threshold.
        GreaterThanOrEqualToThreshold = "GreaterThanOrEqualToThreshold",
        /// Breaching when above the threshold.
        GreaterThanThreshold = "GreaterThanThreshold",
        /// Breaching when below the threshold.
        LessThanThreshold = "LessThanThreshold",
        /// Breaching when at or below the threshold.
        LessThanOrEqualToThreshold = "LessThanOrEqualToThreshold",
    }
}

names! {
    /// What an alarm makes of a missing data point.
    TreatMissingData {
        /// Taken as breaching.
        Breaching = "breaching",
        /// Taken as not breaching.
        NotBreaching = "notBreaching",
        /// The state is kept.
        Ignore = "ignore",
        /// Counted on neither side; the default.
        Missing = "missing",
    }
}

/// The unit of a metric's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit(&'static str);

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format_args!("{name:?} is no unit"));
        Self::parse(&name).ok_or_else(unknown)
    }
}

impl Unit {
    /// `Count`.
    pub const COUNT: Self = Self("Count");
    /// `Milliseconds`.
    pub const MILLISECONDS: Self = Self("Milliseconds");
    /// `None`: what data points without a unit are kept under.
    pub const NONE: Self = Self("None");

    pub(super) const NAMES: &[&str] = &[
        "Seconds",
        "Microseconds",
        "Milliseconds",
        "Bytes",
        "Kilobytes",
        "Megabytes",
        "Gigabytes",
        "Terabytes",
        "Bits",
        "Kilobits",
        "Megabits",
        "Gigabits",
        "Terabits",
        "Percent",
        "Count",
        "Bytes/Second",
        "Kilobytes/Second",
        "Megabytes/Second",
        "Gigabytes/Second",
        "Terabytes/Second",
        "Bits/Second",
        "Kilobits/Second",
        "Megabits/Second",
        "Gigabits/Second",
        "Terabits/Second",
        "Count/Second",
        "None",
    ];

    /// The unit's name in the service model.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The unit of that name; `None` when the service model does not have it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|known| **known == name)
            .map(|known| Self(known))
    }
}
