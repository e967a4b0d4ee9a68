//! What names stand for: parameters, pseudo parameters, conditions, resources and their attributes.

use std::collections::BTreeMap;

use super::Context;
use super::error::TemplateError;
use super::generated;
use super::names;
use super::node::At;
use super::sections::{
    ALARM, FUNCTION, LAYER, LOG_GROUP, MANAGED_POLICY, ROLE, Resource, Sections,
};
use super::value::{Kind, Value};

/// Evaluations within evaluations; what is written in the text alone stays below half of it.
const MAX_DEPTH: usize = 200;

/// Bytes of text that functions may make, all together. A template itself may have 1 MB.
const MAX_COMPUTED: usize = 16 << 20;

/// What a template's functions are evaluated against, and what was found out so far.
#[derive(Debug)]
pub(super) struct Scope<'t> {
    pub(super) sections: &'t Sections,
    pub(super) context: &'t Context,
    /// By logical id; `None` while the answer is being worked out.
    names: BTreeMap<String, Option<Result<Name, TemplateError>>>,
    conditions: BTreeMap<String, Option<Result<bool, TemplateError>>>,
    depth: usize,
    computed: usize,
}

/// The name that a resource has in AWS.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    /// Whether CloudFormation would generate it; this one is then a stand-in.
    pub(super) is_stand_in: bool,
}

impl<'t> Scope<'t> {
    pub(super) fn new(sections: &'t Sections, context: &'t Context) -> Self {
        Self {
            sections,
            context,
            names: BTreeMap::new(),
            conditions: BTreeMap::new(),
            depth: 0,
            computed: 0,
        }
    }

    /// Runs one nested evaluation, unless there are too many around it already.
    pub(super) fn nested<T>(
        &mut self,
        at: &At,
        evaluate: impl FnOnce(&mut Self) -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.depth == MAX_DEPTH {
            return Err(TemplateError::new(
                at,
                "this refers to too long a chain of other values",
            ));
        }
        self.depth += 1;
        let result = evaluate(self);
        self.depth -= 1;
        result
    }

    /// Accounts for bytes that a function is about to make.
    pub(super) fn charge(&mut self, bytes: usize, at: &At) -> Result<(), TemplateError> {
        self.computed += bytes;
        if self.computed > MAX_COMPUTED {
            return Err(TemplateError::new(
                at,
                "the template's functions make more than 16 MiB of text",
            ));
        }
        Ok(())
    }

    /// What `Ref` gives, and `${…}` without an attribute in `Fn::Sub`.
    pub(super) fn reference(&mut self, name: &str, at: &At) -> Result<Kind, TemplateError> {
        if name.starts_with("AWS::") {
            return self.pseudo_parameter(name, at);
        }
        let sections = self.sections;
        if let Some(parameter) = sections.parameters.get(name) {
            return self.parameter(name, parameter, at);
        }
        if let Some(resource) = sections.resources.get(name) {
            return self.resource_reference(name, resource, at);
        }
        // SAM's names for what it generates: `Fn.Alias` and `Fn.Version`.
        // Source: samtranslator/model/sam_resources.py, `referable_properties`.
        if let Some((id, "Alias" | "Version")) = name.split_once('.')
            && let Some(resource) = sections.resources.get(id)
            && resource.kind == FUNCTION
        {
            self.check_created(id, at)?;
            let alias = self.published_alias(id, resource, at)?;
            let arn = self.function_arn(id, resource)?;
            if name.ends_with(".Alias") {
                return Ok(Kind::Text(format!("{arn}:{alias}")));
            }
            return Ok(match self.context.versions.get(id) {
                Some(version) => Kind::Text(format!("{arn}:{version}")),
                None => Kind::Unresolved(format!("no version of {id} is published yet")),
            });
        }
        match generated::reference(self, name)? {
            Some(text) => Ok(Kind::Text(text)),
            None => self.unknown(name, at),
        }
    }

    /// What `Fn::GetAtt` gives, and `${….…}` in `Fn::Sub`.
    pub(super) fn attribute(
        &mut self,
        id: &str,
        attribute: &str,
        at: &At,
    ) -> Result<Kind, TemplateError> {
        let sections = self.sections;
        let Some(resource) = sections.resources.get(id) else {
            return match generated::role_arn(self, id)? {
                Some(arn) if attribute == "Arn" => Ok(Kind::Text(arn)),
                Some(_) | None => self.unknown(id, at),
            };
        };
        self.check_created(id, at)?;
        match (resource.kind.as_str(), attribute) {
            (FUNCTION, "Arn") => Ok(Kind::Text(self.function_arn(id, resource)?)),
            (FUNCTION, "Version.Version") => {
                self.published_alias(id, resource, at)?;
                Ok(match self.context.versions.get(id) {
                    Some(version) => Kind::Text(version.clone()),
                    None => Kind::Unresolved(format!("no version of {id} is published yet")),
                })
            }
            (FUNCTION, "Version" | "Alias") => {
                let message = format!("{FUNCTION} has no attribute {attribute}");
                Err(TemplateError::new(at, message)
                    .remedy(format!("its ARN is `!Ref {id}.{attribute}`")))
            }
            (ALARM, "Arn") => {
                let name = self.name(id, resource)?.text;
                Ok(Kind::Text(self.arn("cloudwatch", &format!("alarm:{name}"))))
            }
            (LOG_GROUP, "Arn") => Ok(match self.log_group_name(id, resource)? {
                Kind::Text(name) => Kind::Text(self.arn("logs", &format!("log-group:{name}:*"))),
                unknown => unknown,
            }),
            (ROLE, "Arn") => Ok(Kind::Text(self.iam_arn("role", id, resource)?)),
            (MANAGED_POLICY, "PolicyArn") => Ok(Kind::Text(self.iam_arn("policy", id, resource)?)),
            (kind, _) => Ok(Kind::Unresolved(format!(
                "only AWS knows {attribute} of {id} ({kind})"
            ))),
        }
    }

    fn resource_reference(
        &mut self,
        id: &str,
        resource: &Resource,
        at: &At,
    ) -> Result<Kind, TemplateError> {
        self.check_created(id, at)?;
        match resource.kind.as_str() {
            MANAGED_POLICY => Ok(Kind::Text(self.iam_arn("policy", id, resource)?)),
            FUNCTION | ALARM | ROLE => Ok(Kind::Text(self.name(id, resource)?.text)),
            LAYER => Ok(Kind::Text(self.layer_arn(id, resource)?)),
            LOG_GROUP => self.log_group_name(id, resource),
            kind => Ok(Kind::Unresolved(format!(
                "{id} ({kind}) does not exist in a rehearsal"
            ))),
        }
    }

    fn unknown(&self, name: &str, at: &At) -> Result<Kind, TemplateError> {
        let is_generated = ["Serverless", "CodeDeployServiceRole"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
            || self
                .sections
                .resources
                .keys()
                .any(|id| name.len() > id.len() && name.starts_with(id.as_str()));
        if is_generated {
            return Ok(Kind::Unresolved(format!(
                "{name}, if SAM generates it, does not exist in a rehearsal"
            )));
        }
        // CloudFormation's words.
        let message = format!(
            "unresolved resource dependencies [{name}] in the Resources block of the template"
        );
        Err(TemplateError::new(at, message))
    }

    /// The logical id of the function that a name, an ARN or a qualified ARN means.
    pub(super) fn function_id(&mut self, function: &str) -> Result<Option<String>, TemplateError> {
        let name = names::function_name(function);
        self.find(FUNCTION, |scope, id, resource| {
            Ok(scope.name(id, resource)?.text == name)
        })
    }

    /// The logical id of the layer that an ARN means.
    pub(super) fn layer_id(&mut self, arn: &str) -> Result<Option<String>, TemplateError> {
        self.find(LAYER, |scope, id, resource| {
            Ok(scope.layer_arn(id, resource)? == arn)
        })
    }

    /// The resource of this type with this ARN.
    pub(super) fn iam_resource(
        &mut self,
        kind: &str,
        arn: &str,
    ) -> Result<Option<(&'t str, &'t Resource)>, TemplateError> {
        let part = if kind == ROLE { "role" } else { "policy" };
        let found = self.find(kind, |scope, id, resource| {
            Ok(scope.iam_arn(part, id, resource)? == arn)
        });
        let sections = self.sections;
        Ok(found?
            .and_then(|id| sections.resources.get_key_value(&id))
            .map(|(id, resource)| (id.as_str(), resource)))
    }

    /// The ARN of a role or a managed policy: IAM's have no Region, and a path.
    pub(super) fn iam_arn(
        &mut self,
        part: &str,
        id: &str,
        resource: &Resource,
    ) -> Result<String, TemplateError> {
        let name = self.name(id, resource)?.text;
        let path = match resource.property("Path") {
            Some(node) => match self.eval(node)? {
                Value {
                    kind: Kind::NoValue | Kind::Unresolved(_),
                    ..
                } => "/".to_owned(),
                path => path.into_text()?,
            },
            None => "/".to_owned(),
        };
        Ok(self.iam(part, &path, &name))
    }

    pub(super) fn iam(&self, part: &str, path: &str, name: &str) -> String {
        let Context {
            region, account_id, ..
        } = self.context;
        let partition = names::partition(region);
        format!("arn:{partition}:iam::{account_id}:{part}{path}{name}")
    }

    /// Whether the template has an alarm of this name.
    pub(super) fn has_alarm(&mut self, name: &str) -> Result<bool, TemplateError> {
        let found = self.find(ALARM, |scope, id, resource| {
            Ok(scope.name(id, resource)?.text == name)
        });
        Ok(found?.is_some())
    }

    fn find(
        &mut self,
        kind: &str,
        is_meant: impl Fn(&mut Self, &str, &Resource) -> Result<bool, TemplateError>,
    ) -> Result<Option<String>, TemplateError> {
        let sections = self.sections;
        for (id, resource) in &sections.resources {
            if resource.kind == kind && self.is_created(id)? && is_meant(self, id, resource)? {
                return Ok(Some(id.clone()));
            }
        }
        Ok(None)
    }

    /// The name of a log group, which no rehearsal depends on: it may be one that only AWS can know.
    pub(super) fn log_group_name(
        &mut self,
        id: &str,
        resource: &Resource,
    ) -> Result<Kind, TemplateError> {
        if let Some(node) = resource.property(names::rule(LOG_GROUP).property) {
            let value = self.nested(&node.at, |scope| scope.eval(node))?;
            if matches!(value.kind, Kind::Unresolved(_)) {
                return Ok(value.kind);
            }
        }
        Ok(Kind::Text(self.name(id, resource)?.text))
    }

    fn layer_arn(&mut self, id: &str, resource: &Resource) -> Result<String, TemplateError> {
        let name = self.name(id, resource)?.text;
        // Every deployment of a stack makes a new version; a rehearsal plays the first.
        Ok(self.arn("lambda", &format!("layer:{name}:1")))
    }

    fn function_arn(&mut self, id: &str, resource: &Resource) -> Result<String, TemplateError> {
        let name = self.name(id, resource)?.text;
        Ok(self.arn("lambda", &format!("function:{name}")))
    }

    /// The alias of `AutoPublishAlias`, without which a function has neither `.Alias` nor `.Version`.
    fn published_alias(
        &mut self,
        id: &str,
        resource: &Resource,
        at: &At,
    ) -> Result<String, TemplateError> {
        let alias = resource
            .property("AutoPublishAlias")
            .map(|node| self.eval(node))
            .transpose()?;
        match alias {
            Some(Value {
                kind: Kind::NoValue,
                ..
            })
            | None => Err(TemplateError::new(
                at,
                format!("{id} has no AutoPublishAlias, so SAM publishes no version of it"),
            )),
            Some(alias) => alias.into_text(),
        }
    }

    /// A resource's name in AWS.
    pub(super) fn name(&mut self, id: &str, resource: &Resource) -> Result<Name, TemplateError> {
        match self.names.get(id) {
            Some(Some(name)) => return name.clone(),
            Some(None) => {
                return Err(TemplateError::new(
                    &resource.at,
                    format!("the name of {id} depends on itself"),
                ));
            }
            None => {}
        }
        self.names.insert(id.to_owned(), None);
        let name = self.find_name(id, resource);
        self.names.insert(id.to_owned(), Some(name.clone()));
        name
    }

    fn find_name(&mut self, id: &str, resource: &Resource) -> Result<Name, TemplateError> {
        let rule = names::rule(&resource.kind);
        if let Some(node) = resource.property(rule.property) {
            let value = self.eval(node)?;
            if !matches!(value.kind, Kind::NoValue) {
                let at = value.at.clone();
                let text = value.into_text()?;
                names::check(rule, &text).map_err(|message| TemplateError::new(&at, message))?;
                return Ok(Name {
                    text,
                    is_stand_in: false,
                });
            }
        }
        // A layer is named after its logical id. Source: SAM specification, LayerName.
        if resource.kind == LAYER {
            return Ok(Name {
                text: id.to_owned(),
                is_stand_in: false,
            });
        }
        let text = self.stand_in(id, rule.max_length);
        Ok(Name {
            text,
            is_stand_in: true,
        })
    }

    /// What stands for a name that CloudFormation makes.
    pub(super) fn stand_in(&self, id: &str, max_length: usize) -> String {
        names::stand_in(&self.context.stack_name, id, max_length)
    }

    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        let Context {
            region, account_id, ..
        } = self.context;
        format!(
            "arn:{}:{service}:{region}:{account_id}:{resource}",
            names::partition(region)
        )
    }

    /// Whether a resource's condition, if it has one, is true.
    pub(super) fn is_created(&mut self, id: &str) -> Result<bool, TemplateError> {
        let sections = self.sections;
        match sections
            .resources
            .get(id)
            .and_then(|resource| resource.attributes.get("Condition"))
        {
            Some(condition) => self.condition(condition.as_literal()?, &condition.at),
            None => Ok(true),
        }
    }

    fn check_created(&mut self, id: &str, at: &At) -> Result<(), TemplateError> {
        if self.is_created(id)? {
            return Ok(());
        }
        Err(TemplateError::new(
            at,
            format!("{id} is not created, because its condition is false"),
        ))
    }

    /// A condition by its name.
    pub(super) fn condition(&mut self, name: &str, at: &At) -> Result<bool, TemplateError> {
        let sections = self.sections;
        let Some(node) = sections.conditions.get(name) else {
            // CloudFormation's words.
            return Err(TemplateError::new(
                at,
                format!("unresolved condition dependency {name}"),
            ));
        };
        match self.conditions.get(name) {
            Some(Some(condition)) => return condition.clone(),
            Some(None) => {
                return Err(TemplateError::new(
                    &node.at,
                    format!("condition {name} depends on itself"),
                ));
            }
            None => {}
        }
        self.conditions.insert(name.to_owned(), None);
        let condition = self.eval_condition(node);
        self.conditions
            .insert(name.to_owned(), Some(condition.clone()));
        condition
    }
}
