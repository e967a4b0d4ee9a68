//! Exit statuses, the same for every command.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::Format;

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
        extended(json!({ "exitStatus": self.status() }), members)
    }
}

/// Tells of an error on `out` whoever reads documents: machines get one in any case. It has these members, too, where a
/// reader looks for what the command would have found. People are told on stderr, by whoever gets the error.
pub(crate) fn write_error(
    error: &anyhow::Error,
    format: Format,
    members: Value,
    out: &mut impl Write,
) -> io::Result<()> {
    if format == Format::Text {
        return Ok(());
    }
    let error = json!({ "error": format!("{error:#}") });
    let document = Exit::Undecided.document(extended(error, members));
    writeln!(out, "{document:#}")
}

/// Both are objects.
fn extended(mut document: Value, members: Value) -> Value {
    if let (Some(document), Value::Object(members)) = (document.as_object_mut(), members) {
        document.extend(members);
    }
    document
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}
