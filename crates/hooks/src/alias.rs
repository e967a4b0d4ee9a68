//! Whether the traffic has really moved: what a PostTraffic hook looks at first.

use crate::ports::{Alias, CallError, GetAlias};
use crate::target::{Target, is_version};

#[derive(Debug, thiserror::Error)]
pub(crate) enum AliasError {
    #[error("cannot read where alias {alias} of {function} points")]
    Call {
        function: String,
        alias: String,
        source: CallError,
    },
    #[error(
        "alias {alias} of {function} points at version {found}, not at the target version {expected}"
    )]
    ElsewhereThan {
        function: String,
        alias: String,
        found: String,
        expected: String,
    },
    #[error("alias {alias} of {function} points at {found}, which is not a published version")]
    NotAVersion {
        function: String,
        alias: String,
        found: String,
    },
    #[error(
        "alias {alias} of {function} points at version {version} but still sends traffic elsewhere ({weights})"
    )]
    Weighted {
        function: String,
        alias: String,
        version: String,
        weights: String,
    },
}

/// Reads the target's alias, which its qualifier names, and returns the one version that it points at.
///
/// # Errors
///
/// The alias cannot be read, points at another version than the target, or has weights left.
pub(crate) async fn settled(lambda: &impl GetAlias, target: &Target) -> Result<String, AliasError> {
    let function = target.function.clone();
    let alias = target.qualifier.clone();
    let Alias {
        function_version: found,
        additional_version_weights: weights,
    } = match lambda.get_alias(&target.address, &alias).await {
        Ok(found) => found,
        Err(source) => {
            return Err(AliasError::Call {
                function,
                alias,
                source,
            });
        }
    };
    if let Some(expected) = target
        .target_version
        .clone()
        .filter(|version| *version != found)
    {
        return Err(AliasError::ElsewhereThan {
            function,
            alias,
            found,
            expected,
        });
    }
    if !is_version(&found) {
        return Err(AliasError::NotAVersion {
            function,
            alias,
            found,
        });
    }
    if !weights.is_empty() {
        let mut weights: Vec<String> = weights
            .iter()
            .map(|(version, weight)| format!("version {version}: {} %", weight * 100.0))
            .collect();
        weights.sort();
        return Err(AliasError::Weighted {
            function,
            alias,
            version: found,
            weights: weights.join(", "),
        });
    }
    Ok(found)
}
