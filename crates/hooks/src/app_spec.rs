//! The AppSpec of a Lambda deployment: which function moves from which version to which.
//!
//! The shape is that of "AppSpec 'resources' section (Amazon ECS and AWS Lambda deployments only)" in the
//! CodeDeploy User Guide; AWS's own pages spell its keys both `CurrentVersion` and `currentversion`, so their case
//! does not matter here.

use crate::target::{is_alias, is_function_name, is_version};
use serde_json::{Map, Value};

/// What the AppSpec's one resource says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AppSpec {
    pub(crate) function: String,
    pub(crate) alias: String,
    pub(crate) current_version: String,
    pub(crate) target_version: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum AppSpecError {
    #[error(
        "the AppSpec is not a JSON object; one in YAML is not supported by this version (set GATE_TARGET)"
    )]
    NotAnObject,
    #[error("the AppSpec is not valid JSON")]
    Json(#[source] serde_json::Error),
    #[error("the AppSpec has no {0}")]
    Missing(&'static str),
    #[error("the AppSpec has {0} more than once")]
    Repeated(&'static str),
    #[error("the AppSpec's {path} is not {expected}")]
    Type {
        path: &'static str,
        expected: &'static str,
    },
    #[error("the AppSpec has {0} resources, and a Lambda deployment has exactly one")]
    Resources(usize),
    #[error("the AppSpec's resource is of type `{0}`, not `AWS::Lambda::Function`")]
    NotAFunction(String),
    #[error("the AppSpec's {path} is `{value}`, which is not {expected}")]
    Value {
        path: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error(
        "the AppSpec's current and target version are both {0}, so there is no new version to check"
    )]
    SameVersion(String),
}

/// Reads the AppSpec's text.
pub(crate) fn parse(text: &str) -> Result<AppSpec, AppSpecError> {
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().starts_with('{') {
        return Err(AppSpecError::NotAnObject);
    }
    let spec: Value = serde_json::from_str(text).map_err(AppSpecError::Json)?;
    let resources = field(object(&spec, "text")?, "Resources")?;
    let resource = only_value(resources)?;
    let kind = text_field(resource, "Type")?;
    if kind != "AWS::Lambda::Function" {
        return Err(AppSpecError::NotAFunction(kind));
    }
    let properties = object(field(resource, "Properties")?, "Properties")?;
    let spec = AppSpec {
        function: checked(
            properties,
            "Name",
            is_function_name,
            "the name of a function",
        )?,
        alias: checked(properties, "Alias", is_alias, "the name of an alias")?,
        current_version: checked(
            properties,
            "CurrentVersion",
            is_version,
            "a published version",
        )?,
        target_version: checked(
            properties,
            "TargetVersion",
            is_version,
            "a published version",
        )?,
    };
    if spec.current_version == spec.target_version {
        return Err(AppSpecError::SameVersion(spec.target_version));
    }
    Ok(spec)
}

/// `Resources` is a list of one map with one entry, whose key is any logical name.
fn only_value(resources: &Value) -> Result<&Map<String, Value>, AppSpecError> {
    let list = resources.as_array().ok_or(AppSpecError::Type {
        path: "Resources",
        expected: "a list",
    })?;
    let mut values = Vec::new();
    for item in list {
        values.extend(object(item, "Resources")?.values());
    }
    match values.as_slice() {
        [value] => object(value, "resource"),
        values => Err(AppSpecError::Resources(values.len())),
    }
}

fn object<'a>(
    value: &'a Value,
    path: &'static str,
) -> Result<&'a Map<String, Value>, AppSpecError> {
    value.as_object().ok_or(AppSpecError::Type {
        path,
        expected: "an object",
    })
}

fn field<'a>(map: &'a Map<String, Value>, name: &'static str) -> Result<&'a Value, AppSpecError> {
    let mut found = map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (None | Some((_, Value::Null)), None) => Err(AppSpecError::Missing(name)),
        (Some((_, value)), None) => Ok(value),
        (_, Some(_)) => Err(AppSpecError::Repeated(name)),
    }
}

/// A string, or a number as a string: versions are numbers to whoever writes an AppSpec by hand.
fn text_field(map: &Map<String, Value>, name: &'static str) -> Result<String, AppSpecError> {
    match field(map, name)? {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(AppSpecError::Type {
                path: name,
                expected: "a string",
            })
        }
    }
}

fn checked(
    map: &Map<String, Value>,
    path: &'static str,
    is_valid: fn(&str) -> bool,
    expected: &'static str,
) -> Result<String, AppSpecError> {
    let value = text_field(map, path)?;
    if !is_valid(&value) {
        return Err(AppSpecError::Value {
            path,
            value,
            expected,
        });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::reason;
    use serde_json::json;

    fn check(text: &str, expected: Result<[&str; 4], &str>) {
        match (parse(text), expected) {
            (Ok(spec), Ok(expected)) => assert_eq!(
                [
                    spec.function,
                    spec.alias,
                    spec.current_version,
                    spec.target_version
                ],
                expected,
                "{text}"
            ),
            (Err(error), Err(part)) => {
                let found = reason(&error);
                assert!(found.contains(part), "{text}: {found}");
            }
            (found, expected) => panic!("{text}: found {found:?}, expected {expected:?}"),
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

    const SHIFT: Result<[&str; 4], &str> = Ok(["F", "live", "2", "3"]);

    #[test]
    fn reads_what_cloudformation_writes() {
        check(
            r#"{"version":"0.0","Resources":[{"F":{"Type":"AWS::Lambda::Function","Properties":{"Name":"F","Alias":"live","CurrentVersion":"2","TargetVersion":"3"}}}],"Hooks":[{"BeforeAllowTraffic":"CodeDeployHook_abc"}]}"#,
            SHIFT,
        );
    }

    #[test]
    fn reads_any_key_case_numbers_and_unknown_keys() {
        check(
            r#"{"resources":[{"x":{"type":"AWS::Lambda::Function","properties":{"name":"F","alias":"live","currentversion":"2","targetversion":"3"}}}]}"#,
            SHIFT,
        );
        check(
            r#"{"RESOURCES":[{"x":{"TYPE":"AWS::Lambda::Function","PROPERTIES":{"NAME":"F","ALIAS":"live","CURRENTVERSION":"2","TARGETVERSION":"3"}}}]}"#,
            SHIFT,
        );
        check(
            "\u{feff} {\"Resources\":[{\"x\":{\"Type\":\"AWS::Lambda::Function\",\"Properties\":{\"Name\":\"F\",\"Alias\":\"live\",\"CurrentVersion\":2,\"TargetVersion\":3}}}]}",
            SHIFT,
        );
        check(&with("Description", json!({"anything": [1]})), SHIFT);
        // A rollback shifts to a lower version.
        check(
            &with("CurrentVersion", json!("10")),
            Ok(["F", "live", "10", "3"]),
        );
    }

    #[test]
    fn says_what_is_wrong_with_the_resource() {
        check(&with("TargetVersion", json!("2")), Err("both 2"));
        check(
            &with("TargetVersion", json!("$LATEST")),
            Err("TargetVersion is `$LATEST`, which is not a published version"),
        );
        check(
            &with("CurrentVersion", json!("$LATEST")),
            Err("CurrentVersion is `$LATEST`"),
        );
        check(
            &with("TargetVersion", json!("")),
            Err("TargetVersion is ``"),
        );
        check(
            &with("TargetVersion", json!("03")),
            Err("TargetVersion is `03`"),
        );
        check(
            &with("TargetVersion", json!(3.5)),
            Err("TargetVersion is `3.5`"),
        );
        check(
            &with("TargetVersion", json!(-3)),
            Err("TargetVersion is `-3`"),
        );
        check(&with("TargetVersion", Value::Null), Err("no TargetVersion"));
        check(
            &with("CurrentVersion", Value::Null),
            Err("no CurrentVersion"),
        );
        check(
            &with("TargetVersion", json!(["3"])),
            Err("TargetVersion is not a string"),
        );
        check(
            &with("targetversion", json!("4")),
            Err("TargetVersion more than once"),
        );
        check(
            &with("Name", json!("../F")),
            Err("Name is `../F`, which is not the name of a function"),
        );
        check(
            &with(
                "Name",
                json!("arn:aws:lambda:eu-west-1:123456789012:function:F"),
            ),
            Err("not the name of a function"),
        );
        check(&with("Name", json!("")), Err("Name is ``"));
        check(
            &with("Alias", json!("$LATEST")),
            Err("Alias is `$LATEST`, which is not the name of an alias"),
        );
        check(&with("Alias", json!("12")), Err("Alias is `12`"));
        check(&with("Alias", Value::Null), Err("no Alias"));
    }

    #[test]
    fn says_what_is_wrong_with_the_document() {
        check("", Err("not a JSON object"));
        check(
            "version: 0.0\nResources:\n  - F:\n      Type: AWS::Lambda::Function\n",
            Err("YAML is not supported by this version"),
        );
        check("[]", Err("not a JSON object"));
        check("{", Err("not valid JSON: EOF"));
        check("{}", Err("no Resources"));
        check(
            r#"{"Resources":[],"resources":[]}"#,
            Err("Resources more than once"),
        );
        check(&document(json!({})), Err("Resources is not a list"));
        check(&document(json!([])), Err("0 resources"));
        check(&document(json!([{}])), Err("0 resources"));
        check(&document(json!([{"a": {}, "b": {}}])), Err("2 resources"));
        check(&document(json!([{"a": {}}, {"b": {}}])), Err("2 resources"));
        check(&document(json!(["F"])), Err("Resources is not an object"));
        check(
            &document(json!([{"F": null}])),
            Err("resource is not an object"),
        );
        check(&document(json!([{"F": {}}])), Err("no Type"));
        check(
            &document(json!([{"F": {"Type": "AWS::ECS::Service"}}])),
            Err("`AWS::ECS::Service`"),
        );
        check(
            &document(json!([{"F": {"Type": "AWS::Lambda::Function"}}])),
            Err("no Properties"),
        );
        check(
            &document(json!([{"F": {"Type": "AWS::Lambda::Function", "Properties": []}}])),
            Err("Properties is not an object"),
        );
        let deep = format!("{{\"Resources\":{}", "[".repeat(200_000));
        check(&deep, Err("not valid JSON: recursion limit exceeded"));
    }
}
