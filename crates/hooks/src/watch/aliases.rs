//! Aliases that are named: their own weights say whether they shift.

use super::answer::WatchedAlias;
use super::finding::{Finding, NotKnown, Shift, Since};
use crate::ports::{Alias, GetAlias};
use crate::reason::reason;
use crate::target::is_version;

/// What this alias is doing.
pub(super) async fn find(lambda: &impl GetAlias, alias: &WatchedAlias) -> Finding {
    let read = lambda.get_alias(&alias.function, &alias.alias).await;
    let read = read.map_err(|error| reason(&error));
    match read.and_then(|read| shift(alias, &read)) {
        Ok(Some(shift)) => Finding::Shifting(shift),
        Ok(None) => Finding::Idle(alias.clone()),
        Err(reason) => Finding::NotKnown(NotKnown::alias(alias, reason)),
    }
}

/// The shift that the weights speak of; none where all traffic goes to one version.
fn shift(alias: &WatchedAlias, read: &Alias) -> Result<Option<Shift>, String> {
    let weights = &read.additional_version_weights;
    if let Some((version, weight)) = weights
        .iter()
        .find(|(_, weight)| !(0.0..=1.0).contains(*weight))
    {
        return Err(format!(
            "lambda:GetAlias gives version {version} the weight {weight}, which is not a part of 1"
        ));
    }
    let weighted: Vec<&String> = weights
        .iter()
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(version, _)| version)
        .collect();
    let current_version = &read.function_version;
    match weighted.as_slice() {
        [] => Ok(None),
        [new_version]
            if is_version(new_version)
                && is_version(current_version)
                && *new_version != current_version =>
        {
            Ok(Some(Shift {
                alias: alias.clone(),
                deployment_id: None,
                current_version: current_version.clone(),
                new_version: (*new_version).clone(),
                since: Since::FirstData,
            }))
        }
        versions => Err(format!(
            "lambda:GetAlias says that it is shared between version {current_version} and {versions:?}, which is no shift from one version to another"
        )),
    }
}
