//! What a hook reads of a deployment's AppSpec, in JSON and in YAML.
#![no_main]

use hooks::{AppSpec, AppSpecError, AppSpecHook, LifecycleEvent};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use std::fmt::Write;

fuzz_target!(|text: &str| {
    // Random bytes are rarely an AppSpec, but some are JSON, which may stand in one.
    if let Ok(value) = checks::parse_json(text) {
        for place in PLACES {
            let mut document = document(&sample());
            if let Some(there) = document.pointer_mut(place) {
                *there = value.clone();
            }
            assert_same_in_yaml(&document);
        }
    }
    let found = AppSpec::parse(text);
    if let Ok(spec) = &found {
        assert_names(spec);
        let same = document(spec);
        assert_eq!(read(&same.to_string()).as_ref(), Ok(spec), "{same}");
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        if let Ok(document) = checks::parse_json(text) {
            assert_same_in_yaml(&document);
        }
    } else if let Ok(spec) = found {
        let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
        assert_eq!(read(&lines), Ok(spec), "with other line ends: {text}");
    }
});

/// Where an AppSpec has something to be read.
const PLACES: [&str; 10] = [
    "",
    "/Resources",
    "/Resources/0/any",
    "/Resources/0/any/Type",
    "/Resources/0/any/Properties",
    "/Resources/0/any/Properties/Name",
    "/Resources/0/any/Properties/Alias",
    "/Resources/0/any/Properties/TargetVersion",
    "/Hooks",
    "/Hooks/0/BeforeAllowTraffic",
];

fn sample() -> AppSpec {
    AppSpec {
        function: "F".to_owned(),
        alias: "live".to_owned(),
        current_version: Some("2".to_owned()),
        target_version: Some("3".to_owned()),
        hooks: vec![AppSpecHook {
            lifecycle_event: LifecycleEvent::BeforeAllowTraffic,
            function: "h".to_owned(),
        }],
    }
}

/// Everything that is JSON means the same in YAML, be it an AppSpec or not.
fn assert_same_in_yaml(document: &Value) {
    let json = document.to_string();
    let yaml = yaml(document);
    let (in_json, in_yaml) = (AppSpec::parse(&json), AppSpec::parse(&yaml));
    match (&in_json, &in_yaml) {
        // One place may be nested too deeply for both.
        (Err(AppSpecError::Json(_)), Err(AppSpecError::Yaml(_))) => {}
        _ if !json.starts_with('{') => assert!(in_yaml.is_err(), "{yaml}"),
        _ => assert_eq!(said(in_json), said(in_yaml), "{json}\n{yaml}"),
    }
}

fn read(text: &str) -> Result<AppSpec, String> {
    said(AppSpec::parse(text))
}

fn said(found: Result<AppSpec, AppSpecError>) -> Result<AppSpec, String> {
    found.map_err(|error| error.to_string())
}

/// The names become parts of paths and of ARNs, so nothing but a name may pass.
fn assert_names(spec: &AppSpec) {
    let AppSpec {
        function,
        alias,
        hooks,
        ..
    } = spec;
    let is_name = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    assert!(is_name(function) && (1..=64).contains(&function.len()));
    assert!(is_name(alias) && (1..=128).contains(&alias.len()));
    assert!(!alias.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(
        hooks.len() <= 1
            || hooks[0].lifecycle_event != hooks[1].lifecycle_event && hooks.len() == 2
    );
}

/// The AppSpec as CloudFormation would write it.
fn document(spec: &AppSpec) -> Value {
    let hooks: Vec<Value> = spec
        .hooks
        .iter()
        .map(|hook| json!({hook.lifecycle_event.as_str(): hook.function}))
        .collect();
    json!({
        "version": "0.0",
        "Resources": [{"any": {"Type": "AWS::Lambda::Function", "Properties": {
            "Name": spec.function,
            "Alias": spec.alias,
            "CurrentVersion": spec.current_version,
            "TargetVersion": spec.target_version,
        }}}],
        "Hooks": hooks,
    })
}

fn yaml(document: &Value) -> String {
    let mut text = String::from("---");
    write_value(&mut text, document, 0);
    text.push('\n');
    text
}

/// Appends a value in block style, after its key or dash.
fn write_value(text: &mut String, value: &Value, depth: usize) {
    let line = |text: &mut String| {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', depth));
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                line(text);
                text.push('-');
                write_value(text, item, depth + 1);
            }
        }
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                line(text);
                // YAML looks ahead for a colon, but no further than 1,024 characters.
                if key.len() > 100 {
                    text.push_str("? ");
                    write_text(text, key);
                    line(text);
                } else {
                    write_text(text, key);
                }
                text.push(':');
                write_value(text, value, depth + 1);
            }
        }
        Value::String(string) => {
            text.push(' ');
            write_text(text, string);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            text.push(' ');
            text.push_str(&value.to_string());
        }
    }
}

fn write_text(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        if character.is_ascii_alphanumeric() || " -_.:,#$&*![]{}?|>@`%".contains(character) {
            text.push(character);
        } else {
            let written = write!(text, "\\U{:08X}", u32::from(character));
            written.expect("a String takes everything");
        }
    }
    text.push('"');
}
