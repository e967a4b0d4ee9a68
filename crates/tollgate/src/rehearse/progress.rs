//! A progress line for rehearsals that take longer than a second; only people at a terminal see it.

use std::io::{self, IsTerminal as _, Write};
use std::time::{Duration, Instant};

/// How often the line may change.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);

/// The last line of the terminal.
pub(crate) struct Progress<'a> {
    err: &'a mut dyn Write,
    enabled: bool,
    last: Instant,
    shown: bool,
}

impl<'a> Progress<'a> {
    /// Shows nothing before a second has passed.
    pub(crate) fn on(err: &'a mut dyn Write) -> Self {
        Self {
            err,
            enabled: io::stderr().is_terminal(),
            last: Instant::now(),
            shown: false,
        }
    }

    /// Replaces the line by what `text` yields, at most once in a second.
    pub(crate) fn show(&mut self, text: impl FnOnce() -> String) -> io::Result<()> {
        if self.enabled && self.last.elapsed() >= PERIOD {
            self.last = Instant::now();
            self.shown = true;
            write!(self.err, "\r\x1b[K{}", text())?;
            self.err.flush()?;
        }
        Ok(())
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.shown) {
            write!(self.err, "\r\x1b[K")?;
            self.err.flush()?;
        }
        Ok(())
    }
}
