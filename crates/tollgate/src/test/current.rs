//! The version that the tested one is compared with.

use anyhow::{Result, bail};
use aws_config::SdkConfig;
use hooks::{Alias, CallErrorKind, Client};

use crate::aws;
use crate::function_reference::{FunctionReference, is_version};

/// A version, as it was named.
#[derive(Clone, Debug)]
pub(super) struct Current {
    /// The version or alias of `--compare`.
    pub(super) qualifier: String,
    /// The version that it is.
    pub(super) version: String,
}

impl Current {
    /// Finds which version `qualifier` is: only answers of one version can be compared.
    ///
    /// # Errors
    /// It is an alias that is not there, cannot be read, or sends its traffic to two versions.
    pub(super) async fn resolve(
        config: &SdkConfig,
        reference: &FunctionReference,
        qualifier: &str,
    ) -> Result<Self> {
        let named = |version: &str| Self {
            qualifier: qualifier.to_owned(),
            version: version.to_owned(),
        };
        if is_version(qualifier) {
            return Ok(named(qualifier));
        }
        let FunctionReference { address, name, .. } = reference;
        let place = aws::place(config);
        let alias = match Client::new(config).alias(address, qualifier).await {
            Ok(alias) => alias,
            Err(error) => match error.kind {
                CallErrorKind::NotFound => bail!(
                    "--compare {qualifier}: {name} has no such version or alias in {place}: {error}; check the names, \
                     --region, --profile and --endpoint-url"
                ),
                CallErrorKind::AccessDenied => bail!(
                    "--compare {qualifier}: {error}; allow {} on {address} to your role or user, or give --compare the \
                     number of a version",
                    error.action
                ),
                _ => bail!(
                    "--compare {qualifier}: cannot read which version it is in {place}: {error}; check the network, \
                     --region and --endpoint-url, or give the number of a version"
                ),
            },
        };
        let Alias {
            function_version,
            additional_version_weights: weights,
        } = alias;
        if !weights.is_empty() {
            let mut others: Vec<String> = weights
                .iter()
                .map(|(version, weight)| format!("{:.0} % to version {version}", weight * 100.0))
                .collect();
            others.sort_unstable();
            bail!(
                "--compare {qualifier}: the alias sends its traffic to version {function_version} and {}, and only one \
                 version can be compared with: give its number",
                others.join(", ")
            );
        }
        Ok(named(&function_version))
    }
}
