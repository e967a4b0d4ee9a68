//! How far a deployment is.

use serde::{Deserialize, Serialize};

/// `deploymentInfo.status`, as far as a Lambda deployment goes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeploymentStatus {
    /// Accepted, not begun.
    Created,
    /// Running.
    InProgress,
    /// Ended well.
    Succeeded,
    /// Ended by a hook, the configuration, or a refused call.
    Failed,
    /// Ended by an alarm or by `StopDeployment`.
    Stopped,
}

impl DeploymentStatus {
    /// The status as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }

    /// Whether the deployment has ended.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Created | Self::InProgress => false,
            Self::Succeeded | Self::Failed | Self::Stopped => true,
        }
    }
}
