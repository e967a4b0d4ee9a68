//! Templates in, templates out.

mod watch;

use std::collections::BTreeMap;
use std::fs;

use emulator::template::{Context, Document, Stack, Template};
use similar::{ChangeTag, TextDiff};

use super::plan::{Subject, gated};
use super::snippet::Gate;
use super::{alias, chosen, next_steps, relative, write_all, written_name};

/// What `sam init` writes for Python, shortened where it is long.
const HELLO: &str = "AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: >
  python3.11

  Sample SAM Template for hello

# More info about Globals: https://github.com/aws
Globals:
  Function:
    Timeout: 3

Resources:
  HelloWorldFunction:
    Type: AWS::Serverless::Function # More info
    Properties: # {of the function}
      # where the code is
      CodeUri: hello_world/
      Handler: app.lambda_handler
      Runtime: python3.11
      Architectures:
      - x86_64
      Events:
        HelloWorld:
          Type: Api # More info
          Properties:
            Path: /hello
            Method: get

# --- what comes of it ---

Outputs:
  # its ARN
  HelloWorldFunction:
    Value: !GetAtt HelloWorldFunction.Arn
";

/// Another function, which follows those that are there.
const SECOND: &str = "  Second:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: second
      CodeUri: second/
      Handler: app.handler
      Runtime: python3.11

";

fn context() -> Context {
    Context {
        parameters: BTreeMap::new(),
        region: "us-east-1".to_owned(),
        account_id: "123456789012".to_owned(),
        stack_name: "shop".to_owned(),
        versions: BTreeMap::new(),
    }
}

fn resolved(text: &str) -> Stack {
    Template::read(text).unwrap().resolve(&context()).unwrap()
}

fn run(text: &str, id: Option<&str>) -> Result<String, String> {
    let (context, stack) = (context(), resolved(text));
    let document = Document::read(text).unwrap();
    let function = chosen(&stack, id).map_err(|error| error.to_string())?;
    let name = written_name(&document, &function.logical_id);
    let alias = alias(&document, function).unwrap();
    gated(&Subject {
        text,
        context: &context,
        stack: &stack,
        function,
        gate: Gate {
            function: &function.logical_id,
            name: name.unwrap_or("hello"),
            alias: &alias,
            events: "events/",
        },
        adds_name: name.is_none(),
    })
    .map(|gated| gated.text)
}

/// Nothing of the text is lost, and the lines that are added hold each of these.
fn check(text: &str, expected: &[&str]) -> String {
    let new = run(text, None).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let diff = TextDiff::from_lines(text, &new);
    let kept: String = diff
        .iter_all_changes()
        .filter(|change| change.tag() != ChangeTag::Insert)
        .map(|change| change.value().to_owned())
        .collect();
    assert_eq!(kept, text);
    if text.ends_with('\n') {
        assert!(
            diff.iter_all_changes()
                .all(|change| change.tag() != ChangeTag::Delete),
            "{new}"
        );
    }
    let crlf = text.contains("\r\n");
    assert!(
        new.split('\n')
            .rev()
            .skip(1)
            .all(|line| line.ends_with('\r') == crlf),
        "{new}"
    );
    for part in expected {
        assert!(new.contains(part), "no {part:?} in\n{new}");
    }
    new
}

#[test]
fn the_gate_is_added_and_everything_else_stays() {
    let start = "    Properties: # {of the function}\n      FunctionName: hello # test events go by it: \
                 events/hello/<EventName>.json\n      AutoPublishAlias: live\n      DeploymentPreference:\n        Type: \
                 Canary10Percent5Minutes\n";
    let end = "TreatMissingData: notBreaching\n\n# --- what comes of it ---\n\nOutputs:";
    check(
        HELLO,
        &[
            start,
            end,
            "  HelloWorldFunctionCanaryEvidenceAlarm:\n    Type",
            "\"${HelloWorldFunction.Arn}:live\"",
        ],
    );
    check(
        &HELLO.replace('\n', "\r\n"),
        &["AutoPublishAlias: live\r\n"],
    );
    let wide: String = HELLO
        .lines()
        .map(|line| {
            let spaces = line.len() - line.trim_start().len();
            format!("{:width$}{}\n", "", line.trim_start(), width = spaces * 2)
        })
        .collect();
    check(
        &wide,
        &[
            "            AutoPublishAlias: live\n            DeploymentPreference:\n                Type: Canary",
            "    GateEvents:\n        Type: AWS",
            "                - Name: function\n                  Value: !Ref HelloWorldFunction\n",
        ],
    );
    let (resources, _) = HELLO.split_once("\n# --- what").unwrap();
    check(resources, &["GatePolicy\n"]);
    check(
        resources.trim_end(),
        &["CodeDeployHookPostTraffic:\n", "CanaryWatch:\n"],
    );
    check(
        &format!("{resources}      # commented out: 1\n\n"),
        &["      # commented out: 1\n\n  # The watch publishes"],
    );
}

#[test]
fn what_is_there_is_used() {
    let with = |properties: &str| {
        HELLO.replace(
            "      # where the code is\n",
            &format!("{properties}      # where the code is\n"),
        )
    };
    let named = "      FunctionName: hello\n";
    let new = check(
        &with(&format!("{named}      AutoPublishAlias: prod\n")),
        &[
            "${HelloWorldFunction.Arn}:prod",
            "{of the function}\n      DeploymentPreference:",
        ],
    );
    assert!(!new.contains("live"), "{new}");
    let preference =
        "      AutoPublishAlias: prod\n      DeploymentPreference:\n        Type: AllAtOnce\n";
    let new = check(
        &with(&format!("{named}{preference}")),
        &[
            "DeploymentPreference:\n        Alarms:\n          - !Ref HelloWorldFunctionCanaryEvidenceAlarm\n",
        ],
    );
    assert!(!new.contains("Canary10Percent"), "{new}");
    let new = check(
        &with(&format!("{named}{preference}        Alarms: [other]\n")),
        &["DeploymentPreference:\n        Hooks:\n"],
    );
    assert!(
        !new.contains("Evidence") && !new.contains("CanaryWatch"),
        "{new}"
    );
    let global = HELLO
        .replace("    Timeout: 3\n", "    AutoPublishAlias: !Ref Stage\n")
        .replace(
            "Resources:\n  Hello",
            "Parameters:\n  Stage: {Type: String, Default: test}\nResources:\n  Hello",
        );
    check(
        &global,
        &[
            "\"${HelloWorldFunction.Arn}:${Stage}\"",
            "Value: !Ref Stage\n",
        ],
    );
}

#[test]
fn a_second_function_shares_the_hooks() {
    let first = run(HELLO, None).unwrap();
    let both = first.replace("# --- what comes", &format!("{SECOND}# --- what comes"));
    let new = run(&both, Some("Second")).unwrap();
    assert_eq!(new.matches("- !Ref SecondGatePolicy\n").count(), 2, "{new}");
    assert_eq!(
        new.matches("  CodeDeployHookPreTraffic:\n").count(),
        1,
        "{new}"
    );
    assert_eq!(
        new.matches("- !Ref SecondCanaryEvidenceAlarm\n").count(),
        1,
        "{new}"
    );
    assert_eq!(new.matches("  CanaryWatch:\n").count(), 1, "{new}");
    // Hooks and watch are no candidates.
    let error = run(&both, None).unwrap_err();
    assert!(
        error.ends_with("with one of HelloWorldFunction, Second"),
        "{error}"
    );
    let error = run(
        &format!("{}{SECOND}", HELLO.split_once("\n# ---").unwrap().0),
        None,
    )
    .unwrap_err();
    assert!(error.contains("HelloWorldFunction, Second"), "{error}");
}

#[test]
fn what_is_not_understood_is_left_to_a_person() {
    let flow = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    \
                Properties: {CodeUri: a, Runtime: python3.11, Handler: a.b}\n";
    let json = r#"{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "a"}}}}"#;
    let anchor = HELLO
        .replace("Properties: # {of", "Properties: &common # {of")
        .replace(
            "# --- what",
            "  Other:\n    Type: AWS::Serverless::Function\n    Properties: *common\n# --- what",
        );
    let disabled = HELLO.replace(
        "      # where",
        "      DeploymentPreference:\n        Enabled: false\n      # where",
    );
    let conditional = HELLO
        .replace(
            "    Type: AWS::Serverless::Function #",
            "    Condition: Yes\n    Type: AWS::Serverless::Function #",
        )
        .replace(
            "Resources:\n",
            "Conditions:\n  Yes: !Equals [a, a]\nResources:\n",
        );
    let taken = HELLO.replace(
        "# --- what",
        "  GateEvents:\n    Type: AWS::SNS::Topic\n# --- what",
    );
    let global = HELLO.replace(
        "    Timeout: 3\n",
        "    AutoPublishAlias: live\n    DeploymentPreference:\n      Type: AllAtOnce\n",
    );
    for (text, expected) in [
        (
            global.as_str(),
            "from Globals, where Hooks and Alarms would be those of every function",
        ),
        (flow, "F.Properties (line 5) is not written as a block"),
        (json, "JSON"),
        (&anchor, "not understood"),
        (&disabled, "is not enabled"),
        (&conditional, "has a Condition"),
        (&taken, "a resource GateEvents already"),
    ] {
        let error = run(
            text,
            Some(if text.contains("HelloWorld") {
                "HelloWorldFunction"
            } else {
                "F"
            }),
        )
        .unwrap_err();
        assert!(
            error.contains(expected),
            "{error} is not {expected}\n{text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn the_layer_is_found_from_the_template() {
    let root = tempfile::tempdir().unwrap();
    for folder in ["app", "cwd/evs", "far/away"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    std::os::unix::fs::symlink("far/away", root.path().join("link")).unwrap();
    for (base, events, expected) in [
        ("app", "app/events", "events/"),
        ("app", "app", "./"),
        ("cwd/../app", "cwd/evs", "../cwd/evs/"),
        ("cwd/../app", "cwd/../app/events", "events/"),
        ("app", "none/../cwd/none/evs", "../cwd/none/evs/"),
        ("link", "cwd/evs", "../../cwd/evs/"),
        ("app", "link/evs", "../far/away/evs/"),
        ("app", "link/../evs", "../far/evs/"),
    ] {
        let found = relative(&root.path().join(base), &root.path().join(events)).unwrap();
        assert_eq!(found, expected, "{events} from {base}");
    }
}

#[test]
fn nothing_is_written_where_one_file_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let [first, last] =
        ["A.expect.json", "gone/template.yaml"].map(|name| folder.path().join(name));
    let error = write_all([(first.as_path(), "{}"), (last.as_path(), "")].into_iter()).unwrap_err();
    assert!(error.to_string().contains("gone/template.yaml"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    write_all([(first.as_path(), "{}\n")].into_iter()).unwrap();
    assert_eq!(fs::read_to_string(&first).unwrap(), "{}\n");
}

#[test]
fn comments_block_scalars_and_transforms_stay_as_they_are() {
    let last = |resource: &str| HELLO.replace("\n# --- what", &format!("\n{resource}\n# --- what"));
    let text = "  Other:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Type: String\n      Value: |\n        one\n\n        \
                # no comment: text\n        Resources:\n\n        last\n";
    let transform = "  Other:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Type: String\n      Value:\n        \
                     Fn::Transform:\n          Name: Upper\n          Parameters: {Text: a}\n";
    for (text, end) in [
        (
            HELLO
                .replace("Resources:\n", "Resources:\n  # what there is\n\n")
                .replace(
                    "Function:\n    Type:",
                    "Function:\n    # the one\n\n    Type:",
                ),
            "Method: get\n\n  # The watch publishes",
        ),
        (last(text), "        last\n\n  # The watch publishes"),
        (last(transform), "{Text: a}\n\n  # The watch publishes"),
    ] {
        check(&text, &[end]);
    }
}

#[test]
fn the_next_steps_can_be_pasted() {
    let top = tempfile::tempdir().unwrap();
    let events = top.path().join("our events");
    fs::create_dir(&events).unwrap();
    fs::write(events.join("A.json"), "{}").unwrap();
    let mut out = Vec::new();
    next_steps(
        &top.path().join("a gate"),
        false,
        &events.join("F"),
        &events,
        &mut out,
    )
    .unwrap();
    let out = String::from_utf8(out).unwrap();
    let top = top.path().display();
    for command in [
        format!("--lambda-dir '{top}/a gate'\n"),
        format!(
            "mkdir -p '{top}/our events/F' && cp '{top}/our events/A.json' '{top}/our events/F'/"
        ),
    ] {
        assert!(out.contains(&command), "{command}: {out}");
    }
}
