//! Deployment configurations: how fast traffic moves.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::weight::{TrafficStep, Weight};

/// The longest time between the first and the last shift of traffic, in minutes (user guide, "Limits").
const MAX_SHIFT_MINUTES: i32 = 2880;
const PREDEFINED_PREFIX: &str = "CodeDeployDefault.";

/// The predefined Lambda configurations: names from `list-deployment-configs`, values from the user guide.
const PREDEFINED: [(&str, TrafficRouting); 9] = [
    ("LambdaAllAtOnce", TrafficRouting::AllAtOnce),
    ("LambdaCanary10Percent5Minutes", canary(10, 5)),
    ("LambdaCanary10Percent10Minutes", canary(10, 10)),
    ("LambdaCanary10Percent15Minutes", canary(10, 15)),
    ("LambdaCanary10Percent30Minutes", canary(10, 30)),
    ("LambdaLinear10PercentEvery1Minute", linear(10, 1)),
    ("LambdaLinear10PercentEvery2Minutes", linear(10, 2)),
    ("LambdaLinear10PercentEvery3Minutes", linear(10, 3)),
    ("LambdaLinear10PercentEvery10Minutes", linear(10, 10)),
];

/// A deployment configuration of the Lambda compute platform; valid by construction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Named")]
pub struct DeploymentConfig {
    name: String,
    routing: TrafficRouting,
}

/// A configuration as it is kept, before it is known to be valid.
#[derive(Deserialize)]
struct Named {
    name: String,
    routing: TrafficRouting,
}

impl TryFrom<Named> for DeploymentConfig {
    type Error = ConfigError;

    fn try_from(Named { name, routing }: Named) -> Result<Self, Self::Error> {
        let predefined = Self::predefined(&name).filter(|known| known.routing == routing);
        if let Some(predefined) = predefined {
            return Ok(predefined);
        }
        match routing {
            TrafficRouting::AllAtOnce => Self::custom_all_at_once(&name),
            TrafficRouting::TimeBasedCanary {
                percentage,
                interval_minutes,
            } => Self::custom_canary(&name, percentage.into(), interval_minutes.into()),
            TrafficRouting::TimeBasedLinear {
                percentage,
                interval_minutes,
            } => Self::custom_linear(&name, percentage.into(), interval_minutes.into()),
        }
    }
}

/// How traffic moves, CodeDeploy's `trafficRoutingConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrafficRouting {
    /// Everything in one step.
    AllAtOnce,
    /// A first share at once, the rest after the interval.
    TimeBasedCanary {
        /// `canaryPercentage`, 1 to 99.
        percentage: u8,
        /// `canaryInterval` in minutes, 1 to 2880.
        interval_minutes: u16,
    },
    /// Equal shares, the first at once and one more at the start of each interval.
    TimeBasedLinear {
        /// `linearPercentage`, 1 to 99.
        percentage: u8,
        /// `linearInterval` in minutes.
        interval_minutes: u16,
    },
}

/// Why a custom configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The name is empty.
    #[error("the deployment configuration name was not specified")]
    NameRequired,
    /// The name is longer than 100 characters, has a character outside `[A-Za-z0-9+=,.@_-]`, or starts like a predefined one.
    #[error("the deployment configuration name {0:?} was specified in an invalid format")]
    InvalidName(String),
    /// The percentage is not in 1 to 99.
    #[error("the percentage must be from 1 to 99, but is {0}")]
    Percentage(i32),
    /// The interval is below one minute, or the shift would take longer than 2880 minutes.
    #[error("the interval must be from 1 to {max} minutes, but is {interval}")]
    Interval {
        /// What was asked for, in minutes.
        interval: i32,
        /// The longest interval for this percentage, in minutes.
        max: i32,
    },
}

impl ConfigError {
    /// The name of the exception that `CreateDeploymentConfig` raises.
    pub fn exception(&self) -> &'static str {
        match self {
            Self::NameRequired => "DeploymentConfigNameRequiredException",
            Self::InvalidName(_) => "InvalidDeploymentConfigNameException",
            Self::Percentage(_) | Self::Interval { .. } => {
                "InvalidTrafficRoutingConfigurationException"
            }
        }
    }
}

impl DeploymentConfig {
    /// The configuration that rollbacks use, `CodeDeployDefault.LambdaAllAtOnce`.
    pub fn lambda_all_at_once() -> Self {
        Self::from_table(PREDEFINED[0])
    }

    /// The nine predefined configurations, in the order of the user guide.
    pub fn all_predefined() -> Vec<Self> {
        PREDEFINED.into_iter().map(Self::from_table).collect()
    }

    /// The predefined configuration of this full name, for example `CodeDeployDefault.LambdaAllAtOnce`.
    pub fn predefined(name: &str) -> Option<Self> {
        let short = name.strip_prefix(PREDEFINED_PREFIX)?;
        let entry = PREDEFINED.into_iter().find(|(name, _)| *name == short)?;
        Some(Self::from_table(entry))
    }

    /// The predefined configuration that SAM's `DeploymentPreference` calls by this `Type`, for example `Canary10Percent5Minutes`.
    ///
    /// SAM passes any other `Type` through as the name of a custom configuration.
    pub fn from_sam_type(sam_type: &str) -> Option<Self> {
        Self::predefined(&format!("{PREDEFINED_PREFIX}Lambda{sam_type}"))
    }

    /// A custom configuration that moves all traffic at once.
    ///
    /// # Errors
    /// [`ConfigError`] when the name is not acceptable.
    pub fn custom_all_at_once(name: &str) -> Result<Self, ConfigError> {
        Self::custom(name, TrafficRouting::AllAtOnce)
    }

    /// A custom canary: `percentage` percent at once, the rest after `interval` minutes.
    ///
    /// # Errors
    /// [`ConfigError`] when the name is not acceptable, or a number is out of range.
    pub fn custom_canary(name: &str, percentage: i32, interval: i32) -> Result<Self, ConfigError> {
        let percentage = checked_percentage(percentage)?;
        let interval_minutes = checked_interval(interval, MAX_SHIFT_MINUTES)?;
        Self::custom(name, canary(percentage, interval_minutes))
    }

    /// A custom linear shift: `percentage` percent at once and as much again every `interval` minutes.
    ///
    /// The interval is limited to 2880 minutes divided by 100 ÷ `percentage`, rounded down: 720 at 25 %, and 960 at
    /// 33 % (user guide, "Limits"; measured by the cdk_preflight rules: 2880 at 99 %, 1440 at 50 %, 960 at 33 %,
    /// 288 at 10 %, 28 at 1 %, and not a minute more).
    ///
    /// # Errors
    /// [`ConfigError`] when the name is not acceptable, or a number is out of range.
    pub fn custom_linear(name: &str, percentage: i32, interval: i32) -> Result<Self, ConfigError> {
        let percentage = checked_percentage(percentage)?;
        let shifts = i32::from(100 / percentage);
        let interval_minutes = checked_interval(interval, MAX_SHIFT_MINUTES / shifts)?;
        Self::custom(name, linear(percentage, interval_minutes))
    }

    /// The full name, `CodeDeployDefault.…` for a predefined one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How traffic moves.
    pub fn traffic_routing(&self) -> TrafficRouting {
        self.routing
    }

    /// When which share is reached: rising weights, the first at zero, the last one 100 %.
    ///
    /// Linear steps come at the start of each increment, so ten steps span nine intervals.
    /// A percentage that does not divide 100 leaves a smaller last step.
    pub fn schedule(&self) -> Vec<TrafficStep> {
        let (percentage, interval_minutes, steps) = match self.routing {
            TrafficRouting::AllAtOnce => (100, 0, 1),
            TrafficRouting::TimeBasedCanary {
                percentage,
                interval_minutes,
            } => (percentage, interval_minutes, 2),
            TrafficRouting::TimeBasedLinear {
                percentage,
                interval_minutes,
            } => (percentage, interval_minutes, 100_u8.div_ceil(percentage)),
        };
        let interval = Duration::from_secs(60) * u32::from(interval_minutes);
        (0..steps)
            .map(|step| TrafficStep {
                at: interval * u32::from(step),
                weight: if step + 1 == steps {
                    Weight::FULL
                } else {
                    Weight::new(percentage * (step + 1)).unwrap_or(Weight::FULL)
                },
            })
            .collect()
    }

    fn custom(name: &str, routing: TrafficRouting) -> Result<Self, ConfigError> {
        if name.is_empty() {
            return Err(ConfigError::NameRequired);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
        if name.len() > 100 || !name.chars().all(allowed) || name.starts_with(PREDEFINED_PREFIX) {
            return Err(ConfigError::InvalidName(name.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            routing,
        })
    }

    fn from_table((name, routing): (&str, TrafficRouting)) -> Self {
        Self {
            name: format!("{PREDEFINED_PREFIX}{name}"),
            routing,
        }
    }
}

const fn canary(percentage: u8, interval_minutes: u16) -> TrafficRouting {
    TrafficRouting::TimeBasedCanary {
        percentage,
        interval_minutes,
    }
}

const fn linear(percentage: u8, interval_minutes: u16) -> TrafficRouting {
    TrafficRouting::TimeBasedLinear {
        percentage,
        interval_minutes,
    }
}

fn checked_percentage(percentage: i32) -> Result<u8, ConfigError> {
    match u8::try_from(percentage) {
        Ok(checked @ 1..=99) => Ok(checked),
        _ => Err(ConfigError::Percentage(percentage)),
    }
}

fn checked_interval(interval: i32, max: i32) -> Result<u16, ConfigError> {
    match u16::try_from(interval) {
        Ok(checked) if (1..=max).contains(&interval) => Ok(checked),
        _ => Err(ConfigError::Interval { interval, max }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_checked_again() {
        let check = |kept: &str, valid: bool| {
            let read = serde_json::from_str::<DeploymentConfig>(kept);
            assert_eq!(read.is_ok(), valid, "{kept}: {read:?}");
        };
        for config in DeploymentConfig::all_predefined() {
            check(&serde_json::to_string(&config).unwrap(), true);
        }
        let linear = |percentage: u8| {
            format!(
                r#"{{"name":"mine","routing":{{"TimeBasedLinear":{{"percentage":{percentage},"interval_minutes":1}}}}}}"#
            )
        };
        check(&linear(30), true);
        check(&linear(0), false);
        check(r#"{"name":"mine","routing":"AllAtOnce"}"#, true);
        check(r#"{"name":"","routing":"AllAtOnce"}"#, false);
        check(
            r#"{"name":"CodeDeployDefault.LambdaCanary10Percent5Minutes","routing":"AllAtOnce"}"#,
            false,
        );
    }
}
