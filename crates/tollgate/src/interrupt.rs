//! Somebody wants a command to end.

use std::io;
use std::mem;
use std::pin::pin;

use anyhow::{Context as _, Result, bail};

use crate::progress::Progress;

/// The signals that ask the process to end, from when this is made: none between two waits is lost.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
    /// Whether one has come.
    is_told: bool,
}

impl Interrupts {
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signals: signals().context("cannot wait for signals")?,
            is_told: false,
        })
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> io::Result<()> {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        Ok(())
    }

    /// Waits for the next one.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> io::Result<()> {
        tokio::signal::ctrl_c().await
    }

    /// Does `work`, which is left at once when somebody wants that; what it has started ends with it.
    ///
    /// # Errors
    /// Somebody wanted it.
    pub(crate) async fn unless<T>(&mut self, work: impl Future<Output = T>) -> Result<T> {
        if self.is_told {
            bail!("interrupted");
        }
        tokio::select! {
            biased;
            interrupted = self.next() => {
                interrupted.context("cannot wait for signals")?;
                self.is_told = true;
                bail!("interrupted")
            }
            done = work => Ok(done),
        }
    }

    /// Does `work`, which must not be left in the middle, because nobody would know what it has done: who wants that is told
    /// what is being done, and leaves it with the second time. `None` if it was left.
    pub(crate) async fn reluctantly<T>(
        &mut self,
        progress: &mut Progress<'_>,
        doing: &str,
        work: impl Future<Output = T>,
    ) -> Result<Option<T>> {
        let mut work = pin!(work);
        loop {
            let text = if self.is_told {
                format!("interrupted: {doing} …; once more leaves it as it is")
            } else {
                format!("{doing} …")
            };
            tokio::select! {
                biased;
                interrupted = self.next() => {
                    interrupted.context("cannot wait for signals")?;
                    if mem::replace(&mut self.is_told, true) {
                        return Ok(None);
                    }
                }
                done = progress.during(|| text.clone(), work.as_mut()) => return Ok(Some(done?)),
            }
        }
    }
}

/// Does a command's work, for as long as nobody wants it to end; what it has started ends with it.
///
/// # Errors
/// The work's own, or that it was interrupted: the command tells of both in the same forms.
pub(crate) async fn unless_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    Interrupts::listen()?.unless(work).await?
}

#[cfg(unix)]
fn signals() -> io::Result<[tokio::signal::unix::Signal; 3]> {
    use tokio::signal::unix::{SignalKind, signal};
    Ok([
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ])
}
