//! What a template's values are, as far as the template and the change set's parameters say.
//!
//! Source: CloudFormation user guide, "Intrinsic function reference". What is not known stays so: nothing here is an error.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Parameter;

/// The longest text that `Fn::Sub` makes here, in bytes; nothing that is asked for may be that long. (A parameter's value
/// has 4,096 bytes at most. Source: CloudFormation quotas.)
const LONGEST: usize = 4096;

/// Conditions that refer to conditions, at most so many after each other.
const DEEPEST: usize = 100;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It is not there, or is `AWS::NoValue`.
    Nothing,
    Text(String),
    /// It is `Ref` or the ARN of the resource with this logical ID, or a version's number.
    Resource(String),
    /// There is one, and only AWS knows which; the text says where it is from.
    Elsewhere(String),
    /// Whether there is one depends on this condition.
    Undecided(String),
}

/// What `Fn::If` leaves.
pub(super) enum Chosen<'t> {
    Nothing,
    Value(&'t Value),
    /// It depends on this condition.
    Undecided(&'t str),
}

/// What a template's functions are evaluated against.
pub(super) struct Scope<'t> {
    template: &'t Value,
    given: BTreeMap<&'t str, &'t Parameter>,
    /// `None` where it is not known, and while it is being worked out.
    conditions: BTreeMap<&'t str, Option<bool>>,
}

impl<'t> Scope<'t> {
    pub(super) fn new(template: &'t Value, parameters: &'t [Parameter]) -> Self {
        let mut scope = Self {
            template,
            given: parameters
                .iter()
                .filter_map(|parameter| Some((parameter.key.as_deref()?, parameter)))
                .collect(),
            conditions: BTreeMap::new(),
        };
        let conditions = template.get("Conditions").and_then(Value::as_object);
        for name in conditions.into_iter().flat_map(|names| names.keys()) {
            scope.condition(name, 0);
        }
        scope
    }

    /// The resource with this logical ID.
    pub(super) fn resource(&self, id: &str) -> Option<&'t Value> {
        self.template.get("Resources")?.get(id)
    }

    /// What is left of a value when `Fn::If` is decided.
    pub(super) fn chosen(&self, value: Option<&'t Value>) -> Chosen<'t> {
        let mut value = value;
        loop {
            match value {
                None | Some(Value::Null) => return Chosen::Nothing,
                Some(written) => match function(written) {
                    Some(("Ref", name)) if name == "AWS::NoValue" => return Chosen::Nothing,
                    Some(("Fn::If", arguments)) => {
                        let Some([condition, yes, no]) = arguments.as_array().map(Vec::as_slice)
                        else {
                            return Chosen::Undecided("Fn::If");
                        };
                        let name = condition.as_str().unwrap_or("Fn::If");
                        match self.conditions.get(name) {
                            Some(Some(true)) => value = Some(yes),
                            Some(Some(false)) => value = Some(no),
                            Some(None) | None => return Chosen::Undecided(name),
                        }
                    }
                    Some(_) | None => return Chosen::Value(written),
                },
            }
        }
    }

    /// What is known of a value that is no list and no mapping.
    pub(super) fn known(&self, value: Option<&'t Value>) -> Known {
        let value = match self.chosen(value) {
            Chosen::Nothing => return Known::Nothing,
            Chosen::Undecided(condition) => return Known::Undecided(condition.to_owned()),
            Chosen::Value(value) => value,
        };
        if let Some(text) = scalar(value) {
            return Known::Text(text);
        }
        match function(value) {
            Some(("Ref", name)) => self.reference(name.as_str().unwrap_or_default()),
            Some(("Fn::GetAtt", Value::String(path))) => {
                let (id, attribute) = path.split_once('.').unwrap_or((path, ""));
                self.attribute(id, attribute)
            }
            Some(("Fn::GetAtt", Value::Array(path))) => match path.as_slice() {
                [Value::String(id), Value::String(attribute)] => self.attribute(id, attribute),
                _ => Known::Elsewhere("Fn::GetAtt".to_owned()),
            },
            Some(("Fn::Sub", Value::String(text))) => self.substituted(text, None),
            Some(("Fn::Sub", Value::Array(arguments))) => match arguments.as_slice() {
                [Value::String(text), values] => self.substituted(text, Some(values)),
                _ => Known::Elsewhere("Fn::Sub".to_owned()),
            },
            Some(("Fn::FindInMap", Value::Array(path))) => self.mapped(path),
            Some((function, _)) => Known::Elsewhere(function.to_owned()),
            None => Known::Elsewhere("a value that is no text".to_owned()),
        }
    }

    fn reference(&self, name: &str) -> Known {
        if let Some(parameter) = self.parameter(name) {
            return parameter;
        }
        if self.resource(name).is_some() {
            return Known::Resource(name.to_owned());
        }
        Known::Elsewhere(name.to_owned())
    }

    fn attribute(&self, id: &str, attribute: &str) -> Known {
        if matches!(attribute, "Arn" | "Version") && self.resource(id).is_some() {
            return Known::Resource(id.to_owned());
        }
        Known::Elsewhere(format!("{id}.{attribute}"))
    }

    /// A parameter's value, as the change set has it, or else its default.
    fn parameter(&self, name: &str) -> Option<Known> {
        let declared = self.template.get("Parameters")?.get(name)?;
        let is_set = |name| declared.get(name).and_then(scalar).as_deref() == Some("true");
        let given = self.given.get(name);
        let kind = declared.get("Type").and_then(Value::as_str);
        let is_from_ssm = kind.is_some_and(|kind| kind.starts_with("AWS::SSM::"));
        let value = if is_from_ssm {
            given.and_then(|given| given.resolved.clone())
        } else {
            let given = given.and_then(|given| given.value.clone());
            given.or_else(|| declared.get("Default").and_then(scalar))
        };
        Some(match value {
            Some(value) if !is_set("NoEcho") => Known::Text(value),
            Some(_) | None => Known::Elsewhere(name.to_owned()),
        })
    }

    fn mapped(&self, path: &'t [Value]) -> Known {
        let mut value = self.template.get("Mappings");
        for key in path {
            let Known::Text(key) = self.known(Some(key)) else {
                return Known::Elsewhere("Fn::FindInMap".to_owned());
            };
            value = value.and_then(|value| value.get(&key));
        }
        match value.and_then(scalar) {
            Some(text) => Known::Text(text),
            None => Known::Elsewhere("Fn::FindInMap".to_owned()),
        }
    }

    /// `Fn::Sub`; what is not known stays as it is written.
    fn substituted(&self, text: &'t str, values: Option<&'t Value>) -> Known {
        let mut made = String::new();
        let mut is_known = true;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return Known::Elsewhere(text.to_owned());
            };
            let value = match values.and_then(|values| values.get(name)) {
                Some(value) => self.known(Some(value)),
                None => match name.split_once('.') {
                    Some((id, attribute)) => self.attribute(id, attribute),
                    None => self.reference(name),
                },
            };
            // Alone, it is what it stands for.
            if made.is_empty() && after.is_empty() && rest.len() == text.len() {
                return value;
            }
            match value {
                Known::Text(value) => made.push_str(&value),
                Known::Nothing | Known::Resource(_) | Known::Elsewhere(_) | Known::Undecided(_) => {
                    is_known = false;
                    made.push_str(&format!("${{{name}}}"));
                }
            }
            if made.len() > LONGEST {
                return Known::Elsewhere("Fn::Sub".to_owned());
            }
            rest = after;
        }
        made.push_str(rest);
        if is_known {
            Known::Text(made)
        } else {
            Known::Elsewhere(made)
        }
    }

    /// A condition by its name.
    fn condition(&mut self, name: &'t str, depth: usize) -> Option<bool> {
        if let Some(known) = self.conditions.get(name) {
            return *known;
        }
        self.conditions.insert(name, None);
        let written = self.template.get("Conditions")?.get(name)?;
        let decided = self.decided(written, depth + 1);
        self.conditions.insert(name, decided);
        decided
    }

    fn decided(&mut self, written: &'t Value, depth: usize) -> Option<bool> {
        if depth > DEEPEST {
            return None;
        }
        match function(written)? {
            ("Condition", name) => self.condition(name.as_str()?, depth),
            ("Fn::Equals", Value::Array(sides)) => match sides.as_slice() {
                [left, right] => match (self.known(Some(left)), self.known(Some(right))) {
                    (Known::Text(left), Known::Text(right)) => Some(left == right),
                    _ => None,
                },
                _ => None,
            },
            ("Fn::Not", Value::Array(negated)) => match negated.as_slice() {
                [negated] => Some(!self.decided(negated, depth + 1)?),
                _ => None,
            },
            (name @ ("Fn::And" | "Fn::Or"), Value::Array(parts)) => {
                let decides = name == "Fn::Or";
                let mut decided = Some(!decides);
                for part in parts {
                    match self.decided(part, depth + 1) {
                        Some(value) if value == decides => return Some(decides),
                        Some(_) => {}
                        None => decided = None,
                    }
                }
                decided
            }
            _ => None,
        }
    }
}

/// The one function of a mapping such as `{"Ref": …}`.
fn function(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (name, argument) = members.iter().next()?;
    let is_function = matches!(name.as_str(), "Ref" | "Condition") || name.starts_with("Fn::");
    is_function.then_some((name, argument))
}

/// A scalar as CloudFormation takes it: numbers and booleans are text to it, too.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
