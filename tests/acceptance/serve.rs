//! `tollgate serve` as a process: what it says, what it serves, and that nothing of it is left when it is gone.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::{Value, json};

use crate::harness::{BINARIES, Ran, tollgate, top_level, write_script};

/// Far more than anything here takes.
const DEADLINE: Duration = Duration::from_secs(60);

/// A `tollgate serve` that has said where.
pub(crate) struct Serving {
    child: Child,
    stdout: BufReader<ChildStdout>,
    announced: Value,
}

impl Serving {
    fn start(directory: &Path, args: &[&str]) -> Self {
        Self::start_with(&[], directory, args)
    }

    /// The same with other variables.
    pub(crate) fn start_with(
        variables: &[(&str, &OsStr)],
        directory: &Path,
        args: &[&str],
    ) -> Self {
        let mut command = tollgate();
        command
            .envs(variables.iter().copied())
            .current_dir(directory)
            .args(["serve", "--port", "0", "--format", "json"])
            .args(args)
            // So that a signal to its group is not one to this test's.
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let announced = serde_json::from_str(&line).unwrap_or_else(|error| {
            let mut stderr = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut stderr)
                .unwrap();
            panic!("{error} in {line:?}\n{stderr}")
        });
        Self {
            child,
            stdout,
            announced,
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed()).unwrap()
    }

    /// One request; the status line and what follows it.
    fn request(&self, request: &str, body: &str) -> String {
        self.request_with("", request, body)
    }

    /// The body of the answer to an operation of a service that speaks AWS JSON.
    fn ask(&self, target: &str, input: &Value) -> Value {
        let headers =
            format!("Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\n");
        let answer = self.request_with(&headers, "POST /", &input.to_string());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).unwrap()
    }

    /// The same as [`Serving::request`] with more headers, each with its end of line.
    fn request_with(&self, headers: &str, request: &str, body: &str) -> String {
        let endpoint = self.announced["endpoint"].as_str().unwrap();
        let mut stream = TcpStream::connect(endpoint.trim_start_matches("http://")).unwrap();
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        // The answer of one that is killed is no answer.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    pub(crate) fn invoke(&self, function: &str, qualifier: &str, payload: &Value) -> String {
        let path = format!("/2015-03-31/functions/{function}/invocations?Qualifier={qualifier}");
        self.request(&format!("POST {path}"), &payload.to_string())
    }

    /// How it ended after `signal`.
    fn end(mut self, signal: Signal) -> Ran {
        kill_process(self.pid(), signal).unwrap();
        let mut stderr = String::new();
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).unwrap();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut stderr).unwrap();
        let status = self.child.wait().unwrap().code().unwrap_or(-1);
        Ran {
            status,
            stdout,
            stderr,
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended, and a test that has failed must not leave it behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_template_s_functions_are_deployed_and_run() {
    let serving = Serving::start(&top_level(), &["--template", "template.yaml"]);
    let functions = json!([
        { "function": "VersionedOrderAPI", "logicalId": "VersionedOrderAPI", "alias": "prod", "version": "1" },
        { "function": "CanaryWatch", "logicalId": "CanaryWatch" },
        { "function": "CodeDeployHook_PreTraffic", "logicalId": "CodeDeployHookPreTraffic" },
        { "function": "CodeDeployHook_PostTraffic", "logicalId": "CodeDeployHookPostTraffic" },
    ]);
    assert_eq!(serving.announced["functions"], functions);
    let environment = &serving.announced["environment"];
    assert_eq!(
        environment["AWS_ENDPOINT_URL"],
        serving.announced["endpoint"]
    );

    for alias in ["prod", "staging", "dev"] {
        let answer = serving.invoke("VersionedOrderAPI", alias, &json!({}));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let Ran { status, stderr, .. } = serving.end(Signal::TERM);
    assert_eq!(status, 0, "{stderr}");
    let lines: Vec<&str> = stderr
        .lines()
        .map(|line| line.get(10..).unwrap_or_default())
        .collect();
    assert!(
        lines.contains(&"  VersionedOrderAPI:prod → version 1"),
        "{stderr}"
    );
}

#[test]
fn what_is_not_served_is_named() {
    let stack = Stubborn::new();
    let template = stack.directory.path().join("template.yaml");
    let more = "
  Strange:
    Type: AWS::Serverless::Function
    Properties: { Runtime: java21, Handler: a.B, CodeUri: other }
  Queue:
    Type: AWS::SQS::Queue
";
    let text = fs::read_to_string(&template).unwrap() + more;
    fs::write(&template, text).unwrap();
    let serving = Serving::start(stack.directory.path(), &["--template", "template.yaml"]);
    let functions = json!([{ "function": "stubborn", "logicalId": "Stubborn" }]);
    assert_eq!(serving.announced["functions"], functions);
    let Ran { stderr, .. } = serving.end(Signal::TERM);
    for expected in [
        "not served: Queue (AWS::SQS::Queue)\n",
        "not served: template.yaml:12:3: Resources.Strange: no executable",
    ] {
        assert!(stderr.contains(expected), "{stderr}");
    }
}

const SCHEDULED: &str = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Mirror:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mirror
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      Events:
        Tick: { Type: Schedule, Properties: { Name: tick, Schedule: rate(1 minute) } }
        Told: { Type: Schedule, Properties: { Name: told, Schedule: rate(1 minute), Input: '{"write": "as told\n"}' } }
        Never: { Type: Schedule, Properties: { Name: never, Schedule: rate(1 minute), Enabled: false } }
"#;

#[test]
fn functions_run_on_their_schedules() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("template.yaml"), SCHEDULED).unwrap();
    let [.., (_, mirror)] = BINARIES;
    let binary = format!("Mirror={mirror}");
    let template = ["--template", "template.yaml", "--binary", &binary];
    // A minute takes a tenth of a second.
    let args = [&template[..], &["--time-scale", "600"]].concat();
    let mut serving = Serving::start(directory.path(), &args);
    let stderr = BufReader::new(serving.child.stderr.take().unwrap());
    let (say, hear) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            // Nobody listens any more at the end.
            let _ = say.send(line);
        }
    });
    let next_run = |rule: &str| {
        let words = format!("mirror ran on the schedule {rule}: ");
        loop {
            let line = hear.recv_timeout(DEADLINE).unwrap();
            assert!(!line.contains("never"), "{line}");
            if let Some((_, answer)) = line.split_once(&words) {
                return answer.to_owned();
            }
        }
    };
    let event = r#"{"payload":{"version":"0","id":""#;
    assert!(next_run("tick").starts_with(event));
    assert!(next_run("told").starts_with(r#"{"payload":{"write":"as told\n"}"#));
    // The third run is at least two minutes after the first one, which is when its metrics are there.
    next_run("tick");
    next_run("tick");
    let logged = serving.ask(
        "Logs_20140328.FilterLogEvents",
        &json!({ "logGroupName": "/aws/lambda/mirror", "filterPattern": "told" }),
    );
    assert_eq!(logged["events"][0]["message"], "as told");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let counted = serving.ask(
        "GraniteServiceVersion20100801.GetMetricStatistics",
        &json!({
            "Namespace": "AWS/Lambda",
            "MetricName": "Invocations",
            "Dimensions": [{ "Name": "FunctionName", "Value": "mirror" }],
            "StartTime": now.as_secs() - 3600,
            "EndTime": now.as_secs() + 24 * 3600,
            "Period": 3600,
            "Statistics": ["Sum"],
        }),
    );
    let sum = counted["Datapoints"][0]["Sum"].as_f64();
    assert!(sum.is_some_and(|sum| sum >= 1.0), "{counted}");
    kill_process(serving.pid(), Signal::TERM).unwrap();
    reader.join().unwrap();
}

#[test]
fn it_ends_as_it_is_asked_to() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let Ran { status, stderr, .. } = Serving::start(&top_level(), &[]).end(signal);
        assert_eq!((status, stderr.as_str()), (0, ""), "{signal:?}");
    }
}

#[test]
fn what_cannot_be_served_is_said_at_once() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let rows: [(&[&str], &str); 4] = [
        (
            &["--port", &port],
            "--port takes another, 0 a free one: Address already in use",
        ),
        (
            &["--port", "0", "--template", "no-such.yaml"],
            "error: cannot read the template no-such.yaml",
        ),
        (&["--binary", "F=x"], "give it with --template"),
        (&["--time-scale", "0"], "'--time-scale <N>'"),
    ];
    for (args, expected) in rows {
        let ran: Ran = tollgate().arg("serve").args(args).output().unwrap().into();
        assert_eq!(ran.status, 2, "{args:?}");
        assert!(ran.stderr.contains(expected), "{args:?}: {}", ran.stderr);
    }
}

/// A stack of one function whose process ignores SIGTERM and starts two others, one of them out of its group; all hold
/// `alive` open for writing.
pub(crate) struct Stubborn {
    pub(crate) directory: tempfile::TempDir,
    alive: PathBuf,
}

/// What the processes of such a function do.
pub(crate) struct Watch {
    reader: thread::JoinHandle<()>,
    hear: mpsc::Receiver<String>,
}

impl Watch {
    /// Waits until they run.
    pub(crate) fn started(&self, name: &str) {
        assert_eq!(self.hear.recv_timeout(DEADLINE).unwrap(), "up\n", "{name}");
    }

    /// Waits until none of them runs any more.
    pub(crate) fn ended(self, name: &str) {
        let rest = self.hear.recv_timeout(DEADLINE);
        assert_eq!(rest.as_deref(), Ok(""), "{name}: its processes go on");
        self.reader.join().unwrap();
    }
}

impl Stubborn {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let alive = directory.path().join("alive");
        let made = Command::new("mkfifo").arg(&alive).status().unwrap();
        assert!(made.success());
        let code = directory.path().join("code");
        fs::create_dir(&code).unwrap();
        let script = format!(
            "#!/bin/sh\nexec 3>'{}'\ntrap '' TERM HUP INT\nsleep 1000 &\n\
             setsid sh -c 'echo up >&3; exec sleep 1000' &\nwait\n",
            alive.display()
        );
        write_script(&code.join("bootstrap"), &script);
        let template = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Stubborn:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: stubborn
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: code
";
        fs::write(directory.path().join("template.yaml"), template).unwrap();
        Self { directory, alive }
    }

    pub(crate) fn watch(&self) -> Watch {
        let (say, hear) = mpsc::channel();
        let alive = self.alive.clone();
        let reader = thread::spawn(move || {
            let mut lines = BufReader::new(File::open(alive).unwrap());
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            say.send(line).unwrap();
            // It ends when nobody holds it open any more.
            let mut rest = String::new();
            lines.read_to_string(&mut rest).unwrap();
            say.send(rest).unwrap();
        });
        Watch { reader, hear }
    }
}

#[test]
fn nothing_is_left_whatever_ends_it() {
    type End = fn(&Serving);
    let ends: [(&str, End); 3] = [
        ("SIGTERM", |serving| {
            kill_process(serving.pid(), Signal::TERM).unwrap();
        }),
        ("SIGKILL", |serving| {
            kill_process(serving.pid(), Signal::KILL).unwrap();
        }),
        ("SIGKILL to its group", |serving| {
            kill_process_group(serving.pid(), Signal::KILL).unwrap();
        }),
    ];
    for (name, end) in ends {
        let stack = Stubborn::new();
        // Where copies of code go.
        let temporary = stack.directory.path().join("tmp");
        fs::create_dir(&temporary).unwrap();
        let watch = stack.watch();
        let mut serving = Serving::start_with(
            &[("TMPDIR", temporary.as_os_str())],
            stack.directory.path(),
            &["--template", "template.yaml"],
        );
        thread::scope(|scope| {
            scope.spawn(|| serving.invoke("stubborn", "$LATEST", &json!({})));
            watch.started(name);
            end(&serving);
        });
        watch.ended(name);
        serving.child.wait().unwrap();
        // The directory goes last, a moment after the processes.
        let is_empty = || fs::read_dir(&temporary).unwrap().next().is_none();
        let until = std::time::Instant::now() + DEADLINE;
        while !is_empty() && std::time::Instant::now() < until {
            thread::yield_now();
        }
        assert!(is_empty(), "{name}: copies of code are left");
    }
}
