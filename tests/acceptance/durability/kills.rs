use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use tempfile::TempDir;

use super::served::{Endpoint, Served, prepare, until};
use super::told::{Told, WRITES, Write, code_sha256, metric_data, put_metric_data};
use crate::stack::{Stack, program};

const CLIENTS: usize = 6;

/// A minute passes in a tenth of a second, so that metrics are delivered while the test looks for them.
const TIME_SCALE: u32 = 600;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Mirror:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mirror
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      AutoPublishAlias: live
";

/// One client over all rounds.
#[derive(Default)]
struct Client {
    told: Told,
    /// A write that was made and not answered.
    unanswered: Option<Write>,
    written: u32,
    /// The `RevisionId` of each alias, as it was told last.
    revisions: BTreeMap<String, String>,
    /// The `CodeSha256` of each function's versions, by name and version, as it was told.
    code: BTreeMap<(String, String), String>,
    names: BTreeSet<String>,
}

impl Client {
    /// Writes until there is no answer; tells `answers` of each.
    fn write(&mut self, client: usize, endpoint: &Endpoint, answers: &mpsc::Sender<String>) {
        loop {
            let write = Write::of(client, self.written);
            self.written += 1;
            let alias = match &write {
                Write::CreateAlias(name) | Write::UpdateAlias(name, _) => Some(name.clone()),
                Write::PutMetricAlarm(..)
                | Write::DeleteAlarm(_)
                | Write::PutMetricData(_)
                | Write::CreateFunction(..)
                | Write::PublishVersion(_) => None,
            };
            self.names.extend(alias.clone());
            if let Write::CreateFunction(name, _) = &write {
                self.names.insert(name.clone());
            }
            let Some(answer) = write.make(endpoint, client) else {
                if let Some(alias) = alias {
                    self.revisions.remove(&alias);
                }
                self.unanswered = Some(write);
                return;
            };
            self.told.note(&write);
            let revision = answer["RevisionId"].as_str().unwrap_or_default().to_owned();
            if let Some(alias) = alias {
                self.revisions.insert(alias, revision.clone());
            }
            if let Some(hash) = answer["CodeSha256"].as_str() {
                let member = |name: &str| answer[name].as_str().unwrap().to_owned();
                let version = (member("FunctionName"), member("Version"));
                self.code.insert(version, hash.to_owned());
            }
            // Nobody counts any more once it is to be killed.
            let _ = answers.send(revision);
        }
    }

    /// What was answered is there, unchanged; what was not answered is there or not, and nothing else is.
    fn check(&mut self, client: usize, endpoint: &Endpoint) {
        let mut with_unanswered = self.told.clone();
        if let Some(write) = self.unanswered.take() {
            with_unanswered.note(&write);
        }
        let found = Told::found(endpoint, client, &self.names);
        let wanted = [&self.told, &with_unanswered];
        assert!(
            wanted.contains(&&found),
            "{found:#?} is none of {wanted:#?}"
        );
        for (alias, revision) in &self.revisions {
            assert_eq!(endpoint.alias(alias)["RevisionId"], **revision, "{alias}");
        }
        for ((name, version), hash) in &self.code {
            let found = code_sha256(endpoint, name, version);
            assert_eq!(found.as_ref(), Some(hash), "{name} {version}");
        }
        self.told = found;
        // The writes of a name follow each other: one that was lost ends its row.
        self.written = (self.written / WRITES + 1) * WRITES;
    }
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost() {
    let directory = TempDir::new().unwrap();
    deploy_mirror(directory.path()).await;
    let mut random = fastrand::Rng::with_seed(4);
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::default()).collect();
    let mut revisions = BTreeSet::new();
    for round in 0..6 {
        let served = Served::start(directory.path(), TIME_SCALE);
        check_all(&mut clients, &served.endpoint, round);
        let (answers, answered) = mpsc::channel();
        let endpoint = served.endpoint.clone();
        let acknowledged = random.usize(1..120);
        thread::scope(|scope| {
            for (number, client) in clients.iter_mut().enumerate() {
                let (endpoint, answers) = (&endpoint, answers.clone());
                scope.spawn(move || client.write(number, endpoint, &answers));
            }
            let before: Vec<String> = answered.iter().take(acknowledged).collect();
            served.kill();
            drop(answers);
            for revision in before.into_iter().chain(answered) {
                let is_new = revision.is_empty() || revisions.insert(revision.clone());
                assert!(is_new, "{revision} came twice, in round {round}");
            }
        });
    }
    let served = Served::start(directory.path(), TIME_SCALE);
    check_all(&mut clients, &served.endpoint, 6);
    served.kill();
}

fn check_all(clients: &mut [Client], endpoint: &Endpoint, round: usize) {
    // Metrics are delivered as time passes: when this one is there, all that were sent before are.
    let marker = format!("round-{round}");
    put_metric_data(endpoint, &marker, 1);
    until("the delivery of metrics", || {
        (metric_data(endpoint, &marker) == (1, 1)).then_some(())
    });
    for (number, client) in clients.iter_mut().enumerate() {
        client.check(number, endpoint);
    }
}

/// Two versions of `mirror`, for aliases to point at.
async fn deploy_mirror(directory: &Path) {
    let emulator = prepare(directory).await;
    let stack = Stack::new(TEMPLATE, Path::new("."), &[]);
    for release in ["one", "two"] {
        let programs = BTreeMap::from([("Mirror".to_owned(), program("mirror", &[release]))]);
        stack.deploy(&emulator, &programs);
    }
}
