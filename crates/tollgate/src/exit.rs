//! Exit statuses, the same for every command.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

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

    /// What machines are told: the status, and these members of an object.
    pub(crate) fn document(self, members: Value) -> Value {
        let mut document = json!({ "exitStatus": self.status() });
        if let (Some(document), Value::Object(members)) = (document.as_object_mut(), members) {
            document.extend(members);
        }
        document
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}
