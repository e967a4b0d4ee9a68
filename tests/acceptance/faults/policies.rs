//! What `template.yaml` grants: the policies of a function, with everything in them resolved.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event as Token, Parser};
use serde_json::{Map, Value};

use super::aws::{APPLICATION, GROUP, REGION, function_arn};
use super::row::Hook;

/// The resources on which a function may call each action, in the order of the template.
pub(super) fn granted(template: &str, function: &str) -> BTreeMap<String, Vec<String>> {
    let template = read(template);
    let resources = template["Resources"].as_object().unwrap();
    let functions: BTreeMap<&str, &Value> = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function")
        .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
        .collect();
    let (_, properties) = functions
        .iter()
        .find(|(_, properties)| properties["FunctionName"] == function)
        .unwrap();
    // A role of the function's own would have policies of its own.
    assert_eq!(properties["Role"], Value::Null, "{function}");
    assert_eq!(properties["ManagedPolicyArns"], Value::Null, "{function}");
    let policies = properties["Policies"].as_array().unwrap();
    let mut granted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for policy in policies {
        // One that is a name, or a template of SAM's, grants what is not written here.
        members(policy, &["Version", "Statement"]);
        for statement in policy["Statement"].as_array().unwrap() {
            members(statement, &["Sid", "Effect", "Action", "Resource"]);
            assert_eq!(statement["Effect"], "Allow", "{statement}");
            let resources = list(&statement["Resource"]);
            assert!(!resources.is_empty(), "{statement}");
            let resources = resources
                .iter()
                .map(|resource| resolve(resource, &functions));
            for action in list(&statement["Action"]) {
                let action = action.as_str().unwrap().to_owned();
                granted.entry(action).or_default().extend(resources.clone());
            }
        }
    }
    granted
}

/// Fails where the object has other members than these: `NotAction` and `NotResource` grant all but what they name.
fn members(object: &Value, known: &[&str]) {
    let names = object
        .as_object()
        .unwrap_or_else(|| panic!("{object} is no object"))
        .keys();
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    assert_eq!(
        names,
        BTreeSet::from_iter(known.iter().copied()),
        "{object}"
    );
}

/// Every grant with a wildcard in its action or its resource.
pub(super) fn wildcards(granted: &BTreeMap<String, Vec<String>>) -> Vec<(&str, &str)> {
    let grants = granted.iter().flat_map(|(action, resources)| {
        let of_action = resources.iter();
        of_action.map(|resource| (action.as_str(), resource.as_str()))
    });
    let is_wild = |text: &str| text.contains(['*', '?']);
    grants
        .filter(|(action, resource)| is_wild(action) || is_wild(resource))
        .collect()
}

/// All that may have one: the version that is deployed has a new number each time, and metrics have no ARN.
pub(super) fn expected_wildcards(hook: Hook) -> &'static [(&'static str, &'static str)] {
    match hook {
        Hook::PreTraffic => &[(
            "lambda:InvokeFunction",
            "arn:aws:lambda:us-east-1:123456789012:function:VersionedOrderAPI:*",
        )],
        // IAM knows no resource of it.
        Hook::PostTraffic => &[("cloudwatch:GetMetricData", "*")],
    }
}

/// Whether IAM would say that the resource is the pattern's; `*` stands for any text.
pub(super) fn covers(pattern: &str, resource: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == resource,
        Some((start, rest)) => resource.strip_prefix(start).is_some_and(|resource| {
            (0..=resource.len()).any(|end| {
                let rest_of = resource.get(end..);
                rest_of.is_some_and(|resource| covers(rest, resource))
            })
        }),
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// `!GetAtt X.Arn` and `!Sub`, which are all that the policies use.
fn resolve(resource: &Value, functions: &BTreeMap<&str, &Value>) -> String {
    let name = |reference: &str| match reference {
        "AWS::Partition" => "aws".to_owned(),
        "AWS::Region" => REGION.to_owned(),
        "AWS::AccountId" => super::aws::ACCOUNT.to_owned(),
        // What SAM makes of the `DeploymentPreference`.
        "ServerlessDeploymentApplication" => APPLICATION.to_owned(),
        "VersionedOrderAPIDeploymentGroup" => GROUP.to_owned(),
        attribute => {
            let id = attribute.strip_suffix(".Arn").unwrap();
            function_arn(functions[id]["FunctionName"].as_str().unwrap())
        }
    };
    if resource == "*" {
        return "*".to_owned();
    }
    if let Some(attribute) = resource["!GetAtt"].as_str() {
        return name(attribute);
    }
    let mut rest = resource["!Sub"]
        .as_str()
        .unwrap_or_else(|| panic!("{resource} is not understood"));
    let mut resolved = String::new();
    while let Some((before, after)) = rest.split_once("${") {
        let (reference, after) = after.split_once('}').unwrap();
        resolved += before;
        resolved += &name(reference);
        rest = after;
    }
    resolved + rest
}

/// A YAML document as JSON, in which a tagged scalar is an object: `!Sub x` is `{"!Sub": "x"}`.
fn read(text: &str) -> Value {
    let mut parser = Parser::new_from_str(text);
    let mut tokens = std::iter::from_fn(|| parser.next_event().map(|token| token.unwrap().0));
    let first = tokens.find(|token| matches!(token, Token::MappingStart(..)));
    node(first.unwrap(), &mut tokens)
}

fn node<'t>(token: Token<'t>, tokens: &mut impl Iterator<Item = Token<'t>>) -> Value {
    match token {
        Token::Scalar(text, _, _, tag) => {
            let text = Value::String(text.into_owned());
            match tag {
                Some(tag) => Value::Object(Map::from_iter([(format!("!{}", tag.suffix), text)])),
                None => text,
            }
        }
        Token::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match tokens.next().unwrap() {
                    Token::SequenceEnd => return Value::Array(items),
                    token => items.push(node(token, tokens)),
                }
            }
        }
        Token::MappingStart(..) => {
            let mut members = Map::new();
            loop {
                match tokens.next().unwrap() {
                    Token::MappingEnd => return Value::Object(members),
                    token => {
                        let key = node(token, tokens).as_str().unwrap().to_owned();
                        let value = tokens.next().unwrap();
                        members.insert(key, node(value, tokens));
                    }
                }
            }
        }
        token => panic!("{token:?} is not in the template"),
    }
}

#[test]
fn a_star_stands_for_any_text() {
    let rows = [
        ("arn:a:f", "arn:a:f", true),
        ("arn:a:f", "arn:a:f:1", false),
        ("arn:a:f:*", "arn:a:f:1", true),
        ("arn:a:f:*", "arn:a:f", false),
        ("arn:*:f:*/x", "arn:a:b:f:1/x", true),
        ("arn:*:f:*/x", "arn:a:b:f:1/y", false),
    ];
    for (pattern, resource, expected) in rows {
        assert_eq!(covers(pattern, resource), expected, "{pattern} {resource}");
    }
}
