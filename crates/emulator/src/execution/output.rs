//! What a process writes to standard output and error: the end of it for its caller, all of it for its log.

use std::collections::VecDeque;
use std::io::{self, PipeReader};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
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
    source: Arc<Source>,
}

impl Output {
    pub(super) fn of(pipes: [PipeReader; 2], log: &Arc<LogStream>) -> io::Result<Self> {
        let tail = Arc::<Mutex<VecDeque<u8>>>::default();
        let mut readers = Vec::with_capacity(pipes.len());
        for pipe in pipes {
            let source = Arc::new(Source {
                pipe: Receiver::from_owned_fd(pipe.into())?,
                sink: Mutex::new(Sink {
                    tail: Arc::clone(&tail),
                    log: Arc::clone(log),
                    line: Vec::new(),
                }),
            });
            let task = tokio::spawn(Arc::clone(&source).read());
            readers.push(Reader { task, source });
        }
        Ok(Self { tail, readers })
    }

    /// Forgets what the caller of the next invocation must not see.
    pub(super) fn clear(&self) {
        self.tail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Reads what a process that goes on has written until now.
    pub(super) fn catch_up(&self) {
        for reader in &self.readers {
            reader.source.catch_up();
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
        String::from_utf8([front, back].concat())
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// One pipe, and where its bytes go. Who reads holds the sink, so that what is read stays in order.
struct Source {
    pipe: Receiver,
    sink: Mutex<Sink>,
}

impl Source {
    /// Reads until the pipe's end.
    async fn read(self: Arc<Self>) {
        while self.pipe.readable().await.is_ok() {
            let mut sink = self.sink();
            let mut buffer = [0_u8; BUFFER_BYTES];
            let mut count = 0;
            let read = self.pipe.try_io(|| {
                count = rustix::io::read(&self.pipe, &mut buffer)?;
                // The runtime takes this for an empty pipe, which less than the most means, without asking again.
                if count > 0 && count < BUFFER_BYTES {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            });
            sink.take(buffer.get(..count).unwrap_or_default());
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

    /// Reads past the runtime, which may not have noticed yet that there is something: a runtime that has answered
    /// has written before. What a pipe holds is bounded, and so is this, whatever is written meanwhile.
    fn catch_up(&self) {
        const PIPE_BYTES: usize = 64 << 10;
        let mut sink = self.sink();
        let mut buffer = [0_u8; BUFFER_BYTES];
        for _ in 0..PIPE_BYTES / BUFFER_BYTES {
            // The pipe does not block: an error says that it is empty, and the end is for `read` to see.
            let count = rustix::io::read(&self.pipe, &mut buffer).unwrap_or_default();
            sink.take(buffer.get(..count).unwrap_or_default());
            if count < BUFFER_BYTES {
                break;
            }
        }
        sink.end_line();
    }

    fn sink(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        // Looking for what is no UTF-8 takes several times as long as seeing that there is none.
        match std::str::from_utf8(&self.line) {
            Ok(line) => self.log.write(line),
            Err(_) => self.log.write(&String::from_utf8_lossy(&self.line)),
        }
        self.line.clear();
    }
}
