//! Exit statuses, the same for every command.

use std::process::ExitCode;

use serde::Serialize;

/// What a command has found, as a process says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Exit {
    /// 0
    WouldShip,
    /// 1
    WouldRollBack,
    /// 2
    Undecided,
}

impl Exit {
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::WouldShip => 0,
            Self::WouldRollBack => 1,
            Self::Undecided => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}
