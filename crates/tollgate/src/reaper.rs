//! The process that ends what the emulator leaves behind when it is killed.

use std::env;
use std::io::{self, Write};
use std::process::Command;

use anyhow::Result;
use emulator::{CodeStore, Reaper};

use crate::exit::Exit;

/// Starts it for an emulator whose code is in `store`; without it everything works but the end by SIGKILL, so that its
/// absence is only said.
pub(crate) fn start(store: &CodeStore, err: &mut impl Write) -> Result<Option<Reaper>> {
    let started = env::current_exe().and_then(|program| {
        let mut command = Command::new(program);
        // It must not keep a directory from being removed.
        command.arg("reap").current_dir("/");
        Reaper::start(command)
    });
    match started {
        Ok(reaper) => {
            if let Some(directory) = store.temporary_directory() {
                reaper.directory(directory);
            }
            Ok(Some(reaper))
        }
        Err(error) => {
            writeln!(
                err,
                "warning: functions may outlive this process if it is killed: cannot start what would end them: {error}"
            )?;
            Ok(None)
        }
    }
}

/// Is it.
pub(crate) fn reap() -> Result<Exit> {
    emulator::reap(io::stdin().lock())?;
    Ok(Exit::WouldShip)
}
