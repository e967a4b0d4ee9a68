//! One execution environment: a process, its Runtime API, and its end.

use std::collections::VecDeque;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::serve::ListenerExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::faults::{Exit, Fault};
use super::runtime_api::{Answer, Job, RuntimeApi, router};
use super::{Completion, Invocation, Snapshot};

/// The init phase may take 10 seconds (Lambda developer guide, "Understanding the Lambda execution environment lifecycle").
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// `LogType: Tail` shows the last 4 KB of a call's output (Lambda API reference, Invoke).
const LOG_TAIL_BYTES: usize = 4096;

/// How long to wait for the last output of a process that has ended; a grandchild may keep the pipe open.
const LAST_OUTPUT: Duration = Duration::from_millis(200);

/// How the processes of a function version are started.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// What is run.
    pub code: Snapshot,
    /// The whole environment of the process, except `AWS_LAMBDA_RUNTIME_API`.
    pub variables: Vec<(String, String)>,
    /// How long one invocation may take.
    pub timeout: Duration,
}

/// A started process that takes one invocation at a time.
pub(super) struct Environment {
    jobs: mpsc::Sender<Job>,
    ended: watch::Receiver<Option<Exit>>,
    output: Output,
    /// Dropped to have the process group killed.
    kill: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

/// Why an environment did not come up, and what its process wrote until then.
pub(super) struct StartFailure {
    pub(super) fault: Fault,
    pub(super) log_tail: String,
}

impl StartFailure {
    fn unstartable(reason: String) -> Self {
        Self {
            fault: Fault::InvalidEntrypoint(reason),
            log_tail: String::new(),
        }
    }
}

/// What an invocation leaves behind.
pub(super) enum Invoked {
    /// An answer; the environment can take the next call.
    Answered(Completion, Environment),
    /// The process is gone; the completion says how.
    Died(Completion),
    /// The process had ended before it took the request, so that another environment can.
    Unused(Invocation, Fault),
}

impl Environment {
    /// Starts a process and waits until it asks for its first request.
    pub(super) async fn start(launch: &Launch) -> Result<Self, StartFailure> {
        let unavailable = |error: io::Error| StartFailure::unstartable(error.to_string());
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(unavailable)?;
        let address = listener.local_addr().map_err(unavailable)?;
        let (jobs, receiver) = mpsc::channel(1);
        let (ready, mut is_ready) = watch::channel(false);
        let api = RuntimeApi::new(receiver, ready);
        let listener = listener.tap_io(|connection| {
            // Without it each answer waits for the peer's delayed acknowledgement; failing that it is only slower.
            let _ = connection.set_nodelay(true);
        });
        let server = tokio::spawn(axum::serve(listener, router(Arc::clone(&api))).into_future());

        let mut child = match spawn(launch, &address.to_string()).await {
            Ok(child) => child,
            Err(error) => {
                server.abort();
                return Err(StartFailure::unstartable(error.to_string()));
            }
        };
        let output = Output::of(&mut child);
        let (kill, killed) = oneshot::channel();
        let (end, ended) = watch::channel(None);
        tokio::spawn(watch_over(child, killed, end));
        let mut environment = Self {
            jobs,
            ended,
            output,
            kill: Some(kill),
            server,
        };

        let ended = tokio::select! {
            biased;
            _ = is_ready.wait_for(|ready| *ready) => None,
            exit = environment.exit() => Some(Fault::Exited(exit)),
            () = tokio::time::sleep(INIT_LIMIT) => Some(Fault::TimedOut(INIT_LIMIT)),
        };
        match ended {
            None => Ok(environment),
            Some(fault) => {
                environment.output.finish().await;
                let fault = api.take_init_error().map_or(fault, Fault::InitError);
                Err(StartFailure {
                    fault,
                    log_tail: environment.output.text(),
                })
            }
        }
    }

    /// Hands one invocation to the process and waits for its answer, at most `timeout`.
    pub(super) async fn invoke(mut self, invocation: Invocation, timeout: Duration) -> Invoked {
        self.output.clear();
        let request_id = invocation.request_id.clone();
        let (answer, answered) = oneshot::channel();
        let (taken, is_taken) = oneshot::channel();
        let unused = invocation.clone();
        if self
            .jobs
            .send(Job {
                invocation,
                timeout,
                answer,
                taken,
            })
            .await
            .is_err()
        {
            let exit = self.exit().await;
            return Invoked::Unused(unused, Fault::Exited(exit));
        }
        let sent = Instant::now();
        let started = tokio::select! {
            biased;
            Ok(started) = is_taken => started,
            exit = self.exit() => return Invoked::Unused(unused, Fault::Exited(exit)),
            // A runtime that has answered and does not ask for more.
            () = tokio::time::sleep(timeout) => sent,
        };
        let answer = tokio::select! {
            biased;
            Ok(answer) = answered => answer,
            exit = self.exit() => Answer::Fault(Fault::Exited(exit)),
            () = tokio::time::sleep_until((started + timeout).into()) => Answer::Fault(Fault::TimedOut(timeout)),
        };
        let mut duration = started.elapsed();
        let (payload, function_error, reusable) = match answer {
            Answer::Response(payload) => (payload, false, true),
            Answer::Error(payload) => (payload, true, true),
            Answer::Fault(fault) => {
                if let Fault::TimedOut(limit) = fault {
                    duration = limit;
                }
                let alive = matches!(fault, Fault::ResponseTooLarge);
                (fault.payload(&request_id), true, alive)
            }
        };
        if !reusable {
            self.kill = None;
            self.exit().await;
            self.output.finish().await;
        }
        let completion = Completion {
            payload,
            function_error,
            duration,
            log_tail: self.output.text(),
            process_ended: !reusable,
        };
        if reusable {
            Invoked::Answered(completion, self)
        } else {
            Invoked::Died(completion)
        }
    }

    async fn exit(&mut self) -> Exit {
        match self.ended.wait_for(Option::is_some).await {
            Ok(exit) => exit.unwrap_or(Exit::Status(-1)),
            // The watcher is gone only when everything is being torn down.
            Err(_) => Exit::Signal(9),
        }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn spawn(launch: &Launch, runtime_api: &str) -> io::Result<Child> {
    let mut command = Command::new(&launch.code.program.path);
    command
        .args(&launch.code.program.args)
        .env_clear()
        .envs(launch.variables.iter().map(|(name, value)| (name, value)))
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .current_dir(&launch.code.task_root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // A group of its own: whatever the function starts ends with it, and Ctrl-C reaches only us.
    #[cfg(unix)]
    command.process_group(0);
    // Another thread's fork may still hold the freshly written file open for an instant.
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            spawned => return spawned,
        }
    }
    command.spawn()
}

/// Waits for the end of the process or for the wish to end it; afterwards nothing of its group is left.
async fn watch_over(
    mut child: Child,
    killed: oneshot::Receiver<()>,
    end: watch::Sender<Option<Exit>>,
) {
    let group = ProcessGroup::of(&child);
    let status = tokio::select! {
        status = child.wait() => status,
        // The sender is dropped with the environment; nothing is ever sent.
        _ = killed => {
            group.kill();
            child.wait().await
        }
    };
    drop(group);
    let exit = status.map_or(Exit::Status(-1), Exit::from);
    end.send_replace(Some(exit));
}

/// Kills a process and what it started when dropped, also when the whole runtime is torn down.
struct ProcessGroup {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl ProcessGroup {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let leader = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw);
        Self { leader }
    }

    #[cfg(unix)]
    fn kill(&self) {
        if let Some(leader) = self.leader {
            // It fails only when no process of the group is left, which is the aim.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    fn kill(&self) {}
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The last output of a process, standard output and error together.
struct Output {
    tail: Arc<Mutex<VecDeque<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Output {
    fn of(child: &mut Child) -> Self {
        let tail = Arc::<Mutex<VecDeque<u8>>>::default();
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(tokio::spawn(keep_tail(stdout, Arc::clone(&tail))));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(tokio::spawn(keep_tail(stderr, Arc::clone(&tail))));
        }
        Self { tail, readers }
    }

    fn clear(&self) {
        self.tail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Waits until everything that an ended process wrote has been read.
    async fn finish(&mut self) {
        for reader in self.readers.drain(..) {
            let _ = tokio::time::timeout(LAST_OUTPUT, reader).await;
        }
    }

    fn text(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let (front, back) = tail.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

async fn keep_tail(mut pipe: impl AsyncRead + Unpin, tail: Arc<Mutex<VecDeque<u8>>>) {
    let mut buffer = vec![0_u8; 8192];
    while let Ok(count) = pipe.read(&mut buffer).await {
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else {
            return;
        };
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend(chunk);
        let excess = tail.len().saturating_sub(LOG_TAIL_BYTES);
        tail.drain(..excess);
    }
}
