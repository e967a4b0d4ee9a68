//! The last resort where the hook's own thread is busy.
//!
//! Judging an answer takes as long as it takes, say by a `$regex` that is slow on a long text, and nothing else goes on
//! meanwhile: no cut-off, no report. A thread of its own acts then, in the time that is kept for reporting.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Called off when this is dropped.
#[derive(Debug)]
pub(crate) struct Watchdog {
    _called_off: Sender<()>,
}

impl Watchdog {
    /// Runs `act` on a thread of its own after this time, by the clock on the wall of the machine: tokio's may not get
    /// to run.
    pub(crate) fn start(after: Duration, act: impl FnOnce() + Send + 'static) -> Self {
        let (called_off, waiting) = channel();
        let watch = move || {
            if waiting.recv_timeout(after) == Err(RecvTimeoutError::Timeout) {
                act();
            }
        };
        // Without another thread there is still the hook's own.
        drop(thread::Builder::new().spawn(watch));
        Self {
            _called_off: called_off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_acts_unless_it_is_called_off() {
        let (acted, act) = channel();
        let watchdog = Watchdog::start(Duration::ZERO, move || acted.send("acted").unwrap());
        assert_eq!(act.recv(), Ok("acted"));
        drop(watchdog);

        let (acted, act) = channel();
        let watchdog = Watchdog::start(Duration::MAX, move || acted.send("acted").unwrap());
        drop(watchdog);
        // The thread has ended, and what it would have done with it.
        assert!(act.recv().is_err());
    }
}
