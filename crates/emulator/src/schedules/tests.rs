use std::num::NonZeroU32;
use std::path::Path;

use super::*;
use crate::template::{Context, Template};
use crate::testing::BEGINNING;
use crate::{Beginning, Code, CodeStore, DataDir, Emulator, Happening, Program};

const MINUTES: fn(u64) -> Duration = |minutes| Duration::from_secs(60 * minutes);

/// A template with two functions that run every minute, of which only `f` has code; `event` stands in its event.
fn template(properties: &str, event: &str) -> String {
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      CodeUri: .
      Runtime: provided.al2023
      Handler: bootstrap
      {properties}
      Events: {{Tick: {{Type: Schedule, Properties: {{{event}}}}}}}
  G:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: g
      CodeUri: .
      Events: {{Tick: {{Type: Schedule, Properties: {{Schedule: rate(1 minute), Name: of-g}}}}}}
"
    )
}

const EVERY_MINUTE: &str = "Name: tick, Schedule: rate(1 minute)";

fn deploy(emulator: &Emulator, template: &str) {
    let context = Context {
        region: "us-east-1".to_owned(),
        account_id: "123456789012".to_owned(),
        ..Context::default()
    };
    let stack = Template::read(template).unwrap().resolve(&context).unwrap();
    // It ends at once, which is a function error.
    let programs = ["F", "CodeDeployHookH"].map(|id| (id.to_owned(), Program::new("/bin/sh")));
    let programs = BTreeMap::from(programs);
    let code = Code {
        programs: &programs,
        template_directory: Path::new("."),
    };
    let versions = emulator.publish(&stack, &code).unwrap();
    emulator.apply(&stack, &versions).unwrap();
}

fn beginning(time_scale: Option<u32>, store: CodeStore) -> Beginning {
    Beginning {
        account: Account::default(),
        seed: 1,
        now: BEGINNING,
        time_scale: time_scale.and_then(NonZeroU32::new),
        port: 0,
        store,
        reaper: None,
    }
}

async fn emulator(template: &str) -> Emulator {
    let store = CodeStore::create().unwrap();
    let emulator = Emulator::start(beginning(None, store)).await.unwrap();
    deploy(&emulator, template);
    emulator.take_timeline();
    emulator
}

/// Lets time pass to `end`, and says when runs ended on the way, in seconds from the beginning.
async fn runs(emulator: &Emulator, end: Timestamp) -> Vec<u64> {
    while !emulator.advance_to(end) {
        emulator.settle().await;
    }
    let entries = emulator.take_timeline().into_iter();
    let runs = entries.filter_map(|entry| match entry.happening {
        Happening::ScheduledRunEnded { rule, function, .. } => {
            assert_eq!((rule.as_str(), function.as_str()), ("tick", "f"));
            Some(entry.at.since(BEGINNING).as_secs())
        }
        _ => None,
    });
    runs.collect()
}

/// The second of the minute at which the rule of this name runs.
fn second_of(name: &str) -> u64 {
    1 + fnv1a(OFFSET, name.as_bytes()) % 59
}

#[tokio::test]
async fn what_is_due_runs_and_is_retried_as_an_asynchronous_invocation_is() {
    let s = second_of("tick");
    // The function's properties, what its event says, and when runs end in the first four minutes.
    let rows: [(&str, &str, &[u64]); 6] = [
        (
            "EventInvokeConfig: {MaximumRetryAttempts: 0}",
            EVERY_MINUTE,
            &[60 + s, 120 + s, 180 + s],
        ),
        (
            "AutoPublishAlias: live\n      EventInvokeConfig: {MaximumRetryAttempts: 0}",
            EVERY_MINUTE,
            &[60 + s, 120 + s, 180 + s],
        ),
        (
            "",
            "Name: tick, Schedule: rate(2 minutes)",
            // Once more a minute after the first one.
            &[120 + s, 180 + s],
        ),
        (
            "EventInvokeConfig: {MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60}",
            "Name: tick, Schedule: rate(2 minutes)",
            &[120 + s, 180 + s],
        ),
        ("", "Name: tick, Schedule: rate(1 hour)", &[]),
        (
            "",
            "Name: tick, Schedule: rate(1 minute), Enabled: false",
            &[],
        ),
    ];
    for (properties, event, expected) in rows {
        let emulator = emulator(&template(properties, event)).await;
        let seen = runs(&emulator, BEGINNING + MINUTES(4)).await;
        assert_eq!(seen, expected, "{properties} {event}");
    }
}

#[tokio::test]
async fn an_attempt_that_is_refused_is_on_the_timeline_with_the_reason() {
    let s = second_of("tick");
    let once = "Name: tick, Schedule: rate(1 hour)";
    // The function's properties, what is deleted before the rule runs, and when attempts end with which code.
    let rows: [(&str, Option<&str>, &str); 3] = [
        (
            "ReservedConcurrentExecutions: 0",
            None,
            "TooManyRequestsException",
        ),
        ("", Some("f"), "ResourceNotFoundException"),
        (
            "AutoPublishAlias: live",
            Some("f:live"),
            "ResourceNotFoundException",
        ),
    ];
    for (properties, deleted, code) in rows {
        let emulator = emulator(&template(properties, once)).await;
        if let Some(deleted) = deleted {
            let lambda = &mut emulator.shared.state().lambda;
            match deleted.split_once(':') {
                None => lambda.delete_function(deleted).unwrap(),
                Some((function, alias)) => lambda.delete_alias(function, alias).unwrap(),
            }
        }
        while !emulator.advance_to(BEGINNING + MINUTES(62)) {
            emulator.settle().await;
        }
        let entries = emulator.take_timeline().into_iter();
        let runs: Vec<_> = entries
            .filter_map(|entry| match entry.happening {
                Happening::ScheduledRunEnded {
                    payload,
                    function_error,
                    ..
                } => Some((entry.at, payload, function_error)),
                _ => None,
            })
            .collect();
        let [(at, payload, true)] = runs.as_slice() else {
            panic!("{code}: {runs:?}");
        };
        assert_eq!(at.since(BEGINNING).as_secs(), 3600 + s);
        assert!(payload.starts_with(code), "{payload}");
    }
}

#[tokio::test]
async fn time_stands_still_while_it_runs() {
    let emulator = emulator(&template("", EVERY_MINUTE)).await;
    let due = emulator.next_due().unwrap();
    assert!(!emulator.advance_to(due + MINUTES(10)));
    assert_eq!(emulator.now(), due);
    emulator.settle().await;
    assert_eq!(emulator.now(), due);
    let [entry] = emulator.take_timeline().try_into().unwrap();
    let Happening::ScheduledRunEnded {
        payload,
        function_error,
        ..
    } = entry.happening
    else {
        panic!("{entry:?}");
    };
    assert!(
        function_error && payload.contains("Runtime.ExitError"),
        "{payload}"
    );
}

/// The names of two rules that run at this second of the minute.
fn names_at(second: u64) -> [String; 2] {
    let names = (0..).map(|number| format!("tick-{number}"));
    let mut names = names.filter(|name| second_of(name) == second);
    [(); 2].map(|()| names.next().unwrap())
}

#[tokio::test]
async fn rules_that_are_due_at_one_second_run_one_after_another() {
    let [one, other] = names_at(7);
    let template = format!(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      CodeUri: .
      Runtime: provided.al2023
      Handler: bootstrap
      EventInvokeConfig: {{MaximumRetryAttempts: 1}}
      Events:
        Other: {{Type: Schedule, Properties: {{Schedule: rate(1 hour), Name: {other}}}}}
        One: {{Type: Schedule, Properties: {{Schedule: rate(1 hour), Name: {one}}}}}
"
    );
    let emulator = emulator(&template).await;
    let mut stops = Vec::new();
    while !emulator.advance_to(BEGINNING + MINUTES(65)) {
        let now = emulator.now();
        let is_more_due = emulator.next_due() == Some(now);
        stops.push((now.since(BEGINNING).as_secs(), is_more_due));
        emulator.settle().await;
    }
    // The second of the retries begins when the first has ended, without another stop.
    assert_eq!(stops, [(3607, true), (3607, false), (3667, true)]);
    let ended = emulator.take_timeline().into_iter();
    let ended: Vec<String> = ended
        .filter_map(|entry| match entry.happening {
            Happening::ScheduledRunEnded { rule, .. } => Some(rule),
            _ => None,
        })
        .collect();
    assert_eq!(ended[..2], [one, other]);
    assert_eq!(ended.len(), 4);
}

#[tokio::test]
async fn a_hook_and_a_rule_that_are_due_at_one_second_run_one_after_the_other() {
    let [name, _] = names_at(2);
    let template = |description: &str| {
        format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      CodeUri: .
      Runtime: provided.al2023
      Handler: bootstrap
      Description: {description}
      AutoPublishAlias: live
      AutoPublishAliasAllProperties: true
      DeploymentPreference: {{Type: AllAtOnce, Hooks: {{PreTraffic: !Ref CodeDeployHookH}}}}
  CodeDeployHookH:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: CodeDeployHook_h
      CodeUri: .
      Runtime: provided.al2023
      Handler: bootstrap
      Events: {{Tick: {{Type: Schedule, Properties: {{Schedule: rate(1 minute), Name: {name}}}}}}}
"
        )
    };
    let emulator = emulator(&template("one")).await;
    assert!(emulator.advance_to(BEGINNING + MINUTES(1)));
    deploy(&emulator, &template("two"));
    let both = BEGINNING + Duration::from_secs(62);
    let is_rule_due = || emulator.shared.state().schedules.next_due() == Some(both);
    // Whether the rule is still due when something has begun.
    for still_due in [true, false] {
        assert!(!emulator.advance_to(both));
        assert_eq!((emulator.now(), is_rule_due()), (both, still_due));
        emulator.settle().await;
    }
    let ended = emulator.take_timeline().into_iter();
    let ended: Vec<_> = ended
        .filter_map(|entry| match entry.happening {
            Happening::HookEnded { .. } => Some("hook"),
            Happening::ScheduledRunEnded { .. } => Some("rule"),
            _ => None,
        })
        .collect();
    assert_eq!(ended, ["hook", "rule"]);
}

#[tokio::test]
async fn a_template_that_is_deployed_again_changes_its_rules() {
    let s = second_of("tick");
    let once = "EventInvokeConfig: {MaximumRetryAttempts: 0}";
    let emulator = emulator(&template(once, EVERY_MINUTE)).await;
    let mut end = BEGINNING;
    // What its event says then, and when runs end in the two or three minutes after.
    let rows: [(&str, &[u64]); 6] = [
        (EVERY_MINUTE, &[60 + s, 120 + s]),
        // The rule goes on as it did, though what it sends is another thing.
        (
            "Name: tick, Schedule: rate(1 minute), Input: '{}'",
            &[180 + s, 240 + s],
        ),
        ("Name: tick, Schedule: rate(3 minutes)", &[]),
        ("Name: tick, Schedule: rate(3 minutes)", &[420 + s]),
        (
            "Name: tick, Schedule: rate(3 minutes), State: DISABLED",
            &[],
        ),
        ("Name: tick, Schedule: rate(3 minutes), State: ENABLED", &[]),
    ];
    for (event, expected) in rows {
        deploy(&emulator, &template(once, event));
        end += MINUTES(2);
        let until = end + Duration::from_secs(59);
        let seen = runs(&emulator, until).await;
        assert_eq!(seen, expected, "{event}");
    }
    let template = template(once, EVERY_MINUTE).replace(
        "Events: {Tick: {Type: Schedule",
        "Events: {Tick: {Type: Api",
    );
    deploy(&emulator, &template);
    assert_eq!(emulator.next_due(), None);
}

#[tokio::test]
async fn rules_outlive_the_emulator_and_make_up_for_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let resume = async |now| {
        let data_dir = DataDir::open(directory.path()).unwrap();
        let store = data_dir.code_store().unwrap();
        let beginning = Beginning {
            now,
            ..beginning(None, store)
        };
        Emulator::resume(beginning, data_dir).await.unwrap()
    };
    let once = "EventInvokeConfig: {MaximumRetryAttempts: 0}";
    let due = {
        let emulator = resume(BEGINNING).await;
        deploy(&emulator, &template(once, EVERY_MINUTE));
        emulator.next_due().unwrap()
    };
    let later = BEGINNING + MINUTES(600);
    let emulator = resume(later).await;
    assert_eq!(emulator.next_due(), Some(due));
    let s = second_of("tick");
    let seen = runs(&emulator, later + MINUTES(2)).await;
    assert_eq!(seen, [36_000, 36_000 + s, 36_060 + s]);
}

#[test]
fn a_rule_that_is_late_is_due_at_its_own_times() {
    let at = |seconds: u64| Timestamp::from_millis(seconds * 1000);
    let rule = Rule {
        name: "tick".to_owned(),
        kind: ScheduleKind::Rule,
        target: Target {
            function_name: "f".to_owned(),
            qualifier: None,
            input: None,
        },
        rate: 300,
        next: Some(at(400)),
    };
    for (now, due, next) in [
        (399, None, 400),
        (400, Some(400), 700),
        (699, Some(400), 700),
        (700, Some(700), 1000),
        (5000, Some(4900), 5200),
    ] {
        let mut schedules = Schedules::default();
        schedules.put(BTreeMap::from([("arn".to_owned(), rule.clone())]));
        let taken = schedules.take_due(at(now)).map(|(.., due)| due);
        assert_eq!(taken, due.map(at), "{now}");
        assert_eq!(schedules.next_due(), Some(at(next)), "{now}");
    }
}

#[test]
fn the_first_run_comes_within_the_minute_in_which_a_rate_has_passed() {
    for (name, rate, now) in [
        ("a", 60, 0),
        ("b", 60, 59_999),
        ("c", 300, 30_500),
        ("d", 86_400, 1),
    ] {
        let (rate, now) = (Duration::from_secs(rate), Timestamp::from_millis(now));
        let first = first_run(name, rate, now);
        assert!(first > now, "{name}");
        assert_eq!(
            first.as_millis() / 60_000,
            (now + rate).as_millis() / 60_000
        );
        let second = first.as_millis() % 60_000;
        assert!(
            second.is_multiple_of(1000) && second > 0,
            "{name}: {second}"
        );
    }
}

#[test]
fn a_scheduled_event_reads_as_eventbridge_s() {
    let due = Timestamp::from_millis(1_747_310_400_000);
    let account = Account::default();
    let event = |kind| scheduled_event(&account, kind, "arn:r", due, "i".to_owned()).to_string();
    let (id, region) = (&account.account_id, &account.region);
    let rule = format!(
        r#"{{"version":"0","id":"i","detail-type":"Scheduled Event","source":"aws.events","account":"{id}","time":"2025-05-15T12:00:00Z","region":"{region}","resources":["arn:r"],"detail":{{}}}}"#
    );
    assert_eq!(event(ScheduleKind::Rule), rule);
    let schedule = rule
        .replace("aws.events", "aws.scheduler")
        .replace("{}", r#""{}""#);
    assert_eq!(event(ScheduleKind::Schedule), schedule);
}

#[tokio::test]
async fn a_run_holds_up_the_time_that_runs_faster() {
    let store = CodeStore::create().unwrap();
    let emulator = Emulator::start(beginning(Some(3600), store)).await.unwrap();
    let once = "EventInvokeConfig: {MaximumRetryAttempts: 0}";
    deploy(
        &emulator,
        &template(once, "Name: tick, Schedule: rate(1 day)"),
    );
    let has_runs = |state: &State| state.clock.as_ref().is_some_and(|clock| clock.has_runs());
    {
        let mut state = emulator.shared.state();
        let rules = &mut state.schedules.rules;
        let arn = rules.keys().next().unwrap().clone();
        rules.get_mut(&arn).unwrap().next = Some(BEGINNING);
        assert!(!has_runs(&state));
        pass_time(&emulator.shared, &mut state);
        assert!(has_runs(&state));
    }
    emulator.settle().await;
    assert!(!has_runs(&emulator.shared.state()));
}
