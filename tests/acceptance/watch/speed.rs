//! How long the watch takes for fifty shifts at once, where every answer takes 20 ms.

use std::collections::BTreeMap;
use std::env;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use emulator::{AliasChange, Call, Emulator, Program};
use hooks::WatchAnswer;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::minute;
use crate::stack::{Stack, emulator, program};

const SHIFTS: usize = 50;
const ANSWER_TIME: Duration = Duration::from_millis(20);
const LIMIT: Duration = Duration::from_secs(1);

/// A way to `upstream` on which every request arrives 20 ms later than it was sent; its address.
async fn slow_way(upstream: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, upstream));
        }
    });
    address
}

/// Carries bytes there and back until one side ends.
async fn carry(client: TcpStream, upstream: SocketAddr) -> std::io::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (under_way, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let there = async {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let count = from_client.read(&mut bytes).await?;
            let due = Instant::now() + ANSWER_TIME;
            if count == 0 || under_way.send((due, bytes[..count].to_vec())).is_err() {
                return std::io::Result::Ok(());
            }
        }
    };
    let delayed = async {
        while let Some((due, bytes)) = arriving.recv().await {
            sleep_until(due).await;
            to_server.write_all(&bytes).await?;
        }
        Ok(())
    };
    let back = tokio::io::copy(&mut from_server, &mut to_client);
    tokio::select! {
        ended = there => ended,
        ended = delayed => ended,
        ended = back => ended.map(drop),
    }
}

/// Fifty functions behind gates of their own, and the watch, whose calls go to `endpoint`.
fn template(endpoint: &str) -> String {
    let functions: String = (0..SHIFTS)
        .map(|number| {
            format!(
                "
  Mirror{number}:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mirror-{number}
      AutoPublishAlias: live
      DeploymentPreference: {{ Type: Linear10PercentEvery10Minutes }}"
            )
        })
        .collect();
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{ Runtime: provided.al2023, Handler: bootstrap, CodeUri: ., MemorySize: 256, Timeout: 30 }}
Resources:
  Watch:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: watch
      Environment:
        Variables:
          WATCH_APPLICATION: !Ref ServerlessDeploymentApplication
          AWS_ENDPOINT_URL_CLOUDWATCH: {endpoint}
          AWS_ENDPOINT_URL_CODEDEPLOY: {endpoint}
      Policies: {{ Version: 2012-10-17, Statement: [{{ Effect: Allow, Action: '*', Resource: '*' }}] }}
{functions}
"
    )
}

/// The watch of this build, or of the folder that `GATE_BINARIES` names.
fn watch() -> Program {
    match env::var_os("GATE_BINARIES") {
        None => program("canary-watch", &[]),
        Some(folder) => {
            let top_level = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
            Program::new(top_level.join(PathBuf::from(folder)).join("canary-watch"))
        }
    }
}

/// One run, whose answer has all shifts: how long it took.
async fn run(emulator: &Emulator) -> Duration {
    let now = minute(emulator.now());
    let time = aws_sdk_cloudwatch::primitives::DateTime::from_secs(i64::try_from(now).unwrap());
    let call = Call {
        payload: json!({ "time": time.to_string() }).to_string().into(),
        client_context: None,
    };
    let begun = Instant::now();
    let invoked = emulator.invoke("watch", None, call).await.unwrap();
    let took = begun.elapsed();
    let completion = invoked.completion;
    assert!(!completion.function_error, "{:?}", completion.payload);
    let answer: WatchAnswer = serde_json::from_slice(&completion.payload).unwrap();
    assert_eq!((answer.shifts.len(), answer.idle.len()), (SHIFTS, 0));
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure; it wants a machine that does nothing else"]
async fn fifty_shifts_are_judged_at_once_where_answers_take_20_ms() {
    let emulator = emulator().await;
    let upstream = emulator.endpoint().trim_start_matches("http://");
    let endpoint = slow_way(upstream.parse().unwrap()).await;
    let stack = Stack::new(
        &template(&format!("http://{endpoint}")),
        Path::new("."),
        &[],
    );
    let deploy = |release: &str| {
        let mirror = |number| (format!("Mirror{number}"), program("mirror", &[release]));
        let mut programs: BTreeMap<String, Program> = (0..SHIFTS).map(mirror).collect();
        programs.insert("Watch".to_owned(), watch());
        stack.deploy(&emulator, &programs)
    };
    deploy("one");
    let changes = deploy("two");
    let is_deployment = |change: &&AliasChange| matches!(change, AliasChange::Deployment(_));
    assert_eq!(changes.values().filter(is_deployment).count(), SHIFTS);
    let end = emulator.now() + Duration::from_secs(300);
    while !emulator.advance_to(end) {
        emulator.settle().await;
    }
    // The first run starts the process.
    let cold = run(&emulator).await;
    let mut warm = Vec::new();
    for _ in 0..10 {
        warm.push(run(&emulator).await);
    }
    warm.sort();
    let (median, most) = (warm[5], warm[9]);
    let mut out = std::io::stdout().lock();
    // A figure, and no assertion: how long something takes is the machine's business, too.
    let verdict = if cold < LIMIT && most < LIMIT {
        "met"
    } else {
        "missed"
    };
    writeln!(
        out,
        "canary-watch, {SHIFTS} shifts, answers in 20 ms: cold {} ms, then {} ms (median), {} ms (most); limit {} ms: {verdict}",
        cold.as_millis(),
        median.as_millis(),
        most.as_millis(),
        LIMIT.as_millis(),
    )
    .unwrap();
}
