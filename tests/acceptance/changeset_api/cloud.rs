//! CloudFormation as far as change sets are described: documents as the AWS CLI prints them, in its own protocol.

use std::collections::BTreeMap;
use std::process::Command;

use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::explain::variables;
use crate::harness::{Ran, tollgate};
use crate::test::api::{Api, Received};

/// The change set that is reviewed.
pub(super) const ROOT: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/update/00000000-0000-4000-8000-000000000001";

/// That of a stack nested in its stack.
pub(super) const NESTED: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/update-Storage/00000000-0000-4000-8000-000000000002";

/// That of a stack nested in the nested one.
pub(super) const INNERMOST: &str = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/update-Inner/00000000-0000-4000-8000-000000000003";

/// A call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// `DescribeChangeSet`
    pub(super) action: String,
    parameters: BTreeMap<String, String>,
}

impl Asked {
    pub(super) fn of(received: &Received) -> Self {
        let pairs = received
            .body
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let mut parameters: BTreeMap<String, String> = pairs
            .map(|(name, value)| {
                let value = percent_decode_str(value).decode_utf8().unwrap();
                (name.to_owned(), value.into_owned())
            })
            .collect();
        Self {
            action: parameters.remove("Action").unwrap_or_default(),
            parameters,
        }
    }

    pub(super) fn get(&self, parameter: &str) -> &str {
        self.parameters.get(parameter).map_or("", String::as_str)
    }

    /// Whether it asks for the values of properties.
    pub(super) fn is_with_values(&self) -> bool {
        self.get("IncludePropertyValues") == "true"
    }
}

/// What is answered.
#[derive(Clone)]
pub(super) enum Answer {
    /// The action's result.
    Page(Value),
    /// HTTP status, code and message.
    Refused(u16, &'static str, &'static str),
    /// HTTP status and body of something that is not CloudFormation.
    Stranger(u16, &'static str),
}

/// What there is no other answer for.
pub(super) fn missing() -> Answer {
    Answer::Refused(404, "ChangeSetNotFound", "ChangeSet does not exist")
}

/// A stand-in; it gets each call, and how many came before it.
pub(super) struct Cloud(Api);

impl Cloud {
    pub(super) fn answering(
        answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self(Api::answering(move |received, before| {
            let asked = Asked::of(received);
            let (status, body) = match answer(&asked, before) {
                Answer::Page(result) => {
                    let action = &asked.action;
                    let result = xml(&format!("{action}Result"), &result);
                    (
                        200,
                        format!(
                            "<{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">{result}</{action}Response>"
                        ),
                    )
                }
                Answer::Refused(status, code, message) => {
                    let error =
                        json!({"Error": {"Type": "Sender", "Code": code, "Message": message}});
                    (status, xml("ErrorResponse", &error))
                }
                Answer::Stranger(status, body) => (status, body.to_owned()),
            };
            let response = Response::builder()
                .status(status)
                .header("content-type", "text/xml");
            response.body(body.into()).unwrap()
        }))
    }

    /// The pages of each set, by its ARN, with values or without.
    pub(super) fn with(sets: &[(&'static str, Vec<Value>)]) -> Self {
        let sets = sets.to_vec();
        Self::answering(move |asked, _| page(&sets, asked))
    }

    pub(super) fn url(&self) -> &str {
        &self.0.url
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.0.received()
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.received().iter().map(Asked::of).collect()
    }

    /// `tollgate changeset`, not started yet.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = tollgate();
        command
            .envs(variables(self.url()))
            .arg("changeset")
            .args(args);
        command
    }

    pub(super) fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }
}

/// The page that is asked for: the token is its place.
pub(super) fn page(sets: &[(&'static str, Vec<Value>)], asked: &Asked) -> Answer {
    let name = asked.get("ChangeSetName");
    let Some((_, pages)) = sets.iter().find(|(arn, _)| *arn == name) else {
        return missing();
    };
    let place: usize = asked.get("NextToken").parse().unwrap_or_default();
    Answer::Page(pages[place].clone())
}

/// A page of a set that is created.
pub(super) fn created(arn: &str, changes: &[Value]) -> Value {
    json!({
        "ChangeSetName": "update", "ChangeSetId": arn, "StackName": "version-demo",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/version-demo/0",
        "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": changes,
    })
}

/// The same with other members.
pub(super) fn but(mut page: Value, members: Value) -> Value {
    let (Value::Object(page_members), Value::Object(members)) = (&mut page, members) else {
        panic!("a page is an object");
    };
    page_members.extend(members);
    page
}

/// A change of a table.
pub(super) fn table(id: &str, members: Value) -> Value {
    let change = json!({
        "LogicalResourceId": id, "PhysicalResourceId": id.to_lowercase(),
        "ResourceType": "AWS::DynamoDB::Table",
    });
    json!({"Type": "Resource", "ResourceChange": but(change, members)})
}

pub(super) fn removed(id: &str) -> Value {
    table(id, json!({"Action": "Remove", "PolicyAction": "Delete"}))
}

pub(super) fn added(id: &str) -> Value {
    table(id, json!({"Action": "Add", "PhysicalResourceId": null}))
}

/// A change of a nested stack, which has a change set of its own.
pub(super) fn stack(id: &str, arn: &str) -> Value {
    let change = json!({
        "Action": "Modify", "LogicalResourceId": id, "PhysicalResourceId": "arn:aws:cloudformation:…:stack/nested",
        "ResourceType": "AWS::CloudFormation::Stack", "Replacement": "False", "ChangeSetId": arn,
    });
    json!({"Type": "Resource", "ResourceChange": change})
}

/// The run ended like this, and said all of that: on stdout where it was decided, else on stderr.
#[track_caller]
pub(super) fn check(ran: &Ran, status: i32, said: &[&str]) {
    let text = format!("{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.status, status, "{text}");
    for part in said {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

/// A document in the protocol of queries: lists have an element for each member.
fn xml(name: &str, value: &Value) -> String {
    let inner = match value {
        Value::Null => return String::new(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| xml(name, value))
            .collect(),
        Value::Array(items) => items.iter().map(|item| xml("member", item)).collect(),
        Value::String(text) => escaped(text),
        other => other.to_string(),
    };
    format!("<{name}>{inner}</{name}>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
