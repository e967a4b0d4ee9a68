//! What a process writes to standard output and error: the end of it for its caller, all of it for its log.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::logs::LogStream;

/// `LogType: Tail` shows the last 4 KB of a call's output (Lambda API reference, Invoke).
const LOG_TAIL_BYTES: usize = 4096;

/// The longest log event, in bytes; a longer line becomes several (CloudWatch Logs quotas: 256 KB with 26 bytes of
/// overhead, the limit that Lambda's own documentation still goes by).
const MAX_LINE_BYTES: usize = (256 << 10) - 26;

/// How long to wait for the last output; a grandchild of a process that has ended may keep the pipe open.
const LAST_OUTPUT: Duration = Duration::from_millis(200);

const BUFFER_BYTES: usize = 8192;

/// The output of a process, standard output and error together.
pub(super) struct Output {
    tail: Arc<Mutex<VecDeque<u8>>>,
    readers: Vec<Reader>,
}

struct Reader {
    task: JoinHandle<()>,
    /// Asks for what the process has written so far to be read; answered when it is.
    catch_up: mpsc::Sender<oneshot::Sender<()>>,
}

impl Output {
    pub(super) fn of(child: &mut Child, log: &Arc<LogStream>) -> Self {
        let tail = Arc::<Mutex<VecDeque<u8>>>::default();
        let sink = || Sink {
            tail: Arc::clone(&tail),
            log: Arc::clone(log),
            line: Vec::new(),
        };
        let stdout = child.stdout.take().map(|pipe| Reader::of(pipe, sink()));
        let stderr = child.stderr.take().map(|pipe| Reader::of(pipe, sink()));
        let readers = stdout.into_iter().chain(stderr).collect();
        Self { tail, readers }
    }

    /// Forgets what the caller of the next invocation must not see.
    pub(super) fn clear(&self) {
        self.tail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Reads what a process that goes on has written until now.
    pub(super) async fn catch_up(&self) {
        for reader in &self.readers {
            let (done, is_done) = oneshot::channel();
            if reader.catch_up.send(done).await.is_ok() {
                // A reader that has come to the end answers nothing, and has read everything.
                let _ = tokio::time::timeout(LAST_OUTPUT, is_done).await;
            }
        }
    }

    /// Waits until everything that an ended process wrote has been read.
    pub(super) async fn finish(&mut self) {
        for reader in self.readers.drain(..) {
            let _ = tokio::time::timeout(LAST_OUTPUT, reader.task).await;
        }
    }

    /// The end of what was written since the last [`Output::clear`].
    pub(super) fn text(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let (front, back) = tail.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

#[cfg(unix)]
trait Pipe: AsyncRead + std::os::fd::AsFd + Unpin + Send + 'static {}
#[cfg(unix)]
impl<P: AsyncRead + std::os::fd::AsFd + Unpin + Send + 'static> Pipe for P {}
#[cfg(not(unix))]
trait Pipe: AsyncRead + Unpin + Send + 'static {}
#[cfg(not(unix))]
impl<P: AsyncRead + Unpin + Send + 'static> Pipe for P {}

impl Reader {
    fn of(pipe: impl Pipe, sink: Sink) -> Self {
        let (catch_up, asked) = mpsc::channel(1);
        let task = tokio::spawn(read(pipe, asked, sink));
        Self { task, catch_up }
    }
}

async fn read(mut pipe: impl Pipe, mut asked: mpsc::Receiver<oneshot::Sender<()>>, mut sink: Sink) {
    let mut buffer = vec![0_u8; BUFFER_BYTES];
    loop {
        tokio::select! {
            biased;
            read = pipe.read(&mut buffer) => {
                match read.ok().and_then(|count| buffer.get(..count)) {
                    Some(chunk) if !chunk.is_empty() => sink.take(chunk),
                    _ => break,
                }
            }
            Some(done) = asked.recv() => {
                read_what_is_there(&pipe, &mut buffer, &mut sink);
                sink.end_line();
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
            }
        }
    }
    sink.end_line();
}

/// Reads past the runtime, which may not have noticed yet that there is something: a runtime that has answered has
/// written before. What a pipe holds is bounded, and so is this, whatever is written meanwhile.
#[cfg(unix)]
fn read_what_is_there(pipe: &impl Pipe, buffer: &mut [u8], sink: &mut Sink) {
    const PIPE_BYTES: usize = 64 << 10;
    for _ in 0..PIPE_BYTES / BUFFER_BYTES {
        // The pipe does not block: an error says that it is empty, and the end is for the loop around this to see.
        match rustix::io::read(pipe, &mut *buffer) {
            Ok(count) if count > 0 => sink.take(buffer.get(..count).unwrap_or_default()),
            _ => return,
        }
    }
}

#[cfg(not(unix))]
fn read_what_is_there(_: &impl Pipe, _: &mut [u8], _: &mut Sink) {}

/// Where the bytes of one pipe go.
struct Sink {
    tail: Arc<Mutex<VecDeque<u8>>>,
    log: Arc<LogStream>,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

impl Sink {
    fn take(&mut self, chunk: &[u8]) {
        {
            let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
            tail.extend(chunk);
            let excess = tail.len().saturating_sub(LOG_TAIL_BYTES);
            tail.drain(..excess);
        }
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            for piece in part.chunks(MAX_LINE_BYTES) {
                if self.line.len() + piece.len() > MAX_LINE_BYTES {
                    self.end_line();
                }
                self.line.extend_from_slice(piece);
            }
            if part.ends_with(b"\n") {
                self.line.pop();
                self.write_line();
            }
        }
    }

    /// Writes what there is of a line, if anything.
    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.write_line();
        }
    }

    fn write_line(&mut self) {
        self.log.write(&String::from_utf8_lossy(&self.line));
        self.line.clear();
    }
}
