//! What has changed on its way to the disk: handed over under the state's lock, written by one thread, many requests
//! in a transaction.
//!
//! A write that fails ends all writing. The state in memory is ahead of the disk then, and every answer could tell of
//! something that will not be there after a restart: the front refuses all requests from there on, reads among them.

use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use deployment::Timestamp;
use redb::Database;
use tokio::sync::watch;

use super::database;
use crate::kept::Change;

/// How long what nobody waits for may stay in memory.
const LATEST: Duration = Duration::from_millis(100);

tokio::task_local! {
    /// The request that runs in this task.
    static REQUEST: Arc<Watched>;
}

/// What a request waits for.
#[derive(Debug)]
struct Watched {
    /// Whether its answer may tell of changes of others, which are to be on disk then as well.
    tells_of_others: bool,
    /// The last change that must be on disk before it is answered.
    last: Mutex<Option<u64>>,
}

/// Where changes are handed over; it lives in the state, so that their order is that of the changes.
#[derive(Debug)]
pub(crate) struct Journal {
    /// `None` once it is closed: what is handed over then is never written, and whoever waits for it learns that.
    sender: Option<Sender<Entry>>,
    handed_over: u64,
    progress: watch::Receiver<Progress>,
}

/// What changed while the state was held once.
#[derive(Debug)]
struct Entry {
    number: u64,
    changes: Vec<Change>,
    now: Timestamp,
    /// Whether a request waits for it.
    is_awaited: bool,
}

/// The thread that writes, as the front sees it.
#[derive(Debug)]
pub(crate) struct Writer {
    progress: watch::Receiver<Progress>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    /// The number of the last entry that is on disk.
    written: u64,
    /// Why nothing is written any more.
    failure: Option<Arc<str>>,
}

/// Begins to write into `database`.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn begin(database: Database) -> std::io::Result<(Journal, Writer)> {
    begin_with(move |changes, now| database::write(&database, changes, now))
}

fn begin_with(
    write: impl Fn(&[Change], Timestamp) -> Result<(), redb::Error> + Send + 'static,
) -> std::io::Result<(Journal, Writer)> {
    let (sender, entries) = channel();
    let (progress_sender, progress) = watch::channel(Progress::default());
    let thread = thread::Builder::new()
        .name("tollgate-state".to_owned())
        .spawn(move || write_all(&entries, &progress_sender, LATEST, write))?;
    let journal = Journal {
        sender: Some(sender),
        handed_over: 0,
        progress: progress.clone(),
    };
    let writer = Writer {
        progress,
        thread: Mutex::new(Some(thread)),
    };
    Ok((journal, writer))
}

impl Journal {
    /// Hands over what has changed by `now`; a request in whose task that happens waits for it before it answers.
    pub(crate) fn hand_over(&mut self, changes: Vec<Change>, now: Timestamp) {
        self.handed_over += 1;
        let number = self.handed_over;
        let is_awaited = REQUEST.try_with(|request| request.set_last(number)).is_ok();
        if let Some(sender) = &self.sender {
            let entry = Entry {
                number,
                changes,
                now,
                is_awaited,
            };
            // It fails where writing has ended, of which the writer tells.
            let _ = sender.send(entry);
        }
    }

    /// A request has looked at the state and changed nothing: it waits where that is not on disk yet what it may have
    /// seen.
    pub(crate) fn looked_at(&mut self, now: Timestamp) {
        let tells = REQUEST.try_with(|request| request.tells_of_others);
        if tells == Ok(true) && self.progress.borrow().written < self.handed_over {
            self.hand_over(Vec::new(), now);
        }
    }

    /// Takes no more.
    pub(crate) fn close(&mut self) {
        self.sender = None;
    }
}

/// Runs a request, and tells which change must be on disk before it is answered: its own last one, or where it
/// `tells_of_others` the last one that it may have seen.
pub(crate) async fn watched<T>(
    request: impl Future<Output = T>,
    tells_of_others: bool,
) -> (T, Option<u64>) {
    let request = async {
        let answer = request.await;
        (answer, REQUEST.with(|request| *request.last()))
    };
    let watched = Watched {
        tells_of_others,
        last: Mutex::new(None),
    };
    REQUEST.scope(Arc::new(watched), request).await
}

/// `work` of the request that runs in this task, to be done by another thread: the request waits for its changes, too.
pub(crate) fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let request = REQUEST.try_with(Arc::clone).ok();
    move || match request {
        Some(request) => REQUEST.sync_scope(request, work),
        None => work(),
    }
}

impl Watched {
    fn last(&self) -> MutexGuard<'_, Option<u64>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_last(&self, number: u64) {
        *self.last() = Some(number);
    }
}

impl Writer {
    /// Why nothing is written any more.
    pub(crate) fn failure(&self) -> Option<Arc<str>> {
        self.progress.borrow().failure.clone()
    }

    /// Waits until the change is on disk.
    ///
    /// # Errors
    /// Why it is not, and will not be.
    pub(crate) async fn written(&self, number: u64) -> Result<(), Arc<str>> {
        let mut progress = self.progress.clone();
        let is_known =
            |progress: &Progress| progress.written >= number || progress.failure.is_some();
        match progress.wait_for(is_known).await {
            Ok(progress) if progress.written >= number => Ok(()),
            Ok(progress) => Err(progress.failure.clone().unwrap_or_else(|| "".into())),
            Err(_) => Err("the emulator is being stopped".into()),
        }
    }

    /// Waits until everything that was handed over is on disk, after [`Journal::close`].
    pub(crate) fn join(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A panic of the thread has told its waiters already.
            let _ = thread.join();
        }
    }
}

/// What goes into the next transaction.
#[derive(Default)]
struct Batch {
    changes: Vec<Change>,
    now: Timestamp,
    number: u64,
    is_awaited: bool,
    since: Option<Instant>,
}

impl Batch {
    fn add(&mut self, entry: Entry) {
        self.changes.extend(entry.changes);
        self.now = entry.now;
        self.number = entry.number;
        self.is_awaited |= entry.is_awaited;
        self.since.get_or_insert_with(Instant::now);
    }

    /// Whether it is written before more is waited for.
    fn is_due(&self, latest: Duration) -> bool {
        self.is_awaited || self.is_late(latest)
    }

    /// Whether what is in it may not stay in memory any longer.
    fn is_late(&self, latest: Duration) -> bool {
        self.since.is_some_and(|since| since.elapsed() >= latest)
    }
}

/// Tells that nothing is written any more also when the thread panics.
struct Told<'a>(&'a watch::Sender<Progress>);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let failure = "the thread that writes it has panicked".into();
            self.0
                .send_modify(|progress| progress.failure = Some(failure));
        }
    }
}

/// Writes what comes, and keeps what nobody waits for in memory for `latest` at most.
fn write_all(
    entries: &Receiver<Entry>,
    progress: &watch::Sender<Progress>,
    latest: Duration,
    write: impl Fn(&[Change], Timestamp) -> Result<(), redb::Error>,
) {
    let mut batch = Batch::default();
    let progress = Told(progress);
    loop {
        let next = match batch.since {
            None => entries.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(since) => entries.recv_timeout(latest.saturating_sub(since.elapsed())),
        };
        let is_last = matches!(next, Err(RecvTimeoutError::Disconnected));
        if let Ok(entry) = next {
            batch.add(entry);
            // Whatever came while the last transaction was written shares the next one.
            while !batch.is_late(latest)
                && let Ok(entry) = entries.try_recv()
            {
                batch.add(entry);
            }
            if !batch.is_due(latest) {
                continue;
            }
        }
        if batch.since.is_some() {
            let batch = mem::take(&mut batch);
            if let Err(error) = write(&batch.changes, batch.now) {
                let failure: Arc<str> = error.to_string().into();
                progress
                    .0
                    .send_modify(|progress| progress.failure = Some(failure));
                return;
            }
            progress
                .0
                .send_modify(|progress| progress.written = batch.number);
        }
        if is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(number: u64) -> Vec<Change> {
        vec![Change {
            collection: "numbers",
            key: number.to_string(),
            record: None,
        }]
    }

    fn at(number: u64) -> Timestamp {
        Timestamp::from_millis(number)
    }

    #[tokio::test]
    async fn what_is_handed_over_is_written_in_order_before_its_request_is_answered() {
        let written = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&written);
        let (journal, writer) = begin_with(move |changes, now| {
            let mut log = log.lock().unwrap();
            log.extend(changes.iter().map(|change| change.key.clone()));
            assert_eq!(
                log.len() as u64,
                now.as_millis(),
                "the time of the last change"
            );
            Ok(())
        })
        .unwrap();
        let journal = Mutex::new(journal);
        for number in 1..=100 {
            let hand_over = async {
                let mut journal = journal.lock().unwrap();
                journal.hand_over(change(number), at(number));
            };
            let (_, last) = watched(hand_over, true).await;
            assert_eq!(last, Some(number));
            if number % 7 == 0 {
                writer.written(number).await.unwrap();
                assert!(written.lock().unwrap().len() as u64 >= number);
            }
        }
        assert_eq!(watched(async {}, true).await, ((), None), "nothing seen");
        // Nobody waits for it, and it is written all the same.
        journal.lock().unwrap().hand_over(change(101), at(101));
        journal.lock().unwrap().close();
        writer.join();
        let expected: Vec<String> = (1..=101).map(|number: u64| number.to_string()).collect();
        assert_eq!(*written.lock().unwrap(), expected);
        journal.lock().unwrap().hand_over(change(102), at(102));
        let lost = writer.written(102).await.unwrap_err();
        assert_eq!(&*lost, "the emulator is being stopped");
    }

    #[tokio::test]
    async fn after_a_failure_nothing_is_acknowledged() {
        let (mut journal, writer) = begin_with(|changes, _| match changes {
            [change] if change.key == "2" => {
                let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
                Err(redb::Error::Io(full))
            }
            _ => Ok(()),
        })
        .unwrap();
        for number in 1..=3 {
            let hand_over = async { journal.hand_over(change(number), at(number)) };
            watched(hand_over, true).await;
            let written = writer.written(number).await;
            assert_eq!(written.is_ok(), number == 1, "{number}: {written:?}");
        }
        let failure = writer.failure().unwrap();
        assert!(failure.contains("no storage space"), "{failure}");
        assert!(
            writer.written(1).await.is_ok(),
            "what was written is written"
        );
    }

    #[tokio::test]
    async fn a_panic_is_a_failure() {
        let (mut journal, writer) = begin_with(|_, _| panic!("as a bug would")).unwrap();
        journal.hand_over(change(1), at(1));
        writer.written(1).await.unwrap_err();
        writer.join();
        let failure = writer.failure().unwrap();
        assert_eq!(&*failure, "the thread that writes it has panicked");
    }

    #[test]
    fn what_nobody_waits_for_is_written_in_time_though_more_has_come() {
        for (latest, expected) in [(Duration::ZERO, 5), (Duration::MAX, 1)] {
            let (sender, entries) = channel();
            for number in 1..=5 {
                let entry = Entry {
                    number,
                    changes: Vec::new(),
                    now: at(number),
                    is_awaited: false,
                };
                sender.send(entry).unwrap();
            }
            drop(sender);
            let written = std::cell::Cell::new(0);
            let (progress, _) = watch::channel(Progress::default());
            write_all(&entries, &progress, latest, |_, _| {
                written.set(written.get() + 1);
                Ok(())
            });
            assert_eq!(written.get(), expected, "{latest:?}");
            assert_eq!(progress.borrow().written, 5);
        }
    }

    #[tokio::test]
    async fn a_request_waits_for_what_it_has_seen_and_nothing_else() {
        let (go, gone) = channel::<()>();
        let (journal, writer) = begin_with(move |_, _| {
            // It fails when the test is over.
            let _ = gone.recv();
            Ok(())
        })
        .unwrap();
        let journal = Mutex::new(journal);
        let look = |tells_of_others| {
            let look = async { journal.lock().unwrap().looked_at(at(2)) };
            watched(look, tells_of_others)
        };
        assert_eq!(look(true).await.1, None, "there is nothing to see");
        let elsewhere = async {
            let work = carried(|| REQUEST.try_with(|request| request.tells_of_others));
            std::thread::scope(|scope| scope.spawn(work).join().unwrap())
        };
        assert_eq!(watched(elsewhere, true).await.0, Ok(true), "another thread");
        journal.lock().unwrap().hand_over(change(1), at(1));
        assert_eq!(look(false).await.1, None, "an invocation");
        let seen = look(true).await.1;
        assert_eq!(seen, Some(2));
        go.send(()).unwrap();
        go.send(()).unwrap();
        writer.written(2).await.unwrap();
        assert_eq!(look(true).await.1, None, "everything is written");
    }
}
