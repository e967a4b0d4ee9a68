//! Parameters, pseudo parameters, and the literals that they are made of.

use super::error::TemplateError;
use super::names;
use super::node::{At, Data, Node};
use super::scalar::plain_text;
use super::scope::Scope;
use super::value::{Kind, Value};

impl Scope<'_> {
    /// What a parameter's name stands for.
    pub(super) fn parameter(
        &mut self,
        name: &str,
        parameter: &Node,
        at: &At,
    ) -> Result<Kind, TemplateError> {
        let declared = parameter.as_map()?;
        let kind = match declared.get("Type") {
            Some(kind) => kind.as_literal()?,
            None => {
                return Err(TemplateError::new(
                    &parameter.at,
                    format!("parameter {name} has no Type"),
                ));
            }
        };
        if kind.starts_with("AWS::SSM::Parameter::Value<") {
            return Ok(Kind::Unresolved(format!(
                "parameter {name} is read from SSM when the stack is deployed"
            )));
        }
        let text = match (self.context.parameters.get(name), declared.get("Default")) {
            (Some(text), _) => text.clone(),
            (None, Some(default)) => literal_text(default)?,
            (None, None) => {
                return Err(
                    TemplateError::new(at, format!("parameter {name} has no value"))
                        .remedy("give it one, or a Default in the template"),
                );
            }
        };
        self.charge(text.len(), at)?;
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        let items: Vec<&str> = if is_list {
            text.split(',').map(str::trim).collect()
        } else {
            vec![text.as_str()]
        };
        if let Some(allowed) = declared.get("AllowedValues") {
            let allowed = allowed
                .as_list()?
                .iter()
                .map(literal_text)
                .collect::<Result<Vec<_>, _>>()?;
            if !items
                .iter()
                .all(|item| allowed.iter().any(|allowed| allowed == item))
            {
                let message = format!("parameter {name} must be one of {}", allowed.join(", "));
                return Err(TemplateError::new(&parameter.at, message));
            }
        }
        if is_list {
            let value = |item: &str| Value {
                at: at.clone(),
                kind: text_kind(item.to_owned()),
            };
            return Ok(Kind::List(items.into_iter().map(value).collect()));
        }
        Ok(text_kind(text))
    }

    /// What a name that begins with `AWS::` stands for.
    pub(super) fn pseudo_parameter(&self, name: &str, at: &At) -> Result<Kind, TemplateError> {
        let context = self.context;
        let text = match name {
            "AWS::Region" => context.region.clone(),
            "AWS::AccountId" => context.account_id.clone(),
            "AWS::StackName" => context.stack_name.clone(),
            "AWS::Partition" => names::partition(&context.region).to_owned(),
            "AWS::URLSuffix" => names::url_suffix(&context.region).to_owned(),
            "AWS::StackId" => {
                let id = "00000000-0000-0000-0000-000000000000";
                self.arn(
                    "cloudformation",
                    &format!("stack/{}/{id}", context.stack_name),
                )
            }
            "AWS::NoValue" => return Ok(Kind::NoValue),
            "AWS::NotificationARNs" => {
                return Ok(Kind::Unresolved(
                    "a rehearsal has no notification topics".to_owned(),
                ));
            }
            _ => {
                return Err(TemplateError::new(
                    at,
                    format!("there is no pseudo parameter {name}"),
                ));
            }
        };
        Ok(Kind::Text(text))
    }
}

/// A scalar where CloudFormation allows no function.
fn literal_text(node: &Node) -> Result<String, TemplateError> {
    match scalar_text(node) {
        Some(text) => Ok(text?),
        None => node.as_literal().map(str::to_owned),
    }
}

/// The text of a scalar as AWS would get it; `None` for lists and mappings.
pub(super) fn scalar_text(node: &Node) -> Option<Result<String, TemplateError>> {
    let Data::Scalar { text, plain } = &node.data else {
        return None;
    };
    if !plain {
        return Some(Ok(text.clone()));
    }
    // CloudFormation's words.
    let null = || TemplateError::new(&node.at, "null values are not allowed in templates");
    Some(
        plain_text(text)
            .map(|text| text.into_owned())
            .ok_or_else(null),
    )
}

/// Text, unless CloudFormation would fetch a secret or a parameter in its place.
/// Source: CloudFormation user guide, "Dynamic references".
pub(super) fn text_kind(text: String) -> Kind {
    if text.contains("{{resolve:") {
        Kind::Unresolved(
            "a dynamic reference ({{resolve:…}}) is fetched when the stack is deployed".to_owned(),
        )
    } else {
        Kind::Text(text)
    }
}
