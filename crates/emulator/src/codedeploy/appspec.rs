//! The AppSpec of a Lambda deployment: read as clients write it, and written as CloudFormation does.

use deployment::DeploymentSpec;
use serde_json::{Value, json};

use crate::template;

/// What stands where an AppSpec cannot be read as YAML (seen on ECS: aws-cli#6267).
const NOT_WELL_FORMED: &str =
    "The input AppSpec file is a not well-formed yaml. The template cannot be parsed.";

/// What an AppSpec says; what it leaves out is empty, and found by the deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AppSpec {
    pub(crate) function: String,
    pub(crate) alias: String,
    pub(crate) current_version: String,
    pub(crate) target_version: String,
    pub(crate) before_allow_traffic: Option<String>,
    pub(crate) after_allow_traffic: Option<String>,
}

impl AppSpec {
    /// The AppSpec that asks for what `spec` says.
    pub(crate) fn of(spec: &DeploymentSpec) -> Self {
        Self {
            function: spec.function.clone(),
            alias: spec.alias.clone(),
            current_version: spec.current_version.clone(),
            target_version: spec.target_version.clone(),
            before_allow_traffic: spec.before_allow_traffic.clone(),
            after_allow_traffic: spec.after_allow_traffic.clone(),
        }
    }

    /// Reads YAML or JSON. Keys are taken in any case, because AWS's own examples write them so.
    ///
    /// # Errors
    /// The detail of the error with which a deployment of it fails. Only the first one is documented.
    pub(super) fn parse(content: &str) -> Result<Self, String> {
        let document = template::document(content).map_err(|_| NOT_WELL_FORMED.to_owned())?;
        if !document.is_object() {
            return Err(NOT_WELL_FORMED.to_owned());
        }
        let version = text(&document, "version");
        if version != "0.0" {
            return Err(format!(
                "The AppSpec file version must be 0.0, but is {version:?}."
            ));
        }
        let properties = the_function(&document)?;
        let (before_allow_traffic, after_allow_traffic) = hooks(&document)?;
        let property = |name| properties.map_or_else(String::new, |all| text(all, name));
        Ok(Self {
            function: property("Name"),
            alias: property("Alias"),
            current_version: property("CurrentVersion"),
            target_version: property("TargetVersion"),
            before_allow_traffic,
            after_allow_traffic,
        })
    }

    /// The text that CloudFormation writes.
    pub(crate) fn content(&self) -> String {
        let hooks: Vec<Value> = [
            ("BeforeAllowTraffic", &self.before_allow_traffic),
            ("AfterAllowTraffic", &self.after_allow_traffic),
        ]
        .into_iter()
        .filter_map(|(event, function)| {
            function.as_ref().map(|function| json!({ event: function }))
        })
        .collect();
        let mut document = json!({
            "version": "0.0",
            "Resources": [{ &self.function: {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Name": self.function,
                    "Alias": self.alias,
                    "CurrentVersion": self.current_version,
                    "TargetVersion": self.target_version,
                }
            } }],
        });
        if let (false, Some(members)) = (hooks.is_empty(), document.as_object_mut()) {
            members.insert("Hooks".to_owned(), Value::Array(hooks));
        }
        document.to_string()
    }
}

/// The properties of the one resource.
fn the_function(document: &Value) -> Result<Option<&Value>, String> {
    let resources = entries(member(document, "Resources"))
        .ok_or("The AppSpec file's Resources must be a list of named resources.")?;
    let [(name, resource)] = resources.as_slice() else {
        return Err(format!(
            "The AppSpec file must have exactly one resource, but has {}.",
            resources.len()
        ));
    };
    let resource_type = text(resource, "Type");
    if resource_type != "AWS::Lambda::Function" {
        return Err(format!(
            "The type of the resource {name:?} must be AWS::Lambda::Function, but is {resource_type:?}."
        ));
    }
    Ok(member(resource, "Properties"))
}

/// The functions of the two hooks.
fn hooks(document: &Value) -> Result<(Option<String>, Option<String>), String> {
    let hooks = match member(document, "Hooks") {
        None => Vec::new(),
        hooks => {
            entries(hooks).ok_or("The AppSpec file's Hooks must be a list of lifecycle events.")?
        }
    };
    let (mut before, mut after) = (None, None);
    for (event, function) in hooks {
        let slot = if event.eq_ignore_ascii_case("BeforeAllowTraffic") {
            &mut before
        } else if event.eq_ignore_ascii_case("AfterAllowTraffic") {
            &mut after
        } else {
            return Err(format!(
                "The lifecycle event {event:?} is not one that can have a hook in an AWS Lambda deployment."
            ));
        };
        let Some(function) = function.as_str().filter(|name| !name.is_empty()) else {
            return Err(format!(
                "The hook of the lifecycle event {event} must be the name of one Lambda function."
            ));
        };
        if slot.replace(function.to_owned()).is_some() {
            return Err(format!(
                "The lifecycle event {event} has more than one hook."
            ));
        }
    }
    Ok((before, after))
}

/// The entries of a list of maps, or of a map; `None` where it is neither.
fn entries(value: Option<&Value>) -> Option<Vec<(&String, &Value)>> {
    let maps = match value? {
        Value::Array(items) => items
            .iter()
            .map(Value::as_object)
            .collect::<Option<Vec<_>>>()?,
        value => vec![value.as_object()?],
    };
    Some(maps.into_iter().flatten().collect())
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let mut members = value.as_object()?.iter();
    let (_, value) = members.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value).filter(|value| !value.is_null())
}

/// The text of a member; empty where there is none.
fn text(value: &Value, name: &str) -> String {
    let text = member(value, name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appspec() -> AppSpec {
        AppSpec {
            function: "fn".to_owned(),
            alias: "live".to_owned(),
            current_version: "2".to_owned(),
            target_version: "3".to_owned(),
            before_allow_traffic: Some("CodeDeployHook_abc".to_owned()),
            after_allow_traffic: None,
        }
    }

    #[test]
    fn the_appspec_is_what_cloudformation_writes() {
        // The fixture of a hook library that reads it in production (reference, codedeploy-lambda.md §4.1).
        let expected = r#"{"version":"0.0","Resources":[{"fn":{"Type":"AWS::Lambda::Function","Properties":{"Name":"fn","Alias":"live","CurrentVersion":"2","TargetVersion":"3"}}}],"Hooks":[{"BeforeAllowTraffic":"CodeDeployHook_abc"}]}"#;
        assert_eq!(appspec().content(), expected);
        assert_eq!(AppSpec::parse(expected), Ok(appspec()));
    }

    const YAML: &str = "
version: 0.0
Resources:
  - logical:
      Type: AWS::Lambda::Function
      Properties: { Name: fn, Alias: live, CurrentVersion: 2, TargetVersion: '3' }
Hooks:
  - BeforeAllowTraffic: CodeDeployHook_abc
";

    #[test]
    fn appspecs_as_people_write_them() {
        let check = |content: &str, expected: AppSpec| {
            assert_eq!(AppSpec::parse(content), Ok(expected), "{content}");
        };
        check(YAML, appspec());
        check(
            &YAML
                .replace("Resources", "resources")
                .replace("CurrentVersion", "currentversion"),
            appspec(),
        );
        check(
            &YAML.replace("Name: fn, ", ""),
            AppSpec {
                function: String::new(),
                ..appspec()
            },
        );
        check(
            &format!("{YAML}  - AfterAllowTraffic: after\n"),
            AppSpec {
                after_allow_traffic: Some("after".to_owned()),
                ..appspec()
            },
        );
        let without_hooks = AppSpec {
            before_allow_traffic: None,
            ..appspec()
        };
        check(
            YAML.split("Hooks").next().unwrap_or_default(),
            without_hooks,
        );
    }

    #[test]
    fn what_is_no_appspec_of_a_lambda_deployment() {
        let check = |content: &str, expected: &str| {
            assert_eq!(
                AppSpec::parse(content),
                Err(expected.to_owned()),
                "{content}"
            );
        };
        for content in [
            "",
            "a: b: c",
            "just text",
            "[]",
            "{",
            "version: 0.0\nversion: 0.0",
        ] {
            check(content, NOT_WELL_FORMED);
        }
        check(
            &YAML.replace("0.0", "1.0"),
            "The AppSpec file version must be 0.0, but is \"1.0\".",
        );
        check(
            "version: 0.0",
            "The AppSpec file's Resources must be a list of named resources.",
        );
        check(
            "{version: 0.0, Resources: [a: {}, b: {}]}",
            "The AppSpec file must have exactly one resource, but has 2.",
        );
        check(
            &YAML.replace("AWS::Lambda::Function", "AWS::ECS::Service"),
            "The type of the resource \"logical\" must be AWS::Lambda::Function, but is \"AWS::ECS::Service\".",
        );
        check(
            &YAML.replace("BeforeAllowTraffic", "BeforeInstall"),
            "The lifecycle event \"BeforeInstall\" is not one that can have a hook in an AWS Lambda deployment.",
        );
        check(
            &YAML.replace("CodeDeployHook_abc", "[a, b]"),
            "The hook of the lifecycle event BeforeAllowTraffic must be the name of one Lambda function.",
        );
        check(
            &format!("{YAML}  - BeforeAllowTraffic: other\n"),
            "The lifecycle event BeforeAllowTraffic has more than one hook.",
        );
        check(
            &YAML.replace("  - BeforeAllowTraffic: CodeDeployHook_abc", "  just text"),
            "The AppSpec file's Hooks must be a list of lifecycle events.",
        );
    }
}
