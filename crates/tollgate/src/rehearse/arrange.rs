//! What a scenario changes in the stack before anything of it is deployed.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use emulator::template::{
    AlarmRef, AlarmRule, DeploymentPreference, Function, MetricAlarm, MetricRule, Stack,
};

use super::scenario::{Scenario, Twist};

/// Changes in `stack` what `scenario` has otherwise about the deployment of the function `gated` (logical id); `versions`
/// are those that are deployed, by logical id.
pub(crate) fn arrange(
    stack: &mut Stack,
    gated: &str,
    versions: &BTreeMap<String, String>,
    scenario: &Scenario,
) -> Result<()> {
    let function = function(stack, gated)?;
    let preference = preference(function)?;
    if let Some(deployment_type) = scenario.deployment_type {
        deployment_type.clone_into(&mut preference.deployment_type);
    }
    match scenario.twist {
        Some(Twist::HookNotInvocable) => rename_pre_traffic(stack, gated),
        Some(Twist::Tripwire) => {
            let version = versions
                .get(gated)
                .with_context(|| format!("{gated}: the function has no version"))?;
            set_tripwires(stack, gated, version)
        }
        _ => Ok(()),
    }
}

fn function<'a>(stack: &'a mut Stack, id: &str) -> Result<&'a mut Function> {
    let mut functions = stack.functions.iter_mut();
    functions
        .find(|function| function.logical_id == id)
        .with_context(|| format!("{id}: the stack has no such function"))
}

fn preference(function: &mut Function) -> Result<&mut DeploymentPreference> {
    let id = &function.logical_id;
    function
        .deployment_preference
        .as_mut()
        .with_context(|| format!("{id}: the function has no DeploymentPreference"))
}

/// Gives the PreTraffic hook a name that the managed policy of CodeDeploy's service role does not cover.
fn rename_pre_traffic(stack: &mut Stack, gated: &str) -> Result<()> {
    let preference = Some(preference(function(stack, gated)?)?)
        .filter(|preference| !preference.custom_role)
        .context(
            "the DeploymentPreference has a Role of its own: what it may invoke is not known here",
        )?;
    let hook = preference
        .pre_traffic
        .as_mut()
        .context("the function has no PreTraffic hook that could have another name")?;
    hook.function_name = format!("NotA{}", hook.function_name);
    let (id, name) = (hook.in_template.clone(), hook.function_name.clone());
    if let Some(function) = stack
        .functions
        .iter_mut()
        .find(|function| Some(&function.logical_id) == id.as_ref())
    {
        function.name = name;
    }
    Ok(())
}

/// Puts the alarms that everybody copies in place of the deployment's own: errors in two consecutive minutes, through
/// the alias in whichever version, and in the new version.
///
/// Source: docs/safe_lambda_deployments.rst of the SAM repository.
fn set_tripwires(stack: &mut Stack, gated: &str, version: &str) -> Result<()> {
    let function = function(stack, gated)?;
    let (name, place) = (function.name.clone(), function.place.clone());
    let alias = function.auto_publish_alias.clone().unwrap_or_default();
    let resource = format!("{name}:{alias}");
    let alarms = [("tripwire", None), ("new-version-tripwire", Some(version))];
    let alarms = alarms.map(|(suffix, version)| {
        let function = ("FunctionName".to_owned(), name.clone());
        let resource = ("Resource".to_owned(), resource.clone());
        let version = version.map(|version| ("ExecutedVersion".to_owned(), version.to_owned()));
        MetricAlarm {
            logical_id: suffix.to_owned(),
            name: format!("{name}-{alias}-{suffix}"),
            rule: AlarmRule::Metric(Box::new(MetricRule {
                namespace: "AWS/Lambda".to_owned(),
                metric_name: "Errors".to_owned(),
                dimensions: [function, resource].into_iter().chain(version).collect(),
                statistic: "Sum".to_owned(),
                period: Duration::from_secs(60),
                evaluation_periods: 2,
                datapoints_to_alarm: None,
                threshold: 0.0,
                comparison_operator: "GreaterThanThreshold".to_owned(),
                treat_missing_data: Some("notBreaching".to_owned()),
            })),
            place: place.clone(),
        }
    });
    preference(function)?.alarms = alarms
        .iter()
        .map(|alarm| AlarmRef {
            name: alarm.name.clone(),
            in_template: true,
            place: alarm.place.clone(),
        })
        .collect();
    stack.alarms.extend(alarms);
    Ok(())
}
