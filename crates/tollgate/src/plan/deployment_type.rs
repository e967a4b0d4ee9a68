//! Deployment types by SAM's names.

use deployment::{ConfigError, DeploymentConfig};
use emulator::template::suggest;
use evidence::plan::{PlanError, Schedule};

const PREFIX: &str = "CodeDeployDefault.Lambda";

/// A way to shift traffic gradually.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeploymentType {
    /// As SAM's `DeploymentPreference` calls it.
    pub(super) name: String,
    /// CodeDeploy's name of the configuration; `None` of one that is yet to be defined.
    pub(super) deployment_config: Option<String>,
    pub(super) schedule: Schedule,
}

impl DeploymentType {
    /// Those that CodeDeploy predefines.
    pub(super) fn predefined() -> Vec<Self> {
        let all = DeploymentConfig::all_predefined();
        all.iter()
            // All but AllAtOnce, which has no schedule.
            .filter_map(|config| Self::of(config).ok())
            .collect()
    }

    /// A predefined type, by SAM's name or CodeDeploy's, or a custom one of that form.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let name = text.trim();
        let config = DeploymentConfig::predefined(name)
            .or_else(|| DeploymentConfig::from_sam_type(name))
            .map_or_else(|| custom(name), |config| Some(Ok(config)));
        match config {
            Some(Ok(config)) => Self::of(&config).map_err(|error| error.to_string()),
            Some(Err(error)) => Err(error.to_string()),
            None => {
                let hint = suggest(name)
                    .map_or_else(String::new, |closest| format!(": did you mean {closest}?"));
                Err(format!(
                    "there is no such deployment type{hint}; one of your own reads Canary25Percent15Minutes or \
                     Linear20PercentEvery2Minutes"
                ))
            }
        }
    }

    fn of(config: &DeploymentConfig) -> Result<Self, PlanError> {
        let steps = config.schedule().into_iter();
        let predefined = config.name().strip_prefix(PREFIX);
        Ok(Self {
            name: predefined.unwrap_or(config.name()).to_owned(),
            deployment_config: predefined.map(|_| config.name().to_owned()),
            schedule: Schedule::new(steps.map(|step| (step.at, step.weight.fraction())))?,
        })
    }

    /// How long the shift takes.
    pub(super) fn minutes(&self) -> u64 {
        self.schedule.duration().as_secs() / 60
    }
}

/// A configuration that is named like the predefined ones; `None` of another name.
fn custom(name: &str) -> Option<Result<DeploymentConfig, ConfigError>> {
    let number = |text: &str| text.parse::<i32>().ok();
    let (percentage, interval) = name
        .strip_prefix("Canary")
        .or_else(|| name.strip_prefix("Linear"))?
        .split_once("Percent")?;
    let interval = interval
        .strip_suffix("Minutes")
        .or_else(|| interval.strip_suffix("Minute"))?;
    let percentage = number(percentage)?;
    if name.starts_with("Canary") {
        let interval = number(interval)?;
        Some(DeploymentConfig::custom_canary(name, percentage, interval))
    } else {
        let interval = number(interval.strip_prefix("Every")?)?;
        Some(DeploymentConfig::custom_linear(name, percentage, interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eight_that_shift_gradually() {
        let names: Vec<_> = DeploymentType::predefined()
            .into_iter()
            .map(|found| (found.name.clone(), found.minutes()))
            .collect();
        let expected = [
            ("Canary10Percent5Minutes", 5),
            ("Canary10Percent10Minutes", 10),
            ("Canary10Percent15Minutes", 15),
            ("Canary10Percent30Minutes", 30),
            ("Linear10PercentEvery1Minute", 9),
            ("Linear10PercentEvery2Minutes", 18),
            ("Linear10PercentEvery3Minutes", 27),
            ("Linear10PercentEvery10Minutes", 90),
        ];
        assert_eq!(
            names,
            expected.map(|(name, minutes)| (name.to_owned(), minutes))
        );
    }

    /// `expected`: name, minutes, whether it is predefined; or a part of the error.
    fn check(text: &str, expected: Result<(&str, u64, bool), &str>) {
        match (DeploymentType::parse(text), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(
                (
                    &*found.name,
                    found.minutes(),
                    found.deployment_config.is_some()
                ),
                expected
            ),
            (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
            (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn names() {
        let ten = Ok(("Canary10Percent10Minutes", 10, true));
        check("Canary10Percent10Minutes", ten);
        check("CodeDeployDefault.LambdaCanary10Percent10Minutes", ten);
        check(
            "Canary25Percent15Minutes",
            Ok(("Canary25Percent15Minutes", 15, false)),
        );
        check(
            "Linear30PercentEvery1Minute",
            Ok(("Linear30PercentEvery1Minute", 3, false)),
        );
        check("AllAtOnce", Err("all traffic moves at once"));
        check(
            "CodeDeployDefault.LambdaAllAtOnce",
            Err("all traffic moves at once"),
        );
        check(
            "Canary10Percent5Minute",
            Ok(("Canary10Percent5Minute", 5, false)),
        );
        check(
            "Canary10Prcent5Minutes",
            Err("did you mean Canary10Percent5Minutes?"),
        );
        check(
            "canary10percent5minutes",
            Err("did you mean Canary10Percent5Minutes?"),
        );
        check("Canary150Percent5Minutes", Err("from 1 to 99, but is 150"));
        check("Canary0Percent5Minutes", Err("from 1 to 99, but is 0"));
        check("Canary10Percent0Minutes", Err("from 1 to 2880 minutes"));
        check("Linear1PercentEvery29Minutes", Err("from 1 to 28 minutes"));
        check(
            "Canary99999999999Percent5Minutes",
            Err("no such deployment type"),
        );
        check("CanaryPercentMinutes", Err("no such deployment type"));
        check("", Err("no such deployment type"));
    }
}
