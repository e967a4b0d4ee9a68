//! Commands that somebody ends: from the terminal, or as a service is stopped.

use std::io;

use anyhow::{Context as _, Result, bail};

/// Does a command's work, for as long as nobody wants it to end; what it has started ends with it.
///
/// # Errors
/// The work's own, or that it was interrupted: the command tells of both in the same forms.
pub(crate) async fn unless_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        interrupted = interrupted() => {
            interrupted.context("cannot wait for signals")?;
            bail!("interrupted")
        }
        done = work => done,
    }
}

/// Waits until somebody wants the command to end.
#[cfg(unix)]
pub(crate) async fn interrupted() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate, mut hangup) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    );
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) async fn interrupted() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
