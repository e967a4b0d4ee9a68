//! Policy documents, and what each statement of one says of a call.
//!
//! Source: IAM user guide, "IAM JSON policy reference" and "Policy evaluation logic".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Principal;
use super::condition::{self, Condition};
use super::pattern::{self, Match};
use super::request::Request;

/// The version in which policies have variables; the older one, which is the default, has none.
const WITH_VARIABLES: &str = "2012-10-17";

/// The services whose calls are authorized here.
const SERVICES: [&str; 7] = [
    "cloudwatch",
    "codedeploy",
    "iam",
    "lambda",
    "logs",
    "schemas",
    "sts",
];

/// A policy: of an identity, or (its statements have principals then) of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDocument {
    /// Whether texts such as `${aws:userid}` are variables.
    variables: bool,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Statement {
    effect: Effect,
    /// Of a resource's policy: whom it is about. ARNs and account ids; `*` is everybody.
    principals: Option<Vec<String>>,
    actions: Elements,
    resources: Elements,
    conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Elements {
    These(Vec<String>),
    AllBut(Vec<String>),
}

/// What a policy says of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Says {
    pub(super) allow: bool,
    pub(super) deny: bool,
}

impl PolicyDocument {
    /// Reads a document: `Version`, and `Statement`, one or a list.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence that names the part.
    pub(crate) fn read(document: &Value) -> Result<Self, String> {
        let members = document
            .as_object()
            .ok_or_else(|| format!("a policy document is an object, and not {document}"))?;
        known(members, &["Version", "Id", "Statement"])?;
        let statements = match members.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().map(statement).collect(),
            Some(one) => statement(one).map(|one| vec![one]),
            None => Err("a policy document needs a Statement".to_owned()),
        };
        Ok(Self {
            variables: members
                .get("Version")
                .is_some_and(|it| it == WITH_VARIABLES),
            statements: statements?,
        })
    }

    /// Whether any of it is about the services that are emulated.
    pub(crate) fn is_relevant(&self) -> bool {
        self.statements.iter().any(Statement::is_relevant)
    }

    /// What of the conditions is not evaluated, for example `IpAddress of aws:SourceIp`: an `Allow` with it allows
    /// nothing, a `Deny` always denies.
    pub(crate) fn unsupported(&self) -> Vec<String> {
        self.statements
            .iter()
            .filter(|statement| statement.is_relevant())
            .flat_map(|statement| {
                statement
                    .conditions
                    .iter()
                    .filter_map(Condition::unsupported)
            })
            .collect()
    }

    pub(super) fn says(&self, request: &Request<'_>) -> Says {
        let mut says = Says::default();
        for statement in &self.statements {
            match (statement.applies(request, self.variables), statement.effect) {
                (Match::Yes, Effect::Allow) => says.allow = true,
                // What is not known denies.
                (Match::Yes | Match::Unknown, Effect::Deny) => says.deny = true,
                (Match::Unknown, Effect::Allow) | (Match::No, _) => {}
            }
        }
        says
    }
}

impl Statement {
    fn is_relevant(&self) -> bool {
        let Elements::These(actions) = &self.actions else {
            return true;
        };
        actions.iter().any(|action| {
            let service = action.split(':').next().unwrap_or_default();
            SERVICES
                .iter()
                .any(|known| pattern::covers_action(service, known))
        })
    }

    fn applies(&self, request: &Request<'_>, variables: bool) -> Match {
        let action = self
            .actions
            .cover(|pattern| pattern::covers_action(pattern, request.action).into());
        let resources = request.resources();
        let with = variables.then_some(request);
        let resource = self.resources.cover(|pattern| {
            any(resources
                .iter()
                .map(|resource| pattern::matches(pattern, resource, with)))
        });
        let principal = match &self.principals {
            Some(principals) => any(principals
                .iter()
                .map(|principal| is_meant(principal, request).into())),
            None => Match::Yes,
        };
        let conditions = self
            .conditions
            .iter()
            .map(|condition| condition.holds(request, variables));
        let mut all = Match::Yes;
        for part in [principal, action, resource].into_iter().chain(conditions) {
            match part {
                Match::No => return Match::No,
                Match::Unknown => all = Match::Unknown,
                Match::Yes => {}
            }
        }
        all
    }
}

impl Elements {
    fn cover(&self, matches: impl Fn(&str) -> Match) -> Match {
        let (Self::These(patterns) | Self::AllBut(patterns)) = self;
        let found = any(patterns.iter().map(|pattern| matches(pattern)));
        match (self, found) {
            (Self::AllBut(_), Match::Yes) => Match::No,
            (Self::AllBut(_), Match::No) => Match::Yes,
            (Self::AllBut(_), Match::Unknown) | (Self::These(_), _) => found,
        }
    }
}

fn any(matches: impl Iterator<Item = Match>) -> Match {
    matches.fold(Match::No, |so_far, this| match (so_far, this) {
        (Match::Yes, _) | (_, Match::Yes) => Match::Yes,
        (Match::Unknown, _) | (_, Match::Unknown) => Match::Unknown,
        (Match::No, Match::No) => Match::No,
    })
}

/// Whether the principal of a resource's policy is the caller: everybody, the role, or its session. The account, by
/// its id or as `root`, only means that identities' policies decide.
fn is_meant(principal: &str, request: &Request<'_>) -> bool {
    match request.principal {
        Principal::Owner => principal == "*",
        Principal::Session { role_arn, .. } => {
            principal == "*"
                || principal == role_arn
                || principal == request.principal.arn(request.account)
        }
    }
}

fn statement(value: &Value) -> Result<Statement, String> {
    let members = value
        .as_object()
        .ok_or_else(|| format!("a statement is an object, and not {value}"))?;
    known(
        members,
        &[
            "Sid",
            "Effect",
            "Principal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ],
    )?;
    let effect = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err("a statement needs an Effect, Allow or Deny".to_owned()),
    };
    Ok(Statement {
        effect,
        principals: members.get("Principal").map(principals).transpose()?,
        actions: elements(members, "Action", "NotAction")?,
        resources: elements(members, "Resource", "NotResource")?,
        conditions: members
            .get("Condition")
            .map(condition::read)
            .transpose()?
            .unwrap_or_default(),
    })
}

fn known(members: &Map<String, Value>, names: &[&str]) -> Result<(), String> {
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(format!("policies have no element {name}")),
        None => Ok(()),
    }
}

fn elements(members: &Map<String, Value>, these: &str, all_but: &str) -> Result<Elements, String> {
    match (members.get(these), members.get(all_but)) {
        (Some(value), None) => texts(value, these).map(Elements::These),
        (None, Some(value)) => texts(value, all_but).map(Elements::AllBut),
        (Some(_), Some(_)) | (None, None) => {
            Err(format!("a statement needs one of {these} and {all_but}"))
        }
    }
}

/// `*`, or the ARNs and accounts below `AWS`; services and others never call here.
fn principals(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::String(_) => texts(value, "Principal"),
        Value::Object(kinds) => kinds
            .get("AWS")
            .map_or_else(|| Ok(Vec::new()), |value| texts(value, "Principal")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Err(format!("malformed Principal: {value}"))
        }
    }
}

fn texts(value: &Value, element: &str) -> Result<Vec<String>, String> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter()
        .map(|text| text.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("{element} is a string or a list of them, and not {value}"))
}
