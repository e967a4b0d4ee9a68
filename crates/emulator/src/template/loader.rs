//! The template's text as a tree of located nodes.
//!
//! Short tags become the long forms on the way in (`!Sub x` is `Fn::Sub: x`), and aliases and `<<`
//! become what they stand for, so that nothing after this module sees a difference between them.

use std::collections::HashMap;

use saphyr_parser::{Event as Token, Marker, Parser, ScalarStyle, StrInput, Tag};

use super::error::TemplateError;
use super::node::{At, Data, Map, Node, Path};

/// Collections within collections. Templates in the wild stay below 20.
const MAX_DEPTH: usize = 100;

/// What anchors and aliases may copy, in bytes.
const MAX_COPIED: usize = 10 << 20;

/// What a node takes beside its text.
const NODE_SIZE: usize = size_of::<Node>();

/// Reads one YAML document, of which JSON is a subset.
///
/// # Errors
/// The first fault: YAML's own, no or more than one document, a key that is given twice or is not a
/// string, collections nested too deeply, or aliases that would grow too large.
pub(super) fn load(text: &str) -> Result<Node, TemplateError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut loader = Loader {
        text,
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        copied: 0,
    };
    let mut root = None;
    loop {
        let (token, marker) = loader.next()?;
        match token {
            Token::StreamEnd => break,
            Token::Nothing | Token::StreamStart | Token::DocumentStart(_) | Token::DocumentEnd => {}
            Token::Alias(_)
            | Token::Scalar(..)
            | Token::SequenceStart(..)
            | Token::MappingStart(..)
                if root.is_some() =>
            {
                return Err(error(
                    marker,
                    "a second document begins here, a template is one document",
                ));
            }
            Token::Alias(_)
            | Token::Scalar(..)
            | Token::SequenceStart(..)
            | Token::SequenceEnd
            | Token::MappingStart(..)
            | Token::MappingEnd => root = Some(loader.node(token, marker, Path::EMPTY, 0)?.node),
        }
    }
    root.ok_or_else(|| TemplateError::new(&At::TOP, "the template is empty"))
}

fn located(marker: Marker, path: Path) -> At {
    At {
        line: marker.line(),
        column: marker.col() + 1,
        path,
    }
}

fn error(marker: Marker, message: impl Into<String>) -> TemplateError {
    TemplateError::new(&located(marker, Path::EMPTY), message)
}

struct Loader<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Loaded>,
    copied: usize,
}

/// A node with what an alias to it would cost.
#[derive(Clone)]
struct Loaded {
    node: Node,
    /// In bytes.
    size: usize,
    height: usize,
}

impl<'t> Loader<'t> {
    fn next(&mut self) -> Result<(Token<'t>, Marker), TemplateError> {
        match self.parser.next_event() {
            Some(Ok((token, span))) => Ok((token, span.start)),
            Some(Err(fault)) => Err(self.syntax_error(fault.marker(), fault.info())),
            None => Ok((Token::StreamEnd, Marker::default())),
        }
    }

    fn syntax_error(&self, marker: &Marker, info: &str) -> TemplateError {
        let fault = error(*marker, info.trim_end_matches('.'));
        let line = self
            .text
            .lines()
            .nth(marker.line().saturating_sub(1))
            .unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        if line
            .get(..indent)
            .is_some_and(|indent| indent.contains('\t'))
        {
            fault.remedy("YAML is indented with spaces, and this line begins with a tab")
        } else {
            fault
        }
    }

    /// The node that begins with `token`.
    fn node(
        &mut self,
        token: Token<'t>,
        marker: Marker,
        path: Path,
        depth: usize,
    ) -> Result<Loaded, TemplateError> {
        let at = located(marker, path);
        let (anchor, tag) = match &token {
            Token::Scalar(_, _, anchor, tag)
            | Token::SequenceStart(anchor, tag)
            | Token::MappingStart(anchor, tag) => (*anchor, tag.clone()),
            Token::Alias(_)
            | Token::Nothing
            | Token::StreamStart
            | Token::StreamEnd
            | Token::DocumentStart(_)
            | Token::DocumentEnd
            | Token::SequenceEnd
            | Token::MappingEnd => (0, None),
        };
        let tag = tag.map(|tag| read_tag(&tag, &at)).transpose()?;
        // A function's argument lies one step below the function, as it does in the long form.
        let (at, outer) = match &tag {
            Some(Meaning::Function(name)) => (
                At {
                    path: at.path.key(name),
                    ..at.clone()
                },
                Some((name, at)),
            ),
            Some(Meaning::Text | Meaning::Implicit) | None => (at, None),
        };
        let depth = depth + usize::from(outer.is_some());
        let mut loaded = match token {
            Token::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain
                    && !matches!(tag, Some(Meaning::Text | Meaning::Function(_)));
                let size = NODE_SIZE + text.len();
                let data = Data::Scalar {
                    text: text.into_owned(),
                    plain,
                };
                Loaded {
                    node: Node { at, data },
                    size,
                    height: 0,
                }
            }
            Token::SequenceStart(..) => self.list(at, depth)?,
            Token::MappingStart(..) => self.map(at, depth)?,
            Token::Alias(anchor) => self.alias(anchor, marker, depth)?,
            Token::Nothing
            | Token::StreamStart
            | Token::StreamEnd
            | Token::DocumentStart(_)
            | Token::DocumentEnd
            | Token::SequenceEnd
            | Token::MappingEnd => return Err(error(marker, "expected a value")),
        };
        if let Some((name, at)) = outer {
            let map = Map::from([(name.clone(), loaded.node)]);
            let node = Node {
                at,
                data: Data::Map(map),
            };
            loaded = Loaded {
                node,
                size: loaded.size + NODE_SIZE + name.len(),
                height: loaded.height + 1,
            };
        }
        if anchor != 0 {
            self.charge_copy(&loaded, marker)?;
            self.anchors.insert(anchor, loaded.clone());
        }
        Ok(loaded)
    }

    fn list(&mut self, at: At, depth: usize) -> Result<Loaded, TemplateError> {
        check_depth(&at, depth)?;
        let (mut items, mut size, mut height) = (Vec::new(), NODE_SIZE, 0);
        loop {
            let (token, marker) = self.next()?;
            if token == Token::SequenceEnd {
                let node = Node {
                    at,
                    data: Data::List(items),
                };
                return Ok(Loaded {
                    node,
                    size,
                    height: height + 1,
                });
            }
            let item = self.node(token, marker, at.path.index(items.len()), depth + 1)?;
            size += item.size;
            height = height.max(item.height);
            items.push(item.node);
        }
    }

    fn map(&mut self, at: At, depth: usize) -> Result<Loaded, TemplateError> {
        check_depth(&at, depth)?;
        let (mut map, mut size, mut height) = (Map::new(), NODE_SIZE, 0);
        let mut merged = Vec::new();
        loop {
            let (token, key_marker) = self.next()?;
            if token == Token::MappingEnd {
                // What is written in the mapping itself wins over what is merged into it.
                for node in merged {
                    merge_into(&mut map, node)?;
                }
                let node = Node {
                    at,
                    data: Data::Map(map),
                };
                return Ok(Loaded {
                    node,
                    size,
                    height: height + 1,
                });
            }
            let Token::Scalar(key, style, ..) = token else {
                return Err(TemplateError::new(
                    &located(key_marker, at.path),
                    "a key must be a string",
                ));
            };
            let path = at.path.key(&key);
            let key_at = located(key_marker, path.clone());
            if let Some(first) = map.get(key.as_ref()) {
                let message = format!(
                    "duplicate key {key:?}, first given on line {}",
                    first.at.line
                );
                return Err(TemplateError::new(&key_at, message));
            }
            let (token, marker) = self.next()?;
            let mut value = self.node(token, marker, path, depth + 1)?;
            size += value.size + key.len();
            height = height.max(value.height);
            let is_merge = key == "<<" && style == ScalarStyle::Plain;
            if value.node.at.line != key_at.line && !is_merge {
                value.node.at = key_at;
            }
            if is_merge {
                merged.push(value.node);
            } else {
                map.insert(key.into_owned(), value.node);
            }
        }
    }

    fn alias(
        &mut self,
        anchor: usize,
        marker: Marker,
        depth: usize,
    ) -> Result<Loaded, TemplateError> {
        // Within its own anchor, or for a key.
        let Some(loaded) = self.anchors.get(&anchor) else {
            return Err(error(
                marker,
                "an alias must stand for a value that ends before it",
            ));
        };
        let loaded = loaded.clone();
        self.charge_copy(&loaded, marker)?;
        check_depth(&located(marker, Path::EMPTY), depth + loaded.height)?;
        Ok(loaded)
    }

    fn charge_copy(&mut self, loaded: &Loaded, marker: Marker) -> Result<(), TemplateError> {
        self.copied += loaded.size;
        if self.copied > MAX_COPIED {
            return Err(error(
                marker,
                "the anchors and aliases of this template expand to more than 10 MiB",
            ));
        }
        Ok(())
    }
}

fn check_depth(at: &At, depth: usize) -> Result<(), TemplateError> {
    if depth < MAX_DEPTH {
        return Ok(());
    }
    // The path of what is nested a hundred times would bury the message.
    let at = At {
        path: Path::EMPTY,
        ..at.clone()
    };
    Err(TemplateError::new(
        &at,
        format!("nested more than {MAX_DEPTH} levels deep"),
    ))
}

/// YAML 1.1's `<<`, which the SAM CLI resolves before anything is sent to CloudFormation.
fn merge_into(map: &mut Map, node: Node) -> Result<(), TemplateError> {
    let sources = match node.data {
        Data::List(nodes) => nodes,
        Data::Map(_) | Data::Scalar { .. } => vec![node],
    };
    for source in sources {
        for (key, value) in source.as_map()? {
            if !map.contains_key(key) {
                map.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}

/// What a tag means.
enum Meaning {
    /// A CloudFormation function, by its long name.
    Function(String),
    /// The value is text, whatever it looks like.
    Text,
    /// The tag says what the value says anyway.
    Implicit,
}

fn read_tag(tag: &Tag, at: &At) -> Result<Meaning, TemplateError> {
    let suffix = tag.suffix.as_str();
    if tag.is_yaml_core_schema() {
        return match suffix {
            "str" => Ok(Meaning::Text),
            "map" | "seq" | "int" | "float" | "bool" | "null" => Ok(Meaning::Implicit),
            _ => Err(TemplateError::new(
                at,
                format!("CloudFormation does not support the tag !!{suffix}"),
            )),
        };
    }
    match (tag.handle.as_str(), suffix) {
        ("!", "Ref" | "Condition") => Ok(Meaning::Function(suffix.to_owned())),
        ("!", name) if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()) => {
            Ok(Meaning::Function(format!("Fn::{name}")))
        }
        ("" | "!", "!" | "") => Ok(Meaning::Text),
        _ => Err(TemplateError::new(at, format!("unknown tag {tag}"))),
    }
}
