//! Whether the traffic has really moved: what a PostTraffic hook looks at first.

use crate::ports::{Alias, CallError, GetAlias};
use crate::target::{Target, is_version};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

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

impl AliasError {
    /// Whether the alias may look different a moment later.
    fn may_pass(&self) -> bool {
        match self {
            Self::ElsewhereThan { .. } | Self::Weighted { .. } => true,
            Self::Call { .. } | Self::NotAVersion { .. } => false,
        }
    }
}

/// Reads the target's alias, which its qualifier names, and returns the one version that it points at.
///
/// The hook may be faster than what it is told about: an alias that does not point there yet, or has weights left, is
/// read again until `patience` is over.
///
/// # Errors
///
/// The alias cannot be read, points at another version than the target, or has weights left.
pub(crate) async fn settled(
    lambda: &impl GetAlias,
    target: &Target,
    patience: Duration,
) -> Result<String, AliasError> {
    let until = Instant::now() + patience;
    let mut wait = FIRST_WAIT;
    loop {
        match read(lambda, target).await {
            Err(error) if error.may_pass() && Instant::now() + wait <= until => {
                tracing::warn!(%error, "reading the alias again");
                sleep(wait).await;
                wait = LONGEST_WAIT.min(wait * 2);
            }
            result => return result,
        }
    }
}

async fn read(lambda: &impl GetAlias, target: &Target) -> Result<String, AliasError> {
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
