//! What a process writes to standard output and error: the end of it for its caller, all of it for its log.

use std::collections::VecDeque;
use std::io::{self, PipeReader};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use tokio::net::unix::pipe::Receiver;
use tokio::task::JoinHandle;

use super::watching;
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
    source: Arc<Source>,
    /// Reads while nobody else does, until the end of the pipe.
    reader: JoinHandle<()>,
}

impl Output {
    /// What comes out of `pipe`, which all of the process's output goes into: so its lines stay in their order.
    pub(super) fn of(pipe: PipeReader, log: &Arc<LogStream>) -> io::Result<Self> {
        let watching = watching::handle()?;
        let source = {
            let _context = watching.enter();
            Arc::new(Source {
                pipe: Receiver::from_owned_fd(pipe.into())?,
                sink: Mutex::new(Sink {
                    log: Arc::clone(log),
                    buffer: Vec::with_capacity(BUFFER_BYTES),
                    tail: VecDeque::new(),
                    line: Vec::new(),
                }),
            })
        };
        let reader = watching.spawn(Arc::clone(&source).read());
        Ok(Self { source, reader })
    }

    /// Forgets what the caller of the next invocation must not see.
    pub(super) fn clear(&self) {
        self.source.sink().tail.clear();
    }

    /// Reads what a process that goes on has written until now.
    pub(super) fn catch_up(&self) {
        self.source.catch_up();
    }

    /// Waits until everything that an ended process wrote has been read.
    pub(super) async fn finish(&mut self) {
        let _ = tokio::time::timeout(LAST_OUTPUT, &mut self.reader).await;
    }

    /// The end of what was written since the last [`Output::clear`].
    pub(super) fn text(&self) -> String {
        let sink = self.source.sink();
        let (front, back) = sink.tail.as_slices();
        String::from_utf8([front, back].concat())
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// A pipe, and where its bytes go. Who reads holds the sink, so that what is read stays in order.
struct Source {
    pipe: Receiver,
    sink: Mutex<Sink>,
}

impl Source {
    /// Reads until the pipe's end.
    async fn read(self: Arc<Self>) {
        while self.pipe.readable().await.is_ok() {
            let mut sink = self.sink();
            let mut count = 0;
            let read = self.pipe.try_io(|| {
                count = sink.read(&self.pipe)?;
                // The runtime takes this for an empty pipe, which less than the most means, without asking again.
                if count > 0 && count < BUFFER_BYTES {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                watching::hurry();
                Ok(())
            });
            match read {
                Ok(()) if count > 0 => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) => {}
                Ok(()) | Err(_) => break,
            }
        }
        self.sink().end_line();
    }

    /// Reads without being told that there is something: a runtime that has answered has written before. What a pipe
    /// holds is bounded, and so is this, whatever is written meanwhile.
    fn catch_up(&self) {
        const PIPE_BYTES: usize = 64 << 10;
        let mut sink = self.sink();
        for _ in 0..PIPE_BYTES / BUFFER_BYTES {
            // The pipe does not block: an error says that it is empty, and the end is for `read` to see.
            if sink.read(&self.pipe).unwrap_or_default() < BUFFER_BYTES {
                break;
            }
        }
        sink.end_line();
    }

    fn sink(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the bytes of a pipe go.
struct Sink {
    log: Arc<LogStream>,
    /// Empty, with room for what is read at once.
    buffer: Vec<u8>,
    tail: VecDeque<u8>,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

impl Sink {
    /// Takes what is in the pipe, at most [`BUFFER_BYTES`] of it, and says how much it was.
    fn read(&mut self, pipe: &Receiver) -> io::Result<usize> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = rustix::io::read(pipe, spare_capacity(&mut buffer));
        self.take(&buffer);
        buffer.clear();
        self.buffer = buffer;
        Ok(read?)
    }

    fn take(&mut self, chunk: &[u8]) {
        self.tail.extend(chunk);
        let excess = self.tail.len().saturating_sub(LOG_TAIL_BYTES);
        self.tail.drain(..excess);
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
        // Looking for what is no UTF-8 takes several times as long as seeing that there is none.
        match std::str::from_utf8(&self.line) {
            Ok(line) => self.log.write(line),
            Err(_) => self.log.write(&String::from_utf8_lossy(&self.line)),
        }
        self.line.clear();
    }
}
