//! Identifiers of deployments and of hook executions.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::lifecycle::LifecycleEventName;

const ID_ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ID_LENGTH: usize = 9;

/// A deployment's identifier: `d-` and nine of `A` to `Z`, `0` to `9`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DeploymentId(String);

/// The text is not a deployment's identifier: `InvalidDeploymentIdException`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deployment ID {0:?} was specified in an invalid format")]
pub struct InvalidDeploymentId(String);

impl DeploymentId {
    /// An identifier made of a random number that the caller supplies; equal numbers give equal identifiers.
    pub fn from_entropy(mut entropy: u64) -> Self {
        let mut id = String::from("d-");
        for _ in 0..ID_LENGTH {
            // The remainder by 36 always has a place in the alphabet and fits every integer type.
            let index = usize::try_from(entropy % 36).unwrap_or_default();
            id.push(char::from(ID_ALPHABET[index]));
            entropy /= 36;
        }
        Self(id)
    }

    /// The identifier as AWS writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeploymentId {
    type Err = InvalidDeploymentId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("d-") {
            Some(rest)
                if rest.len() == ID_LENGTH && rest.bytes().all(|b| ID_ALPHABET.contains(&b)) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidDeploymentId(text.to_owned())),
        }
    }
}

impl TryFrom<String> for DeploymentId {
    type Error = InvalidDeploymentId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `LifecycleEventHookExecutionId` that a hook receives and gives back; opaque to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HookExecutionId(String);

impl HookExecutionId {
    /// The identifier of the one execution of `event`'s hook in `deployment`.
    ///
    /// It has the form of AWS's: base64 of a JSON object with `encryptedData`, `ivParameterSpec` and `materialSetSerial`.
    /// Nothing in it is encrypted; deployment and event alone determine it, so that a rehearsal repeats byte for byte.
    pub(crate) fn of(deployment: &DeploymentId, event: LifecycleEventName) -> Self {
        let data = STANDARD.encode(format!("{deployment} {event}"));
        let iv = STANDARD.encode(deployment.as_str());
        Self(STANDARD.encode(format!(
            r#"{{"encryptedData":"{data}","ivParameterSpec":"{iv}","materialSetSerial":1}}"#
        )))
    }

    /// The identifier as it stands in the hook's payload.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HookExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployment_ids() {
        let check = |text: &str, valid: bool| {
            assert_eq!(text.parse::<DeploymentId>().is_ok(), valid, "{text:?}");
        };
        check("d-0B7YUA91L", true);
        check("d-NV7KPB60K", true);
        check("d-AAAAAAAAA", true);
        check("d-0b7yua91l", false);
        check("d-0B7YUA91", false);
        check("d-0B7YUA91LL", false);
        check("D-0B7YUA91L", false);
        check("0B7YUA91L", false);
        check("d-0B7YUA91É", false);
        check("d-0B7YUA9É", false);
        check(" d-0B7YUA91L", false);
        check("", false);
    }

    #[test]
    fn ids_from_entropy_are_valid_and_follow_the_number() {
        for entropy in [0, 1, 35, 36, u64::MAX / 2, u64::MAX] {
            let id = DeploymentId::from_entropy(entropy);
            assert_eq!(id.as_str().parse(), Ok(id.clone()));
            assert_eq!(id, DeploymentId::from_entropy(entropy));
        }
        assert_ne!(DeploymentId::from_entropy(1), DeploymentId::from_entropy(2));
        assert_eq!(DeploymentId::from_entropy(36).as_str(), "d-ABAAAAAAA");
    }

    #[test]
    fn execution_ids_look_like_those_of_aws() {
        let id = DeploymentId::from_entropy(7);
        let execution = HookExecutionId::of(&id, LifecycleEventName::BeforeAllowTraffic);
        assert!(execution.as_str().starts_with("eyJlbmNyeXB0ZWREYXRhIjoi"));
        let json = String::from_utf8(STANDARD.decode(execution.as_str()).unwrap()).unwrap();
        assert!(json.ends_with(r#","materialSetSerial":1}"#), "{json}");
        assert_ne!(
            execution,
            HookExecutionId::of(&id, LifecycleEventName::AfterAllowTraffic)
        );
        assert_ne!(
            execution,
            HookExecutionId::of(
                &DeploymentId::from_entropy(8),
                LifecycleEventName::BeforeAllowTraffic
            )
        );
    }
}
