//! The alias: what it must look like before a deployment, and what a deployment writes.

use std::collections::BTreeMap;

use crate::config::TrafficRouting;
use crate::error::{ALIAS_VERSION_MISMATCH, ErrorInformation, FUNCTION_NAME_EMPTY};
use crate::spec::DeploymentSpec;
use crate::weight::Weight;

/// Where an alias sends its traffic: the part of `GetAlias` and `UpdateAlias` that CodeDeploy uses.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasRouting {
    /// `FunctionVersion`, which gets the traffic that no other version gets.
    pub function_version: String,
    /// `RoutingConfig.AdditionalVersionWeights`, fractions from 0 to 1; empty when there is no `RoutingConfig`.
    ///
    /// In an update an empty map is to be sent, not left out, so that leftover weights are cleared.
    pub additional_version_weights: BTreeMap<String, f64>,
}

impl AliasRouting {
    /// All traffic on `version`.
    pub fn to_version(version: &str) -> Self {
        Self {
            function_version: version.to_owned(),
            additional_version_weights: BTreeMap::new(),
        }
    }

    /// What CodeDeploy writes for `weight`: 100 % flips the version and clears the weights in one update.
    pub(crate) fn at(spec: &DeploymentSpec, weight: Weight) -> Self {
        if weight == Weight::FULL {
            return Self::to_version(&spec.target_version);
        }
        Self {
            function_version: spec.current_version.clone(),
            additional_version_weights: BTreeMap::from([(
                spec.target_version.clone(),
                weight.fraction(),
            )]),
        }
    }
}

/// The checks that need only the AppSpec.
pub(crate) fn check_spec(spec: &DeploymentSpec) -> Result<(), ErrorInformation> {
    if let Some(fault) = &spec.appspec_fault {
        return Err(ErrorInformation::invalid_lambda_configuration(Some(fault)));
    }
    if spec.function.is_empty() {
        return Err(ErrorInformation::invalid_lambda_configuration(Some(
            FUNCTION_NAME_EMPTY,
        )));
    }
    let all_at_once = spec.config.traffic_routing() == TrafficRouting::AllAtOnce;
    let same = spec.current_version == spec.target_version;
    if !is_version(&spec.current_version)
        || !is_version(&spec.target_version)
        || (same && !all_at_once)
    {
        return Err(ErrorInformation::invalid_lambda_configuration(None));
    }
    Ok(())
}

/// The checks of a deployment against the alias as it is.
pub(crate) fn check_alias(
    spec: &DeploymentSpec,
    alias: &AliasRouting,
) -> Result<(), ErrorInformation> {
    if alias.function_version != spec.current_version {
        return Err(ErrorInformation::invalid_lambda_configuration(Some(
            ALIAS_VERSION_MISMATCH,
        )));
    }
    if !alias.additional_version_weights.is_empty() {
        return Err(ErrorInformation::invalid_lambda_configuration(None));
    }
    Ok(())
}

/// The check of a rollback, which finds the alias wherever the failed deployment left it.
///
/// An alias at neither version was moved by someone else, and stays there.
pub(crate) fn check_alias_for_rollback(
    spec: &DeploymentSpec,
    alias: &AliasRouting,
) -> Result<(), ErrorInformation> {
    if [&spec.current_version, &spec.target_version].contains(&&alias.function_version) {
        Ok(())
    } else {
        Err(ErrorInformation::invalid_lambda_configuration(Some(
            ALIAS_VERSION_MISMATCH,
        )))
    }
}

/// Whether the text is a published version's number: never `$LATEST`, no sign, no leading zero.
fn is_version(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit())
}
