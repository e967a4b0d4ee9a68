//! One execution environment: a process, its Runtime API, and its end.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deployment::Timestamp;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::faults::{Exit, Fault};
use super::output::Output;
use super::process_group::ProcessGroup;
use super::runtime_api::{Answer, Job, RuntimeApi};
use super::{Completion, Invocation, Snapshot, runtimes};
use crate::logs::{Destination, LogStream, Phase};
use crate::reaper::{MARKER, Reaper};

/// The init phase may take 10 seconds (Lambda developer guide, "Understanding the Lambda execution environment lifecycle").
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How the processes of a function version are started.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// What is run.
    pub code: Snapshot,
    /// For example `provided.al2023`: what runs code that is no program.
    pub runtime: String,
    /// What the runtime calls of such code.
    pub handler: String,
    /// The whole environment of the process, except `AWS_LAMBDA_RUNTIME_API`, where its log goes, and the mark of the
    /// emulator.
    pub variables: Vec<(String, String)>,
    /// Where the process's output goes.
    pub log: Destination,
}

/// A started process that takes one invocation at a time.
pub(super) struct Environment {
    jobs: mpsc::Sender<Job>,
    api: Arc<RuntimeApi>,
    ended: watch::Receiver<Option<Exit>>,
    output: Output,
    log: Arc<LogStream>,
    /// Measured: how long the process took to ask for its first request; until an invocation has been told.
    init: Option<Duration>,
    /// Dropped to have the process group killed.
    kill: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

/// Why an environment did not come up, and what its process wrote until then.
pub(super) struct StartFailure {
    pub(super) fault: Fault,
    pub(super) log_tail: String,
    pub(super) log: Arc<LogStream>,
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
    /// Starts a process, at simulated time `at`, and waits until it asks for its first request.
    ///
    /// `reaper` hears of its process group.
    pub(super) async fn start(
        launch: &Launch,
        at: Timestamp,
        reaper: Option<&Reaper>,
    ) -> Result<Self, StartFailure> {
        let log = Arc::new(LogStream::open(launch.log.clone(), at));
        let begun = Instant::now();
        match Self::start_with(launch, &log, reaper).await {
            Ok(mut environment) => {
                environment.init = Some(begun.elapsed());
                Ok(environment)
            }
            Err((fault, log_tail)) => {
                let (error_type, what) = fault.words();
                let error = Some((&*error_type, &*what));
                log.end(Phase::Init, "", (begun.elapsed(), None), error);
                Err(StartFailure {
                    fault,
                    log_tail,
                    log,
                })
            }
        }
    }

    /// The same into this log; otherwise why not, and what the process wrote until then.
    async fn start_with(
        launch: &Launch,
        log: &Arc<LogStream>,
        reaper: Option<&Reaper>,
    ) -> Result<Self, (Fault, String)> {
        let unstartable =
            |error: io::Error| (Fault::InvalidEntrypoint(error.to_string()), String::new());
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(unstartable)?;
        let address = listener.local_addr().map_err(unstartable)?;
        let (jobs, receiver) = mpsc::channel(1);
        let (ready, is_ready) = oneshot::channel();
        let api = RuntimeApi::new(receiver, ready, Arc::clone(log));
        let server = tokio::spawn(Arc::clone(&api).serve(listener));

        let mark = reaper.map(Reaper::mark);
        let (child, output) = match spawn(launch, &address.to_string(), log, mark).await {
            Ok(started) => started,
            Err(error) => {
                server.abort();
                return Err(unstartable(error));
            }
        };
        let group = ProcessGroup::of(&child, reaper.cloned());
        let (kill, killed) = oneshot::channel();
        let (end, ended) = watch::channel(None);
        tokio::spawn(watch_over(child, group, killed, end));
        let mut environment = Self {
            jobs,
            api,
            ended,
            output,
            log: Arc::clone(log),
            init: None,
            kill: Some(kill),
            server,
        };

        let ended = tokio::select! {
            biased;
            Ok(()) = is_ready => None,
            exit = environment.exit() => Some(Fault::Exited(exit)),
            () = tokio::time::sleep(INIT_LIMIT) => Some(Fault::TimedOut(INIT_LIMIT)),
        };
        match ended {
            None => {
                // It belongs before everything that the first call writes.
                environment.output.catch_up();
                Ok(environment)
            }
            Some(fault) => {
                environment.output.finish().await;
                let fault = environment
                    .api
                    .take_init_error()
                    .map_or(fault, Fault::InitError);
                Err((fault, environment.output.text()))
            }
        }
    }

    /// Hands one invocation to the process and waits for its answer, at most `timeout`.
    pub(super) async fn invoke(mut self, invocation: Invocation, timeout: Duration) -> Invoked {
        self.output.clear();
        // What an invocation that came to nothing has left.
        self.api.take_taken();
        let invocation = Arc::new(invocation);
        let (answer, answered) = oneshot::channel();
        let job = Job {
            invocation: Arc::clone(&invocation),
            timeout,
            answer,
        };
        if self.jobs.send(job).await.is_err() {
            let exit = self.exit().await;
            return Invoked::Unused(Arc::unwrap_or_clone(invocation), Fault::Exited(exit));
        }
        let sent = Instant::now();
        let (started, answer) = match self.answer(answered, sent, timeout).await {
            (Some(started), answer) => (started, answer),
            (None, Answer::Fault(fault @ Fault::Exited(_))) => {
                return Invoked::Unused(Arc::unwrap_or_clone(invocation), fault);
            }
            // A runtime that has answered and does not ask for more.
            (None, answer) => (sent, answer),
        };
        let request_id = &invocation.request_id;
        let mut duration = started.elapsed();
        let mut fault = None;
        let (payload, function_error, reusable) = match answer {
            Answer::Response(payload) => (payload, false, true),
            Answer::Error(payload) => (payload, true, true),
            Answer::Fault(kind) => {
                if let Fault::TimedOut(limit) = kind {
                    duration = limit;
                }
                let alive = matches!(kind, Fault::ResponseTooLarge);
                fault = Some(kind.words());
                (kind.payload(request_id), true, alive)
            }
        };
        if reusable {
            self.output.catch_up();
        } else {
            self.kill = None;
            self.exit().await;
            self.output.finish().await;
        }
        let error = fault.as_ref().map(|(kind, what)| (&**kind, &**what));
        let took = (duration, self.init.take());
        self.log.end(Phase::Invoke, request_id, took, error);
        let completion = Completion {
            payload,
            function_error,
            duration,
            log_tail: self.output.text(),
            log_result: self.log.tail(),
            process_ended: !reusable,
        };
        if reusable {
            Invoked::Answered(completion, self)
        } else {
            Invoked::Died(completion)
        }
    }

    /// What came of the request that was sent at `sent`, and when the runtime took it, if it did.
    async fn answer(
        &mut self,
        answered: oneshot::Receiver<Answer>,
        sent: Instant,
        timeout: Duration,
    ) -> (Option<Instant>, Answer) {
        let mut answer = pin!(async {
            match answered.await {
                Ok(answer) => answer,
                // The answer broke off, and the process will end, or reach its timeout.
                Err(_) => pending().await,
            }
        });
        // One timer for the whole call, because making one is not for free: the runtime takes most requests at once.
        let mut end = pin!(tokio::time::sleep_until((sent + timeout).into()));
        let mut taken = None;
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut answer => break answer,
                exit = self.exit() => break Answer::Fault(Fault::Exited(exit)),
                () = &mut end => {}
            }
            taken = taken.or_else(|| self.api.take_taken());
            match taken.map(|taken| taken + timeout) {
                Some(later) if later > Instant::now() => end.as_mut().reset(later.into()),
                _ => break Answer::Fault(Fault::TimedOut(timeout)),
            }
        };
        (taken.or_else(|| self.api.take_taken()), answer)
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

async fn spawn(
    launch: &Launch,
    runtime_api: &str,
    log: &Arc<LogStream>,
    mark: Option<&str>,
) -> io::Result<(Child, Output)> {
    let program = runtimes::program(launch).await?;
    let (output, stdout) = io::pipe()?;
    let stderr = stdout.try_clone()?;
    let mut command = Command::new(&program.path);
    command
        .args(&program.args)
        .env_clear()
        .envs(launch.variables.iter().map(|(name, value)| (name, value)))
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_LOG_GROUP_NAME", log.group())
        .env("AWS_LAMBDA_LOG_STREAM_NAME", log.name())
        // Found by it, the process ends even where we are killed before anybody hears of it.
        .envs(mark.map(|mark| (MARKER, mark)))
        .current_dir(&launch.code.task_root)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .kill_on_drop(true);
    // A group of its own: whatever the function starts ends with it, and Ctrl-C reaches only us.
    #[cfg(unix)]
    command.process_group(0);
    let output = Output::of(output, log)?;
    // Another thread's fork may still hold the freshly written file open for an instant.
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // Our ends of the child's pipes go with the command: where they stayed, the output would have no end.
            spawned => return Ok((spawned?, output)),
        }
    }
    Ok((command.spawn()?, output))
}

/// Waits for the end of the process or for the wish to end it; afterwards nothing of its group is left.
async fn watch_over(
    mut child: Child,
    group: ProcessGroup,
    killed: oneshot::Receiver<()>,
    end: watch::Sender<Option<Exit>>,
) {
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
