//! An AppSpec's YAML, as the JSON value that says the same.
//!
//! Of YAML, an AppSpec needs maps, lists and scalars. Aliases, which can make a little text very large, and tags, which
//! change what a value is, are refused: neither is in any AppSpec of AWS's documentation, and a gate that guesses
//! is worse than one that asks.

use saphyr_parser::{Event as Token, Marker, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Number, Value};

/// Collections within collections, as many as `serde_json` reads.
const MAX_DEPTH: usize = 127;

/// What is wrong with the YAML, and where.
#[derive(Debug, thiserror::Error)]
#[error("{message} at line {line} column {column}")]
pub struct YamlError {
    message: String,
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
}

/// Reads a text that is one YAML document.
///
/// A scalar without quotes is null, a boolean or a number where JSON would write it the same way (and null where YAML
/// has its own spellings for it); anything else is text.
pub(super) fn parse(text: &str) -> Result<Value, YamlError> {
    let mut loader = Loader {
        text,
        parser: Parser::new_from_str(text),
    };
    let mut root = None;
    loop {
        let (token, marker) = loader.next()?;
        match token {
            Token::StreamEnd => return Ok(root.unwrap_or_default()),
            Token::Nothing | Token::StreamStart | Token::DocumentEnd => {}
            Token::DocumentStart(_) if root.is_some() => {
                return Err(error(
                    marker,
                    "a second document begins, where an AppSpec is one",
                ));
            }
            Token::DocumentStart(_) => {}
            Token::Alias(_)
            | Token::Scalar(..)
            | Token::SequenceStart(..)
            | Token::SequenceEnd
            | Token::MappingStart(..)
            | Token::MappingEnd => root = Some(loader.value(token, marker, 0)?),
        }
    }
}

fn error(marker: Marker, message: impl Into<String>) -> YamlError {
    YamlError {
        message: message.into(),
        line: marker.line(),
        column: marker.col() + 1,
    }
}

struct Loader<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
}

impl<'t> Loader<'t> {
    fn next(&mut self) -> Result<(Token<'t>, Marker), YamlError> {
        match self.parser.next_event() {
            Some(Ok((token, span))) => Ok((token, span.start)),
            Some(Err(fault)) => Err(self.syntax_error(*fault.marker(), fault.info())),
            None => Ok((Token::StreamEnd, Marker::default())),
        }
    }

    /// The parser's own words, or the usual cause that they do not name.
    fn syntax_error(&self, marker: Marker, info: &str) -> YamlError {
        let line = self.text.lines().nth(marker.line().saturating_sub(1));
        let blank = line
            .unwrap_or_default()
            .split(|c: char| !c.is_whitespace())
            .next();
        if blank.is_some_and(|blank| blank.contains('\t')) {
            return error(marker, "a tab, where YAML is indented with spaces only");
        }
        error(marker, info.trim_end_matches('.'))
    }

    /// The value that begins with `token`, inside of `depth` collections.
    fn value(
        &mut self,
        token: Token<'t>,
        marker: Marker,
        depth: usize,
    ) -> Result<Value, YamlError> {
        let collection = matches!(token, Token::SequenceStart(..) | Token::MappingStart(..));
        if collection && depth >= MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(error(marker, message));
        }
        match token {
            Token::Scalar(_, _, _, Some(tag))
            | Token::SequenceStart(_, Some(tag))
            | Token::MappingStart(_, Some(tag)) => {
                Err(error(marker, format!("the tag {tag} is not supported")))
            }
            Token::Scalar(text, ScalarStyle::Plain, ..) => Ok(plain(&text)),
            Token::Scalar(text, ..) => Ok(Value::String(text.into_owned())),
            Token::SequenceStart(..) => self.list(depth + 1),
            Token::MappingStart(..) => self.map(depth + 1),
            Token::Alias(_) => Err(error(
                marker,
                "an alias (`*name`), which is not supported; write its value instead",
            )),
            Token::Nothing
            | Token::StreamStart
            | Token::StreamEnd
            | Token::DocumentStart(_)
            | Token::DocumentEnd
            | Token::SequenceEnd
            | Token::MappingEnd => Err(error(marker, "no value, where one is expected")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, YamlError> {
        let mut items = Vec::new();
        loop {
            let (token, marker) = self.next()?;
            if token == Token::SequenceEnd {
                return Ok(Value::Array(items));
            }
            items.push(self.value(token, marker, depth)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, YamlError> {
        let mut members = Map::new();
        loop {
            let (token, marker) = self.next()?;
            if token == Token::MappingEnd {
                return Ok(Value::Object(members));
            }
            let Token::Scalar(key, _, _, None) = token else {
                return Err(error(marker, "a key that is not plain text"));
            };
            if members.contains_key(key.as_ref()) {
                return Err(error(marker, format!("the key {key:?} is repeated")));
            }
            let (token, marker) = self.next()?;
            let value = self.value(token, marker, depth)?;
            members.insert(key.into_owned(), value);
        }
    }
}

/// What a scalar without quotes is.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        text => text
            .parse::<Number>()
            .map_or_else(|_| Value::from(text), Value::Number),
    }
}
