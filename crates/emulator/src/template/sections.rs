//! The template's sections and resources, with `Globals` merged into its functions.

use indexmap::IndexMap;

use super::error::{NoteKind, Notes, TemplateError};
use super::node::{At, Data, Map, Node};

pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
pub(super) const LAYER: &str = "AWS::Serverless::LayerVersion";
pub(super) const ALIAS: &str = "AWS::Lambda::Alias";
pub(super) const ALARM: &str = "AWS::CloudWatch::Alarm";
pub(super) const LOG_GROUP: &str = "AWS::Logs::LogGroup";
pub(super) const ROLE: &str = "AWS::IAM::Role";
pub(super) const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";

const SERVERLESS_TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// What a template may have at its top.
/// Source: CloudFormation user guide, "Template sections"; SAM specification for `Globals`.
const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Globals",
    "Hooks",
    "Resources",
    "Outputs",
];

/// The sections that a rehearsal needs.
#[derive(Debug)]
pub(super) struct Sections {
    pub(super) parameters: Map,
    pub(super) mappings: Map,
    pub(super) conditions: Map,
    pub(super) resources: IndexMap<String, Resource>,
    /// What else would change what AWS does.
    unplayed: Vec<(String, At)>,
    /// `Globals` other than `Function`.
    unused_globals: Map,
}

#[derive(Debug)]
pub(super) struct Resource {
    pub(super) at: At,
    pub(super) kind: String,
    pub(super) properties: Node,
    /// What stands beside `Type` and `Properties`: `Metadata`, `Condition`, `DependsOn`, ….
    pub(super) attributes: Map,
}

impl Resource {
    pub(super) fn property(&self, name: &str) -> Option<&Node> {
        self.properties.as_map().ok()?.get(name)
    }
}

pub(super) fn read(root: Node) -> Result<Sections, TemplateError> {
    let root_at = root.at.clone();
    let Data::Map(mut root) = root.data else {
        return Err(TemplateError::new(
            &root_at,
            "a template is a mapping of sections such as Resources",
        ));
    };
    if let Some((name, section)) = root
        .iter()
        .find(|(name, _)| !SECTIONS.contains(&name.as_str()))
    {
        let message = format!("invalid template property or properties [{name}]");
        return Err(TemplateError::new(&section.at, message));
    }
    let resources = root.shift_remove("Resources").ok_or_else(|| {
        TemplateError::new(&root_at, "at least one Resources member must be defined")
    })?;
    let transforms = transforms(root.get("Transform"))?;
    let is_sam = transforms
        .iter()
        .any(|(name, _)| name == SERVERLESS_TRANSFORM);
    let mut globals = section(&mut root, "Globals")?;
    let function_globals = globals.shift_remove("Function");
    if let Some(node) = &function_globals {
        node.as_map()?;
    }

    let mut read = IndexMap::new();
    for (id, node) in into_map(resources)? {
        let resource = resource(&id, node, function_globals.as_ref())?;
        read.insert(id, resource);
    }
    check_sam(&read, is_sam, &root_at)?;
    let mut unplayed: Vec<(String, At)> = ["Rules", "Hooks"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), root.get(name)?.at.clone())))
        .collect();
    let macros = transforms
        .into_iter()
        .filter(|(name, _)| name != SERVERLESS_TRANSFORM);
    unplayed.extend(macros.map(|(name, at)| (format!("Transform {name}"), at)));
    Ok(Sections {
        parameters: section(&mut root, "Parameters")?,
        mappings: section(&mut root, "Mappings")?,
        conditions: section(&mut root, "Conditions")?,
        resources: read,
        unplayed,
        unused_globals: globals,
    })
}

impl Sections {
    /// Names what stands outside the resources and is not played.
    pub(super) fn note(&self, notes: &mut Notes) {
        for (name, at) in &self.unplayed {
            notes.add(NoteKind::NotPlayed, at, name, "");
        }
        for (name, node) in &self.unused_globals {
            notes.add(
                NoteKind::Irrelevant,
                &node.at,
                format!("Globals.{name}"),
                "",
            );
        }
    }
}

fn into_map(node: Node) -> Result<Map, TemplateError> {
    node.as_map()?;
    match node.data {
        Data::Map(map) => Ok(map),
        Data::Scalar { .. } | Data::List(_) => Ok(Map::new()),
    }
}

fn section(root: &mut Map, name: &str) -> Result<Map, TemplateError> {
    root.shift_remove(name)
        .map_or_else(|| Ok(Map::new()), into_map)
}

fn transforms(node: Option<&Node>) -> Result<Vec<(String, At)>, TemplateError> {
    let Some(node) = node else {
        return Ok(Vec::new());
    };
    let names = match &node.data {
        Data::List(names) => names.as_slice(),
        Data::Scalar { .. } | Data::Map(_) => std::slice::from_ref(node),
    };
    let named = |node: &Node| match &node.data {
        // `Transform: {Name: AWS::Include, Parameters: …}`
        Data::Map(map) => match map.get("Name") {
            Some(name) => Ok((name.as_literal()?.to_owned(), node.at.clone())),
            None => Err(TemplateError::new(&node.at, "a transform needs a Name")),
        },
        Data::Scalar { .. } | Data::List(_) => Ok((node.as_literal()?.to_owned(), node.at.clone())),
    };
    names.iter().map(named).collect()
}

pub(super) fn resource(
    id: &str,
    node: Node,
    globals: Option<&Node>,
) -> Result<Resource, TemplateError> {
    let at = node.at.clone();
    if id.starts_with("Fn::") {
        return Err(
            TemplateError::new(&at, format!("{id} is not supported among the resources"))
                .remedy("rehearse the template that it expands to"),
        );
    }
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(TemplateError::new(
            &at,
            format!("resource name {id:?} is non alphanumeric"),
        ));
    }
    let mut attributes = into_map(node)?;
    let kind = attributes
        .shift_remove("Type")
        .ok_or_else(|| TemplateError::new(&at, format!("resource {id} has no Type")))?;
    let kind = kind.as_literal()?.to_owned();
    let ignored = attributes.shift_remove("IgnoreGlobals");
    let mut properties = attributes
        .shift_remove("Properties")
        .unwrap_or_else(|| Node {
            at: at.clone(),
            data: Data::Map(Map::new()),
        });
    properties.as_map()?;
    if let (FUNCTION, Some(globals)) = (kind.as_str(), globals) {
        let globals = without_ignored(globals, ignored.as_ref())?;
        properties = merge(&globals, properties);
    }
    Ok(Resource {
        at,
        kind,
        properties,
        attributes,
    })
}

/// `IgnoreGlobals: "*"`, or a list of property names.
fn without_ignored(globals: &Node, ignored: Option<&Node>) -> Result<Node, TemplateError> {
    let mut map = globals.as_map()?.clone();
    match ignored.map(|node| (&node.data, node)) {
        None => {}
        Some((Data::Scalar { text, .. }, _)) if text == "*" => map.clear(),
        Some((_, node)) => {
            for name in node.as_list()? {
                map.shift_remove(name.as_literal()?);
            }
        }
    }
    Ok(Node {
        at: globals.at.clone(),
        data: Data::Map(map),
    })
}

/// Merges as SAM does: mappings merge, lists append, and everything else, functions among it, is
/// what the resource says. Source: samtranslator/plugins/globals/globals.py, `GlobalProperties`.
fn merge(global: &Node, local: Node) -> Node {
    if global.as_function().is_some() || local.as_function().is_some() {
        return local;
    }
    let data = match (&global.data, local.data) {
        (Data::Map(global), Data::Map(local)) => {
            let mut merged = global.clone();
            for (key, value) in local {
                let value = match global.get(&key) {
                    Some(global) => merge(global, value),
                    None => value,
                };
                merged.insert(key, value);
            }
            Data::Map(merged)
        }
        (Data::List(global), Data::List(local)) => {
            Data::List(global.iter().cloned().chain(local).collect())
        }
        (Data::Scalar { .. } | Data::Map(_) | Data::List(_), local) => local,
    };
    Node { at: local.at, data }
}

fn check_sam(
    resources: &IndexMap<String, Resource>,
    is_sam: bool,
    root_at: &At,
) -> Result<(), TemplateError> {
    let serverless = resources
        .values()
        .find(|resource| resource.kind.starts_with("AWS::Serverless::"));
    if let Some(resource) = serverless
        && !is_sam
    {
        // CloudFormation's own words: without the transform it does not know the type.
        let message = format!("unrecognized resource types: [{}]", resource.kind);
        return Err(TemplateError::new(&resource.at, message).remedy(format!(
            "add `Transform: {SERVERLESS_TRANSFORM}` at the top of the template"
        )));
    }
    if !resources.values().any(|resource| resource.kind == FUNCTION) {
        return Err(
            TemplateError::new(root_at, format!("the template has no {FUNCTION}"))
                .remedy("a rehearsal needs a SAM template with at least one"),
        );
    }
    Ok(())
}
