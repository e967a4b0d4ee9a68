//! A deployment of `mirror` behind one real hook, described by what is unusual about it.

use std::collections::BTreeMap;
use std::fs;

use emulator::{AliasChange, Call, CodeStore, Completion, Emulator, Happening};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stack::{Stack, emulator_with, program};

/// The hook's function; CodeDeploy's role may invoke no others than `CodeDeployHook_…`.
const GATE: &str = "CodeDeployHook_Gate";

/// Which of the two hooks stands in the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    PreTraffic,
    PostTraffic,
    /// One function, made for PreTraffic, stands there for both.
    Both,
}

impl Hook {
    fn in_template(self) -> &'static str {
        match self {
            Self::PreTraffic => "PreTraffic: !Ref Gate",
            Self::PostTraffic => "PostTraffic: !Ref Gate",
            Self::Both => "PreTraffic: !Ref Gate, PostTraffic: !Ref Gate",
        }
    }

    fn binary(self) -> &'static str {
        match self {
            Self::PreTraffic | Self::Both => "pre-traffic",
            Self::PostTraffic => "post-traffic",
        }
    }

    fn lifecycle_event(self) -> &'static str {
        match self {
            Self::PreTraffic | Self::Both => "BeforeAllowTraffic",
            Self::PostTraffic => "AfterAllowTraffic",
        }
    }
}

/// What somebody else does when CodeDeploy has invoked the hook, and before the hook makes its first call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meanwhile {
    Nothing,
    /// Gives this version a tenth of the alias.
    Weighs(&'static str),
    /// Moves the alias to a third release, past CodeDeploy.
    Moves,
}

/// A test event in the report: name, source, outcome, and a part of its entry as JSON.
pub(super) type Reported<'a> = (&'a str, &'a str, &'a str, &'a str);

/// One deployment of version 2 of `mirror`, and what must come of it.
pub(super) struct Case<'a> {
    pub(super) unusual: &'a str,
    pub(super) hook: Hook,
    /// As SAM spells it.
    pub(super) deployment_type: &'a str,
    /// The events layer: files below `events`.
    pub(super) bundled: &'a [(&'a str, &'a str)],
    /// The document of the shared registry; empty when there is none.
    pub(super) shared: &'a str,
    /// The hook's.
    pub(super) variables: &'a [(&'a str, &'a str)],
    /// The hook's statements, as a list of YAML's.
    pub(super) statements: &'a str,
    /// The hook's, in seconds.
    pub(super) hook_timeout: u32,
    /// That of `mirror`, in seconds.
    pub(super) function_timeout: u32,
    pub(super) meanwhile: Meanwhile,
    /// What CodeDeploy was told, once: `Succeeded` or `Failed`.
    pub(super) received: &'a str,
    /// Parts of the report's reason.
    pub(super) reason: &'a [&'a str],
    /// Parts of the report's notes, one for each.
    pub(super) notes: &'a [&'a str],
    /// Function, alias, current and target version in the report; `-` for what is not in it.
    pub(super) target: &'a str,
    /// Every test event in the report, in order.
    pub(super) events: &'a [Reported<'a>],
    /// The version that the alias points at in the end, without weights.
    pub(super) alias: &'a str,
}

/// What a hook needs, as the shipped template grants it.
pub(super) const ALL_STATEMENTS: &str = "[
  { Effect: Allow, Action: [codedeploy:GetDeployment, codedeploy:GetDeploymentTarget,
    codedeploy:ListDeploymentTargets, codedeploy:GetApplicationRevision], Resource: '*' },
  { Effect: Allow, Action: codedeploy:PutLifecycleEventHookExecutionStatus, Resource: '*' },
  { Effect: Allow, Action: [lambda:InvokeFunction, lambda:GetAlias], Resource: !Sub '${Mirror.Arn}*' },
  { Effect: Allow, Action: cloudwatch:GetMetricData, Resource: '*' },
  { Effect: Allow, Action: schemas:DescribeSchema, Resource: '*' }]";

/// Nothing unusual: one bundled event, which every answer meets.
pub(super) const PASSES: Case<'static> = Case {
    unusual: "nothing",
    hook: Hook::PreTraffic,
    deployment_type: "AllAtOnce",
    bundled: &[("mirror/Ask.json", r#"{"question":"who"}"#)],
    shared: "",
    variables: &[],
    statements: ALL_STATEMENTS,
    hook_timeout: 30,
    function_timeout: 30,
    meanwhile: Meanwhile::Nothing,
    received: "Succeeded",
    reason: &["1 of 1 events met"],
    notes: &[],
    target: "mirror live 1 2",
    events: &[("Ask", "bundled", "met", "")],
    alias: "2",
};

/// What all rows have in common whose hook reports `Failed`: the alias ends where it was.
pub(super) const FAILS: Case<'static> = Case {
    received: "Failed",
    alias: "1",
    ..PASSES
};

/// [`FAILS`] where no test event was run.
pub(super) const BLOCKED: Case<'static> = Case {
    events: &[],
    ..FAILS
};

pub(super) async fn check_all(cases: &[Case<'_>]) {
    let store = CodeStore::create().unwrap();
    for case in cases {
        check(case, &store).await;
    }
}

/// Plays the deployment to its end and compares what CodeDeploy received, and what the hook answered.
async fn check(case: &Case<'_>, store: &CodeStore) {
    let unusual = case.unusual;
    let world = World::new(case, store).await;
    let id = world.begin();
    match case.meanwhile {
        Meanwhile::Nothing => {}
        Meanwhile::Weighs(version) => {
            let emulator = &world.emulator;
            let weighed = emulator.set_alias_weight("mirror", "live", version, 0.1);
            weighed.unwrap();
        }
        Meanwhile::Moves => world.move_past_codedeploy("three"),
    }
    world.finish().await;

    let seen = Seen::of(&world, &id);
    assert_eq!(seen.order, "invoked reported ended", "{unusual}");
    assert_eq!(seen.reported, [case.received], "{unusual}");
    let (payload, function_error) = &seen.ended[0];
    assert!(!function_error, "{unusual}: {payload}");
    let expected = match case.received {
        "Succeeded" => ("Succeeded", None),
        _ => ("Failed", Some("HOOK_EXECUTION_FAILURE")),
    };
    assert_eq!(world.state(&id), expected, "{unusual}");
    assert_eq!(world.alias(), (case.alias.to_owned(), None), "{unusual}");

    let report: Value = serde_json::from_str(payload).unwrap();
    assert_eq!(report["deploymentId"], *id, "{unusual}");
    assert_eq!(
        report["lifecycleEvent"],
        case.hook.lifecycle_event(),
        "{unusual}"
    );
    compare(case, &report);
}

fn compare(case: &Case<'_>, report: &Value) {
    let unusual = case.unusual;
    assert_eq!(report["verdict"], case.received, "{unusual}: {report}");
    let reason = report["reason"].as_str().unwrap();
    for part in case.reason {
        assert!(reason.contains(part), "{unusual}: {reason}");
    }
    let members = ["function", "alias", "currentVersion", "targetVersion"];
    let target = members.map(|name| report[name].as_str().unwrap_or("-"));
    assert_eq!(target.join(" "), case.target, "{unusual}");
    let notes = list(&report["notes"]);
    assert_eq!(notes.len(), case.notes.len(), "{unusual}: {notes:?}");
    for (note, part) in notes.iter().zip(case.notes) {
        assert!(note.as_str().unwrap().contains(part), "{unusual}: {note}");
    }
    let events = list(&report["events"]);
    let text = |event: &Value| {
        ["name", "source", "outcome"].map(|member| event[member].as_str().unwrap().to_owned())
    };
    let found: Vec<[String; 3]> = events.iter().map(text).collect();
    let expected: Vec<[String; 3]> = case
        .events
        .iter()
        .map(|(name, source, outcome, _)| [name, source, outcome].map(|&part| part.to_owned()))
        .collect();
    assert_eq!(found, expected, "{unusual}: {report}");
    for (event, (_, _, _, part)) in events.iter().zip(case.events) {
        assert!(event.to_string().contains(part), "{unusual}: {event}");
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What the timeline says of one deployment's hook.
pub(super) struct Seen {
    /// `invoked`, `reported` and `ended`, as they happened.
    order: String,
    pub(super) reported: Vec<String>,
    /// Answer, and whether it is a function error.
    pub(super) ended: Vec<(String, bool)>,
}

impl Seen {
    /// Of what happened since the last look.
    pub(super) fn of(world: &World, id: &str) -> Self {
        let mut order = Vec::new();
        let (mut reported, mut ended) = (Vec::new(), Vec::new());
        for entry in world.emulator.take_timeline() {
            match entry.happening {
                Happening::HookInvoked { deployment_id, .. } if deployment_id == id => {
                    order.push("invoked");
                }
                Happening::HookReported {
                    deployment_id,
                    status,
                } if deployment_id == id => {
                    order.push("reported");
                    reported.push(status);
                }
                Happening::HookEnded {
                    deployment_id,
                    payload,
                    function_error,
                    ..
                } if deployment_id == id => {
                    order.push("ended");
                    ended.push((payload, function_error));
                }
                _ => {}
            }
        }
        Self {
            order: order.join(" "),
            reported,
            ended,
        }
    }
}

/// The stack with its first release, `mirror:live` at version 1.
///
/// Its tests run on one thread: nothing of the emulator, and so no hook, goes on while a test does not wait.
pub(super) struct World {
    pub(super) emulator: Emulator,
    hook: Hook,
    stack: Stack,
    ungated: Stack,
    _directory: TempDir,
}

impl World {
    pub(super) async fn new(case: &Case<'_>, store: &CodeStore) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let events = directory.path().join("events");
        fs::create_dir(&events).unwrap();
        for (file, text) in case.bundled {
            let file = events.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let preference = format!(
            "DeploymentPreference: {{ Type: {}, Hooks: {{ {} }} }}",
            case.deployment_type,
            case.hook.in_template()
        );
        let stack = |preference| Stack::new(&template(case, preference), directory.path(), &[]);
        let world = Self {
            emulator: emulator_with(store).await,
            hook: case.hook,
            stack: stack(&preference),
            ungated: stack(""),
            _directory: directory,
        };
        if !case.shared.is_empty() {
            world.share(case.shared);
        }
        assert_eq!(
            world.deploy("one", case.hook.binary()),
            AliasChange::Created
        );
        world
    }

    /// Puts the document of the shared registry.
    pub(super) fn share(&self, document: &str) {
        self.emulator
            .put_shared_test_events("mirror", document.to_owned());
    }

    /// Starts the deployment of the second release, up to the hook's invocation: the deployment's id.
    pub(super) fn begin(&self) -> String {
        self.begin_behind(self.hook.binary())
    }

    /// The same behind a hook that only says what it was sent: the deployment's id, and the payload.
    ///
    /// Afterwards the hook's function is the real one, and the deployment waits for its report.
    pub(super) async fn begin_in_silence(&self) -> (String, Value) {
        let id = self.begin_behind("mirror");
        self.emulator.settle().await;
        let (answer, _) = Seen::of(self, &id).ended.remove(0);
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        let programs = programs("two", self.hook.binary());
        self.stack.publish(&self.emulator, &programs);
        (id, answer["payload"].take())
    }

    /// The same, with this many calls through the alias as soon as a part of them goes to the new version.
    pub(super) async fn begin_under(&self, calls: usize) -> String {
        let id = self.deploy_second(self.hook.binary());
        while self.alias().1.is_none() {
            self.emulator.advance_to(self.emulator.next_due().unwrap());
        }
        for _ in 0..calls {
            let call = Call {
                payload: "{}".into(),
                client_context: None,
            };
            let invoked = self.emulator.invoke("mirror", Some("live"), call).await;
            assert!(!invoked.unwrap().completion.function_error);
        }
        while self.emulator.advance_to(self.emulator.next_due().unwrap()) {}
        id
    }

    fn deploy_second(&self, gate: &str) -> String {
        let AliasChange::Deployment(id) = self.deploy("two", gate) else {
            panic!("a deployment was expected")
        };
        id
    }

    fn begin_behind(&self, gate: &str) -> String {
        let id = self.deploy_second(gate);
        // It stops when the hook has been invoked.
        while self.emulator.advance_to(self.emulator.next_due().unwrap()) {}
        id
    }

    /// Plays on until nothing is due, and so nothing is being deployed.
    pub(super) async fn finish(&self) {
        self.emulator.settle().await;
        while let Some(due) = self.emulator.next_due() {
            self.emulator.advance_to(due);
            self.emulator.settle().await;
        }
    }

    fn move_past_codedeploy(&self, release: &str) {
        let changes = self
            .ungated
            .deploy(&self.emulator, &programs(release, self.hook.binary()));
        assert_eq!(changes["Mirror"], AliasChange::Moved);
    }

    fn deploy(&self, release: &str, gate: &str) -> AliasChange {
        let mut changes = self.stack.deploy(&self.emulator, &programs(release, gate));
        changes.remove("Mirror").unwrap()
    }

    /// Invokes the hook as Lambda's queue does, with any payload.
    pub(super) async fn invoke_hook(&self, payload: &Value) -> Completion {
        let call = Call {
            payload: payload.to_string().into(),
            client_context: None,
        };
        let invoked = self.emulator.invoke(GATE, None, call).await.unwrap();
        invoked.completion
    }

    /// A deployment's status, and the code of its error.
    pub(super) fn state(&self, id: &str) -> (&'static str, Option<&'static str>) {
        let state = self.emulator.deployment(id).unwrap();
        (state.status, state.error.map(|(code, _)| code))
    }

    /// Where `live` points, and its weights.
    pub(super) fn alias(&self) -> (String, Option<(String, f64)>) {
        let alias = self.emulator.alias("mirror", "live").unwrap();
        (alias.function_version, alias.additional_version_weight)
    }
}

fn programs(release: &str, gate: &str) -> BTreeMap<String, emulator::Program> {
    BTreeMap::from([
        ("Mirror".to_owned(), program("mirror", &[release])),
        ("Gate".to_owned(), program(gate, &[])),
    ])
}

fn template(case: &Case<'_>, preference: &str) -> String {
    let bundled = [("GATE_EVENTS_DIR", "/opt")];
    let variables: BTreeMap<&str, &str> = bundled.iter().chain(case.variables).copied().collect();
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{ Runtime: provided.al2023, Handler: bootstrap, CodeUri: . }}
Resources:
  Mirror:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mirror
      Timeout: {function_timeout}
      AutoPublishAlias: live
      {preference}
  Events:
    Type: AWS::Serverless::LayerVersion
    Properties: {{ ContentUri: events }}
  Gate:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: {GATE}
      Timeout: {hook_timeout}
      Policies: {{ Version: 2012-10-17, Statement: {statements} }}
      Layers: [!Ref Events]
      Environment:
        Variables: {variables}
",
        function_timeout = case.function_timeout,
        hook_timeout = case.hook_timeout,
        statements = case.statements.replace('\n', ""),
        variables = json!(variables),
    )
}
