use super::*;
use crate::reason::reason;
use serde_json::json;
use std::time::{Duration, Instant};

/// Function, alias, current and target version (empty where there is none), and the hooks.
type Expected<'a> = Result<([&'a str; 4], &'a [(LifecycleEvent, &'a str)]), &'a str>;

const BEFORE: LifecycleEvent = LifecycleEvent::BeforeAllowTraffic;
const AFTER: LifecycleEvent = LifecycleEvent::AfterAllowTraffic;

fn check(text: &str, expected: Expected<'_>) {
    let shown: String = text.chars().take(2_000).collect();
    match (AppSpec::parse(text), expected) {
        (Ok(spec), Ok((shift, hooks))) => {
            let found = [
                spec.function.as_str(),
                &spec.alias,
                spec.current_version.as_deref().unwrap_or_default(),
                spec.target_version.as_deref().unwrap_or_default(),
            ];
            assert_eq!(found, shift, "{shown}");
            let found: Vec<(LifecycleEvent, &str)> = spec
                .hooks
                .iter()
                .map(|hook| (hook.lifecycle_event, hook.function.as_str()))
                .collect();
            assert_eq!(found, hooks, "{shown}");
        }
        (Err(error), Err(part)) => {
            let found = reason(&error);
            assert!(found.contains(part), "{shown}: {found}");
            assert!(found.len() < 500, "{found}");
        }
        (found, expected) => panic!("{shown}: found {found:?}, expected {expected:?}"),
    }
}

/// The document that CloudFormation writes, with one property of the resource replaced.
fn with(property: &str, value: Value) -> String {
    let mut properties =
        json!({"Name": "F", "Alias": "live", "CurrentVersion": "2", "TargetVersion": "3"});
    properties[property] = value;
    document(json!([{"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}]))
}

fn document(resources: Value) -> String {
    json!({"version": "0.0", "Resources": resources, "Hooks": [{"BeforeAllowTraffic": "h"}]})
        .to_string()
}

/// The same document with these hooks.
fn with_hooks(hooks: Value) -> String {
    let mut document: Value = serde_json::from_str(&with("Alias", json!("live"))).unwrap();
    document["Hooks"] = hooks;
    document.to_string()
}

/// In YAML, with one line for each property, and `rest` below.
fn yaml(properties: &[&str], rest: &str) -> String {
    let properties: String = properties
        .iter()
        .map(|line| format!("        {line}\n"))
        .collect();
    format!(
        "version: 0.0\nResources:\n  - my-function:\n      Type: AWS::Lambda::Function\n      Properties:\n{properties}{rest}"
    )
}

const LINES: [&str; 4] = [
    "Name: F",
    "Alias: live",
    "CurrentVersion: 2",
    "TargetVersion: 3",
];

const SHIFT: Expected<'_> = Ok((["F", "live", "2", "3"], &[(BEFORE, "h")]));
const UNHOOKED: Expected<'_> = Ok((["F", "live", "2", "3"], &[]));
const BOTH: Expected<'_> = Ok((["F", "live", "2", "3"], &[(BEFORE, "a"), (AFTER, "b")]));

#[test]
fn reads_what_cloudformation_writes() {
    check(
        r#"{"version":"0.0","Resources":[{"F":{"Type":"AWS::Lambda::Function","Properties":{"Name":"F","Alias":"live","CurrentVersion":"2","TargetVersion":"3"}}}],"Hooks":[{"BeforeAllowTraffic":"CodeDeployHook_abc"}]}"#,
        Ok((["F", "live", "2", "3"], &[(BEFORE, "CodeDeployHook_abc")])),
    );
}

#[test]
fn reads_any_key_case_numbers_and_unknown_keys() {
    check(
        r#"{"resources":[{"x":{"type":"AWS::Lambda::Function","properties":{"name":"F","alias":"live","currentversion":"2","targetversion":"3"}}}],"hooks":[{"beforeallowtraffic":"h"}]}"#,
        SHIFT,
    );
    check(
        r#"{"RESOURCES":[{"x":{"TYPE":"AWS::Lambda::Function","PROPERTIES":{"NAME":"F","ALIAS":"live","CURRENTVERSION":"2","TARGETVERSION":"3"}}}],"HOOKS":[{"BEFOREALLOWTRAFFIC":"h"}]}"#,
        SHIFT,
    );
    check(
        "\u{feff} {\"Resources\":[{\"x\":{\"Type\":\"AWS::Lambda::Function\",\"Properties\":{\"Name\":\"F\",\"Alias\":\"live\",\"CurrentVersion\":2,\"TargetVersion\":3}}}]}",
        UNHOOKED,
    );
    check(&with("Description", json!({"anything": [1]})), SHIFT);
    // A rollback shifts to a lower version.
    check(
        &with("CurrentVersion", json!("10")),
        Ok((["F", "live", "10", "3"], &[(BEFORE, "h")])),
    );
}

#[test]
fn reads_versions_that_the_hooks_refuse() {
    for (version, expected) in [
        (json!("$LATEST"), "$LATEST"),
        (json!("2"), "2"),
        (json!("03"), "03"),
        (json!(3.5), "3.5"),
        (json!(""), ""),
        (Value::Null, ""),
    ] {
        check(
            &with("TargetVersion", version),
            Ok((["F", "live", "2", expected], &[(BEFORE, "h")])),
        );
    }
    let missing = AppSpec::parse(&with("CurrentVersion", Value::Null)).unwrap();
    assert_eq!(missing.current_version, None);
}

#[test]
fn reads_hooks_in_every_shape() {
    let rows = [
        (json!([]), UNHOOKED),
        (json!({}), UNHOOKED),
        (Value::Null, UNHOOKED),
        (json!([{"BeforeAllowTraffic": "h"}]), SHIFT),
        (
            json!([{"BeforeAllowTraffic": "a"}, {"AfterAllowTraffic": "b"}]),
            BOTH,
        ),
        (
            json!([{"BeforeAllowTraffic": "a", "AfterAllowTraffic": "b"}]),
            BOTH,
        ),
        (
            json!({"BeforeAllowTraffic": "a", "AfterAllowTraffic": "b"}),
            BOTH,
        ),
        // Of other platforms, and of none.
        (
            json!([{"BeforeInstall": ["x"]}, {"BeforeAllowTraffic": "h"}, {"Whatever": 1}]),
            SHIFT,
        ),
        (
            json!([{"BeforeAllowTraffic": null}, {"BeforeAllowTraffic": "h"}]),
            SHIFT,
        ),
        (json!("h"), Err("Hooks is not a list")),
        (json!(["h"]), Err("Hooks is not an object")),
        (
            json!([{"AfterAllowTraffic": ["h"]}]),
            Err("AfterAllowTraffic is not a string"),
        ),
        (
            json!([{"AfterAllowTraffic": "a"}, {"afterallowtraffic": "a"}]),
            Err("AfterAllowTraffic more than once"),
        ),
    ];
    for (hooks, expected) in rows {
        check(&with_hooks(hooks), expected);
    }
    check(
        &with_hooks(json!([{
            "AfterAllowTraffic": "arn:aws:lambda:eu-west-1:123456789012:function:h:live"
        }])),
        Ok((
            ["F", "live", "2", "3"],
            &[(
                AFTER,
                "arn:aws:lambda:eu-west-1:123456789012:function:h:live",
            )],
        )),
    );
}

#[test]
fn reads_yaml_as_people_write_it() {
    let hooks = "Hooks:\n  - BeforeAllowTraffic: \"a\"\n  - AfterAllowTraffic: b\n";
    check(&yaml(&LINES, hooks), BOTH);
    check(&yaml(&LINES, ""), UNHOOKED);
    check(&yaml(&LINES, "Hooks:\n"), UNHOOKED);
    check(
        &yaml(&LINES, "# Hooks:\n#   - BeforeAllowTraffic: a\n"),
        UNHOOKED,
    );
    // The User Guide's own spelling of a Lambda AppSpec.
    check(
        "version: 0.0\nresources:\n  - name-of-function-to-deploy:\n      type: \"AWS::Lambda::Function\"\n      properties:\n        name: F\n        alias: live\n        currentversion: 2\n        targetversion: '3'\nhooks:\n  beforeallowtraffic: a\n  afterallowtraffic: b\n",
        BOTH,
    );
    // Lists without indentation, flow style, comments, a document marker, a directive.
    check(
        "%YAML 1.1\n---\nResources:\n- F:\n    Type: AWS::Lambda::Function # a comment\n    Properties: {Name: F, Alias: 'live', CurrentVersion: \"2\", TargetVersion: 3}\nHooks: [BeforeAllowTraffic: a, AfterAllowTraffic: b]\n...\n",
        BOTH,
    );
    let text = yaml(&LINES, hooks);
    check(&format!("\u{feff}{text}"), BOTH);
    check(&text.replace('\n', "\r\n"), BOTH);
    check(&format!("# Funktion für Bestellungen 🚚\n{text}"), BOTH);
    // JSON in YAML's guise.
    check(&format!("--- {}", with("Alias", json!("live"))), SHIFT);
    // An anchor that nothing refers to changes nothing.
    check(&text.replace("Name: F", "Name: &name F"), BOTH);
    check(
        &yaml(&LINES, "On: {yes: no, 1: ~, null: [], '': \"\\0\"}\n"),
        UNHOOKED,
    );
}

#[test]
fn reads_yaml_scalars_as_they_are_written() {
    let check = |line: &str, expected: Expected<'_>| {
        let property = line.split(':').next().unwrap();
        let lines = LINES.map(|known| {
            if known.starts_with(property) {
                line
            } else {
                known
            }
        });
        check(&yaml(&lines, ""), expected);
    };
    let target = |version| Ok((["F", "live", "2", version], [].as_slice()));
    check("TargetVersion: 1", target("1"));
    check("TargetVersion: \"1\"", target("1"));
    check("TargetVersion: |-\n          1", target("1"));
    check("TargetVersion: >-\n          1", target("1"));
    check("TargetVersion: $LATEST", target("$LATEST"));
    // None of these is a published version, and none may become one.
    check("TargetVersion: 1.0", target("1.0"));
    check("TargetVersion: 010", target("010"));
    check("TargetVersion: 0x1", target("0x1"));
    check("TargetVersion: 1_0", target("1_0"));
    check("TargetVersion: 1:30", target("1:30"));
    check("TargetVersion: +1", target("+1"));
    check("TargetVersion: 1 0", target("1 0"));
    for nothing in ["", "~", "null", "Null", "NULL"] {
        check(&format!("TargetVersion: {nothing}"), target(""));
        check(&format!("Name: {nothing}"), Err("no Name"));
    }
    check("Name: 5", Ok((["5", "live", "2", "3"], &[])));
    check("Name: 5f", Ok((["5f", "live", "2", "3"], &[])));
    check("Alias: on", Ok((["F", "on", "2", "3"], &[])));
    check("Alias: true", Err("Alias is not a string"));
    check("Alias: 'true'", Ok((["F", "true", "2", "3"], &[])));
    check("Alias: 1", Err("Alias is `1`"));
    check("Alias: 1e2", Err("Alias is `100.0`"));
    check("Alias: [live]", Err("Alias is not a string"));
    check(
        "Name: Bestellungen für alle",
        Err("not the name of a function"),
    );
}

#[test]
fn says_what_is_wrong_with_the_resource() {
    let rows = [
        (
            "TargetVersion",
            json!(["3"]),
            "TargetVersion is not a string",
        ),
        ("targetversion", json!("4"), "TargetVersion more than once"),
        (
            "Name",
            json!("../F"),
            "Name is `../F`, which is not the name of a function",
        ),
        (
            "Name",
            json!("arn:aws:lambda:eu-west-1:123456789012:function:F"),
            "not the name of a function",
        ),
        ("Name", json!(""), "Name is ``"),
        (
            "Alias",
            json!("$LATEST"),
            "Alias is `$LATEST`, which is not the name of an alias",
        ),
        ("Alias", json!("12"), "Alias is `12`"),
        ("Alias", Value::Null, "no Alias"),
    ];
    for (property, value, part) in rows {
        check(&with(property, value), Err(part));
    }
}

#[test]
fn says_what_is_wrong_with_the_document() {
    let rows = [
        ("", "text is not an object"),
        (" \n\t\n", "text is not an object"),
        ("[]", "text is not an object"),
        ("null", "text is not an object"),
        ("version: 0.0", "no Resources"),
        ("{", "not valid JSON: EOF"),
        ("{}", "no Resources"),
        (
            r#"{"Resources":[]} {}"#,
            "not valid JSON: trailing characters",
        ),
        (
            r#"{"Resources":[],"resources":[]}"#,
            "Resources more than once",
        ),
        (
            r#"{"Resources":[],"Resources":[]}"#,
            "\"Resources\" is repeated",
        ),
        (r#"{"x":{"a":1,"a":1}}"#, "\"a\" is repeated"),
    ];
    for (text, part) in rows {
        check(text, Err(part));
    }
    let function = |value: Value| json!([{"F": value}]);
    let rows = [
        (json!({}), "Resources is not a list"),
        (json!([]), "0 resources"),
        (json!([{}]), "0 resources"),
        (json!([{"a": {}, "b": {}}]), "2 resources"),
        (json!([{"a": {}}, {"b": {}}]), "2 resources"),
        (json!(["F"]), "Resources is not an object"),
        (function(Value::Null), "resource is not an object"),
        (function(json!({})), "no Type"),
        (
            function(json!({"Type": "AWS::ECS::Service"})),
            "`AWS::ECS::Service`",
        ),
        (
            function(json!({"Type": "AWS::Lambda::Function"})),
            "no Properties",
        ),
        (
            function(json!({"Type": "AWS::Lambda::Function", "Properties": []})),
            "Properties is not an object",
        ),
    ];
    for (resources, part) in rows {
        check(&document(resources), Err(part));
    }
}

#[test]
fn says_what_is_wrong_with_the_yaml_and_where() {
    let spec = yaml(&LINES, "");
    let check = |text: &str, part: &str| check(text, Err(part));
    check(
        &format!("{spec}version: 0.1\n"),
        "not valid YAML: the key \"version\" is repeated at line 10 column 1",
    );
    check(
        &yaml(&["Name: F", "Name: G"], ""),
        "the key \"Name\" is repeated at line 7 column 9",
    );
    check(
        &yaml(&["Name: F", "name: G"], ""),
        "the AppSpec has Name more than once",
    );
    check(
        &format!("{spec}---\nversion: 0.0\n"),
        "a second document begins",
    );
    check(&format!("{spec}...\n---\n"), "a second document begins");
    check(
        &spec.replace("Name: F", "Name: !Ref F"),
        "the tag !Ref is not supported at line 6",
    );
    check(
        &spec.replace("Name: F", "Name: !!str F"),
        "str is not supported at line 6",
    );
    check(
        &spec.replace("Resources:", "Resources: !x"),
        "the tag !x is not supported",
    );
    check(
        &spec
            .replace("CurrentVersion: 2", "CurrentVersion: &version 2")
            .replace("TargetVersion: 3", "TargetVersion: *version"),
        "an alias (`*name`), which is not supported; write its value instead at line 9",
    );
    check("<<: *base\n", "unknown anchor");
    check(
        &spec.replace("        Alias", "\t\tAlias"),
        "found a tab at line 6",
    );
    check(
        &spec.replace("  - my-function", "\t- my-function"),
        "a tab, where YAML is indented with spaces only at line 3",
    );
    check(
        "? [a]\n: b\n",
        "a key that is not plain text at line 1 column 3",
    );
    check("a: b: c\n", "not valid YAML: ");
    check("a: 'b\n", "not valid YAML: ");
    check("a: [1, 2\nb: 3\n", "not valid YAML: ");
    check("\"\\q\": 1\n", "not valid YAML: ");
    check("[]\n[]\n", "not valid YAML: ");
    check("%YAML 1.1\n", "not valid YAML: ");
}

/// Texts that want to hang, to fill the memory, to overflow the stack, or to be cut short.
#[test]
fn refuses_hostile_texts_at_once() {
    let begin = Instant::now();
    let check = |text: &str, part: &str| check(text, Err(part));
    for depth in [128, 254, 200_000] {
        check(
            &format!("{{\"Resources\":{}", "[".repeat(depth)),
            "not valid JSON: recursion limit exceeded",
        );
        // The scanner, which looks ahead for a key, has a limit of 255 of its own.
        let expected = if depth < 255 {
            "nested more than 127 levels deep"
        } else {
            "recursion limit exceeded"
        };
        check(&format!("a: {}", "[".repeat(depth)), expected);
        let expected = "nested more than 127 levels deep";
        check(&format!("a: {}", "{a: ".repeat(depth)), expected);
        check(&"- ".repeat(depth), expected);
    }
    let steps: String = (0..300).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    check(&steps, "nested more than 127 levels deep");
    let laughs: String = (1..30)
        .map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9)))
        .collect();
    check(&format!("a0: &a0 ha\n{laughs}"), "an alias");
    check("a: &a [*a]\n", "not valid YAML: ");
    check("&a *a\n", "not valid YAML: ");
    // What comes after a NUL would not be read by everyone.
    let nul = yaml(&LINES, "\0Hooks:\n  - BeforeAllowTraffic: a\n");
    check(&nul, "NUL character");
    check("{\"Resources\":\0[]}", "not valid JSON");
    check(&yaml(&["Name: F\u{0}G"], ""), "NUL character");
    for text in ["\u{feff}\u{feff}{}", "\u{fffd}{", "\u{85}", "\u{2028}{}"] {
        assert!(AppSpec::parse(text).is_err(), "{text:?}");
    }
    let long = format!("a: {}\n{}", "x".repeat(1 << 20), yaml(&LINES, ""));
    assert!(AppSpec::parse(&long).is_ok());
    let wide: String = (0..20_000).map(|n| format!("key{n}: {n}\n")).collect();
    assert!(AppSpec::parse(&(wide + &yaml(&LINES, ""))).is_ok());
    assert!(begin.elapsed() < Duration::from_secs(20));
}
