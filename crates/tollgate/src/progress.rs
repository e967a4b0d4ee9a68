//! Signs of life of commands that take longer than a moment: a line that changes for people at a terminal, a line
//! now and then for logs.

use std::io::{self, IsTerminal as _, Write};
use std::pin::pin;
use std::time::{Duration, Instant};

/// How often the line of a terminal may change.
const PERIOD: Duration = Duration::from_secs(1);

/// How often a log gets another line.
const LOG_PERIOD: Duration = Duration::from_secs(30);

pub(crate) struct Progress<'a> {
    err: &'a mut dyn Write,
    is_terminal: bool,
    last: Instant,
    /// Whether the terminal's last line is ours.
    shown: bool,
}

impl<'a> Progress<'a> {
    /// Shows nothing before the first period has passed.
    pub(crate) fn on(err: &'a mut dyn Write) -> Self {
        Self {
            err,
            is_terminal: io::stderr().is_terminal(),
            last: Instant::now(),
            shown: false,
        }
    }

    /// Says what `text` yields, when it is time.
    pub(crate) fn show(&mut self, text: impl FnOnce() -> String) -> io::Result<()> {
        let period = if self.is_terminal { PERIOD } else { LOG_PERIOD };
        if self.last.elapsed() < period {
            return Ok(());
        }
        self.last = Instant::now();
        if self.is_terminal {
            self.shown = true;
            write!(self.err, "\r\x1b[K{}", text())?;
        } else {
            writeln!(self.err, "{}", text())?;
        }
        self.err.flush()
    }

    /// Does `work`, with signs of life while it takes long: what `text` yields then.
    pub(crate) async fn during<T>(
        &mut self,
        text: impl Fn() -> String,
        work: impl Future<Output = T>,
    ) -> io::Result<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(PERIOD) => self.show(&text)?,
            }
        }
    }
}

/// The same for a command that does nothing else.
pub(crate) async fn during<T>(
    err: &mut dyn Write,
    text: impl Fn() -> String,
    work: impl Future<Output = T>,
) -> io::Result<T> {
    Progress::on(err).during(text, work).await
}

impl Progress<'_> {
    /// Takes the line away, before something else is written to the terminal.
    pub(crate) fn clear(&mut self) {
        if self.shown {
            self.shown = false;
            // The line is only in the way; more cannot be done about it.
            let _ = write!(self.err, "\r\x1b[K").and_then(|()| self.err.flush());
        }
    }
}

impl Drop for Progress<'_> {
    /// Takes the line away, however the command ends.
    fn drop(&mut self) {
        self.clear();
    }
}
