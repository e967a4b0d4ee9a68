//! The thread that watches the output of all processes.
//!
//! A process that writes a line for each call would otherwise wake a thread that serves calls for each: twice what
//! reading the line takes, for the process, too. So this thread takes what has come together in some milliseconds, and
//! whoever needs all that a process has written until now reads it without being told: see
//! [`Output::catch_up`](super::output::Output::catch_up).

use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

/// How long output may lie in its pipe.
const PAUSE: Duration = Duration::from_millis(10);

/// Whether so much was read that there may be more already.
static HURRY: AtomicBool = AtomicBool::new(false);

/// Makes no pause the next time: a process that writes much would wait for it as often as it fills its pipe.
pub(super) fn hurry() {
    HURRY.store(true, Ordering::Relaxed);
}

/// Where tasks run that watch pipes; the thread is started by the first that asks.
///
/// # Errors
/// When no thread can be started.
pub(super) fn handle() -> io::Result<Handle> {
    static STARTED: Mutex<Option<Handle>> = Mutex::new(None);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*started {
        return Ok(handle.clone());
    }
    let runtime = Builder::new_current_thread()
        .enable_io()
        // Blocking is what it is for: meanwhile nothing that is written wakes anybody.
        .on_thread_unpark(|| {
            if !HURRY.swap(false, Ordering::Relaxed) {
                thread::sleep(PAUSE);
            }
        })
        .build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("function-output".to_owned())
        .spawn(move || runtime.block_on(pending::<()>()))?;
    *started = Some(handle.clone());
    Ok(handle)
}
