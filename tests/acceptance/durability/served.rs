//! `tollgate serve --data-dir` as a process that is killed, and requests to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use emulator::{Account, Beginning, DataDir, Emulator, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::tollgate;

/// Far more than anything here takes.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// An emulator of this process on the directory, to prepare what serving does not offer: time stands still at the
/// machine's.
pub(super) async fn prepare(directory: &Path) -> Emulator {
    let data_dir = DataDir::open(directory).unwrap();
    let beginning = Beginning {
        account: Account::default(),
        seed: 1,
        now: Timestamp::from_millis(now().as_secs() * 1000),
        time_scale: None,
        port: 0,
        reaper: None,
        store: data_dir.code_store().unwrap(),
    };
    Emulator::resume(beginning, data_dir).await.unwrap()
}

/// The machine's time, since 1970.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Where a process serves; requests may be made from several threads.
#[derive(Clone, Debug)]
pub(super) struct Endpoint(String);

/// The process.
pub(super) struct Served {
    child: Child,
    pub(super) endpoint: Endpoint,
    /// The functions of its template, as it has announced them.
    pub(super) functions: Value,
}

impl Served {
    pub(super) fn start(directory: &Path, time_scale: u32) -> Self {
        Self::start_by(tollgate(), directory, time_scale)
    }

    /// The same by a command that runs `tollgate` with the arguments that it gets.
    pub(super) fn start_by(mut command: Command, directory: &Path, time_scale: u32) -> Self {
        command.stderr(Stdio::null());
        Self::start_with(command, directory, time_scale, &[])
    }

    /// The same with more arguments, and with the standard error that the command has.
    pub(super) fn start_with(
        mut command: Command,
        directory: &Path,
        time_scale: u32,
        args: &[&str],
    ) -> Self {
        let mut child = command
            .args(["serve", "--port", "0", "--format", "json", "--data-dir"])
            .arg(directory)
            .args(["--time-scale", &time_scale.to_string()])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let mut announced: Value = serde_json::from_str(&line).unwrap();
        let endpoint = announced["endpoint"].as_str().unwrap();
        let endpoint = Endpoint(endpoint.trim_start_matches("http://").to_owned());
        Self {
            child,
            endpoint,
            functions: announced["functions"].take(),
        }
    }

    /// Ends it with SIGKILL.
    pub(super) fn kill(self) {
        self.end(Signal::KILL);
    }

    /// Ends it with this signal.
    pub(super) fn end(mut self, signal: Signal) {
        let process = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(process, signal).unwrap();
        self.child.wait().unwrap();
    }
}

impl Endpoint {
    /// One request of a REST service: status and body; `None` where no whole answer came.
    pub(super) fn rest(&self, request: &str, body: &Value) -> Option<(u16, Value)> {
        self.request(request, "", body)
    }

    /// One request of an AWS JSON service, for example `CodeDeploy_20141006.GetDeployment`.
    pub(super) fn json(&self, target: &str, body: &Value) -> Option<(u16, Value)> {
        self.request("POST /", &format!("X-Amz-Target: {target}\r\n"), body)
    }

    fn request(&self, request: &str, headers: &str, body: &Value) -> Option<(u16, Value)> {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.0).ok()?;
        let head = format!(
            "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            self.0,
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).ok()?))
    }

    /// The answer of a request that succeeds.
    pub(super) fn ask(&self, target: &str, body: &Value) -> Value {
        let (status, answer) = self.json(target, body).unwrap();
        assert_eq!(status, 200, "{target} {body}: {answer}");
        answer
    }

    /// `GetAlias` of `mirror`; null where there is none.
    pub(super) fn alias(&self, name: &str) -> Value {
        let path = format!("GET /2015-03-31/functions/mirror/aliases/{name}");
        let (status, alias) = self.rest(&path, &Value::Null).unwrap();
        assert!(status == 200 || status == 404, "{alias}");
        if status == 200 { alias } else { Value::Null }
    }
}

/// Asks until the answer is there.
pub(super) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < DEADLINE, "waited in vain for {what}");
        thread::yield_now();
    }
}
