//! CloudFormation's functions.
//!
//! Source: CloudFormation user guide, "Intrinsic function reference". Functions that are not here
//! give [`Kind::Unresolved`], which names them where their value is used.

use indexmap::IndexMap;

use super::error::TemplateError;
use super::node::{At, Data, Map, Node};
use super::parameters::{scalar_text, text_kind};
use super::scope::Scope;
use super::value::{Kind, Value};

impl Scope<'_> {
    /// Applies the functions in a node, in those below it too.
    pub(super) fn eval(&mut self, node: &Node) -> Result<Value, TemplateError> {
        let kind = self.nested(&node.at, |scope| scope.eval_kind(node))?;
        Ok(Value {
            at: node.at.clone(),
            kind,
        })
    }

    fn eval_kind(&mut self, node: &Node) -> Result<Kind, TemplateError> {
        if let Some((name, argument)) = node.as_function()
            && name != "Condition"
        {
            return self.function(name, argument);
        }
        match &node.data {
            Data::Scalar { text, .. } => scalar_text(node)
                .unwrap_or_else(|| Ok(text.clone()))
                .map(text_kind),
            Data::List(nodes) => {
                let values = nodes
                    .iter()
                    .map(|node| self.eval(node))
                    .collect::<Result<Vec<_>, _>>()?;
                let is_given = |value: &Value| !matches!(value.kind, Kind::NoValue);
                Ok(Kind::List(values.into_iter().filter(is_given).collect()))
            }
            Data::Map(nodes) => {
                let mut values = IndexMap::new();
                for (key, node) in nodes {
                    if key.starts_with("Fn::") {
                        return Err(TemplateError::new(
                            &node.at,
                            format!("{key} cannot stand beside other keys"),
                        ));
                    }
                    let value = self.eval(node)?;
                    if !matches!(value.kind, Kind::NoValue) {
                        values.insert(key.clone(), value);
                    }
                }
                Ok(Kind::Map(values))
            }
        }
    }

    fn function(&mut self, name: &str, argument: &Node) -> Result<Kind, TemplateError> {
        match name {
            "Ref" => self.reference(argument.as_literal()?, &argument.at),
            "Fn::GetAtt" => self.get_att(argument),
            "Fn::Sub" => self.sub(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Split" => self.split(argument),
            "Fn::Select" => self.select(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::If" => {
                let [condition, yes, no] = arguments("Fn::If", argument)?;
                let condition = self.condition(condition.as_literal()?, &condition.at)?;
                Ok(self.eval(if condition { yes } else { no })?.kind)
            }
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => Err(TemplateError::new(
                &argument.at,
                format!("{name} is only allowed in Conditions"),
            )),
            _ => Ok(Kind::Unresolved(format!(
                "{name} is not evaluated in a rehearsal"
            ))),
        }
    }

    /// A node below `Conditions`.
    pub(super) fn eval_condition(&mut self, node: &Node) -> Result<bool, TemplateError> {
        self.nested(&node.at, |scope| match node.as_function() {
            Some(("Condition", name)) => scope.condition(name.as_literal()?, &name.at),
            Some(("Fn::Equals", argument)) => {
                let [left, right] = arguments("Fn::Equals", argument)?;
                Ok(scope.eval(left)?.into_text()? == scope.eval(right)?.into_text()?)
            }
            Some(("Fn::Not", argument)) => {
                let [condition] = arguments("Fn::Not", argument)?;
                Ok(!scope.eval_condition(condition)?)
            }
            Some((name @ ("Fn::And" | "Fn::Or"), argument)) => {
                let conditions = argument.as_list()?;
                if !(2..=10).contains(&conditions.len()) {
                    return Err(TemplateError::new(
                        &argument.at,
                        format!("{name} takes 2 to 10 conditions"),
                    ));
                }
                // All of them, so that a fault in the last is found whatever the first says.
                let conditions = conditions
                    .iter()
                    .map(|condition| scope.eval_condition(condition));
                let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
                Ok(if name == "Fn::And" {
                    !conditions.contains(&false)
                } else {
                    conditions.contains(&true)
                })
            }
            Some(_) | None => {
                let message =
                    "a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition";
                Err(TemplateError::new(&node.at, message))
            }
        })
    }

    fn get_att(&mut self, argument: &Node) -> Result<Kind, TemplateError> {
        let fault = || {
            TemplateError::new(
                &argument.at,
                "Fn::GetAtt takes a logical id and an attribute",
            )
        };
        match &argument.data {
            Data::Scalar { text, .. } => {
                let (id, attribute) = text.split_once('.').ok_or_else(fault)?;
                self.attribute(id, attribute, &argument.at)
            }
            Data::List(parts) => {
                let (id, attribute) = parts.split_first().ok_or_else(fault)?;
                let attribute = attribute
                    .iter()
                    .map(|part| self.eval(part)?.into_text())
                    .collect::<Result<Vec<_>, _>>()?;
                if attribute.is_empty() {
                    return Err(fault());
                }
                self.attribute(id.as_literal()?, &attribute.join("."), &argument.at)
            }
            Data::Map(_) => Err(fault()),
        }
    }

    fn sub(&mut self, argument: &Node) -> Result<Kind, TemplateError> {
        let (template, variables) = match &argument.data {
            Data::List(_) => {
                let [template, variables] = arguments("Fn::Sub", argument)?;
                variables.as_map()?;
                (template, self.eval(variables)?.into_map()?)
            }
            Data::Scalar { .. } | Data::Map(_) => (argument, IndexMap::new()),
        };
        let at = &template.at;
        let mut rest = template.as_literal()?;
        let mut text = String::new();
        while let Some(start) = rest.find("${") {
            let (before, variable) = rest.split_at(start);
            text.push_str(before);
            let Some(end) = variable.find('}') else {
                rest = variable;
                break;
            };
            let name = &variable[2..end];
            rest = &variable[end + 1..];
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let kind = match variables.get(name) {
                Some(value) => value.kind.clone(),
                None => self.sub_variable(name, at)?,
            };
            if let Kind::Unresolved(_) = kind {
                return Ok(kind);
            }
            let value = Value {
                at: at.clone(),
                kind,
            }
            .into_text()?;
            self.charge(value.len(), at)?;
            text.push_str(&value);
        }
        text.push_str(rest);
        Ok(text_kind(text))
    }

    fn sub_variable(&mut self, name: &str, at: &At) -> Result<Kind, TemplateError> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':');
        if name.is_empty() || !name.chars().all(is_allowed) {
            // CloudFormation's words.
            let message = "variable names in Fn::Sub syntax must contain only alphanumeric characters, \
                           underscores, periods, and colons";
            return Err(TemplateError::new(at, format!("${{{name}}}: {message}"))
                .remedy(format!("write ${{!{name}}} for the text itself")));
        }
        match name.split_once('.') {
            None | Some((_, "Alias" | "Version")) => self.reference(name, at),
            Some((id, attribute)) => self.attribute(id, attribute, at),
        }
    }

    fn join(&mut self, argument: &Node) -> Result<Kind, TemplateError> {
        let [delimiter, list] = arguments("Fn::Join", argument)?;
        let delimiter = delimiter.as_literal()?;
        let list = self.eval(list)?;
        if let Kind::Unresolved(_) = list.kind {
            return Ok(list.kind);
        }
        let mut text = String::new();
        for (index, item) in list.into_list()?.into_iter().enumerate() {
            if let Kind::Unresolved(_) = item.kind {
                return Ok(item.kind);
            }
            if index > 0 {
                text.push_str(delimiter);
            }
            let item = item.into_text()?;
            self.charge(delimiter.len() + item.len(), &argument.at)?;
            text.push_str(&item);
        }
        Ok(text_kind(text))
    }

    fn split(&mut self, argument: &Node) -> Result<Kind, TemplateError> {
        let [delimiter, text] = arguments("Fn::Split", argument)?;
        let delimiter = delimiter.as_literal()?;
        if delimiter.is_empty() {
            return Err(TemplateError::new(
                &argument.at,
                "Fn::Split needs a delimiter",
            ));
        }
        let text = self.eval(text)?;
        if let Kind::Unresolved(_) = text.kind {
            return Ok(text.kind);
        }
        let text = text.into_text()?;
        let mut items = Vec::new();
        for item in text.split(delimiter) {
            // Even an empty item takes a place in the list.
            self.charge(size_of::<Value>() + item.len(), &argument.at)?;
            items.push(Value {
                at: argument.at.clone(),
                kind: text_kind(item.to_owned()),
            });
        }
        Ok(Kind::List(items))
    }

    fn select(&mut self, argument: &Node) -> Result<Kind, TemplateError> {
        let [index, list] = arguments("Fn::Select", argument)?;
        let index: usize = self.eval(index)?.parse("an index from 0", |_| true)?;
        let list = self.eval(list)?;
        if let Kind::Unresolved(_) = list.kind {
            return Ok(list.kind);
        }
        let items = list.into_list()?;
        let count = items.len();
        let item = items.into_iter().nth(index);
        item.map(|item| item.kind).ok_or_else(|| {
            TemplateError::new(
                &argument.at,
                format!("Fn::Select takes item {index} of a list of {count}"),
            )
        })
    }

    fn find_in_map(&mut self, argument: &Node) -> Result<Kind, TemplateError> {
        let [map, top, second] = arguments("Fn::FindInMap", argument)?;
        let sections = self.sections;
        let map = self.look_up(&sections.mappings, map)?;
        let top = self.look_up(map.as_map()?, top)?;
        let found = self.look_up(top.as_map()?, second)?;
        Ok(self.eval(found)?.kind)
    }

    fn look_up<'m>(&mut self, map: &'m Map, key: &Node) -> Result<&'m Node, TemplateError> {
        let text = self.eval(key)?.into_text()?;
        map.get(&text).ok_or_else(|| {
            TemplateError::new(
                &key.at,
                format!("unable to get mapping: there is no {text:?}"),
            )
        })
    }
}

fn arguments<'n, const N: usize>(
    name: &str,
    argument: &'n Node,
) -> Result<&'n [Node; N], TemplateError> {
    let list = argument.as_list()?;
    <&[Node; N]>::try_from(list).map_err(|_| {
        TemplateError::new(
            &argument.at,
            format!("{name} takes {N} arguments, found {}", list.len()),
        )
    })
}
