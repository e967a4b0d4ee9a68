//! From JSON to the tree of an expectation, with an error for everything that is not in the language.

use regex::RegexBuilder;
use serde_json::{Number, Value};

use super::{Comparison, Demand, Expectation, ExpectationError, JsonType, Node, ObjectNode, Word};
use crate::number;
use crate::path::Path;

/// The words that stand anywhere, then those that stand at the top only.
const WORDS: [&str; 14] = [
    "$any",
    "$absent",
    "$type",
    "$regex",
    "$contains",
    "$oneOf",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$len",
    ERROR,
    MAX_DURATION,
    COMPARE,
];

const ERROR: &str = "$error";
const MAX_DURATION: &str = "$maxDurationMs";
const COMPARE: &str = "$compare";

/// The most that a compiled `$regex` may take, in bytes: the default of the `regex` crate. `\w{255}` takes about half of it.
const REGEX_SIZE_LIMIT: usize = 10 << 20;

/// Whether the key is an instruction that stands at the top only.
pub(crate) fn is_top_word(name: &str) -> bool {
    [ERROR, MAX_DURATION, COMPARE].contains(&name)
}

type Result<T, E = ExpectationError> = std::result::Result<T, E>;

pub(super) fn read(document: &Value) -> Result<Expectation> {
    let mut reader = Reader::default();
    let Value::Object(members) = document else {
        let demand = Demand::Response(reader.node(document)?);
        return Ok(Expectation {
            demand,
            max_duration_ms: None,
            compare: true,
        });
    };
    let max_duration_ms = match members.get(MAX_DURATION) {
        Some(argument) => Some(reader.within_word(MAX_DURATION, |r| r.milliseconds(argument))?),
        None => None,
    };
    let compare = match members.get(COMPARE) {
        Some(argument) => reader.within_word(COMPARE, |r| r.compare(argument))?,
        None => true,
    };
    let mut response = members
        .iter()
        .filter(|(name, _)| !is_top_word(name))
        .peekable();
    let demand = match (members.get(ERROR), response.peek()) {
        (Some(argument), None) => reader.within_word(ERROR, |r| r.error(argument))?,
        (Some(_), Some((name, _))) => reader.within_word(ERROR, |r| {
            r.fail(format!(
                "an answer is a function error or a response, never both; remove `{ERROR}` or `{name}`"
            ))
        })?,
        (None, None) => Demand::Default,
        (None, Some(_)) => Demand::Response(Node::Object(reader.object(response)?)),
    };
    Ok(Expectation {
        demand,
        max_duration_ms,
        compare,
    })
}

#[derive(Default)]
struct Reader<'a> {
    path: Path<'a>,
}

impl<'a> Reader<'a> {
    fn fail<T>(&self, problem: impl Into<String>) -> Result<T> {
        Err(ExpectationError::Rule {
            path: self.path.to_string(),
            problem: problem.into(),
        })
    }

    fn within_word<T>(
        &mut self,
        word: &'a str,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.path.enter_word(word);
        let result = read(self)?;
        self.path.leave();
        Ok(result)
    }

    fn node(&mut self, value: &'a Value) -> Result<Node> {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Ok(Node::Scalar(value.clone()))
            }
            Value::Array(items) => self.nodes(items).map(Node::Array),
            Value::Object(members) => self.object(members.iter()).map(Node::Object),
        }
    }

    fn nodes(&mut self, items: &'a [Value]) -> Result<Vec<Node>> {
        let mut nodes = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.path.enter_element(index);
            nodes.push(self.node(item)?);
            self.path.leave();
        }
        Ok(nodes)
    }

    fn object(
        &mut self,
        members: impl Iterator<Item = (&'a String, &'a Value)>,
    ) -> Result<ObjectNode> {
        let mut object = ObjectNode::default();
        for (name, value) in members {
            match name.strip_prefix('$') {
                Some(literal) if !literal.starts_with('$') => {
                    let word = self.within_word(name, |reader| reader.word(name, value))?;
                    object.words.push(word);
                }
                literal => {
                    let name = literal.unwrap_or(name);
                    self.path.enter_member(name);
                    object.members.push((name.to_owned(), self.node(value)?));
                    self.path.leave();
                }
            }
        }
        let constraints = object.words.len() + object.members.len();
        if constraints > 1 && object.words.iter().any(|word| matches!(word, Word::Absent)) {
            return self.fail(
                "nothing else can hold of what is absent; leave `$absent` alone in its object, \
                 or offer it as an alternative of `$oneOf`",
            );
        }
        Ok(object)
    }

    fn word(&mut self, word: &str, argument: &'a Value) -> Result<Word> {
        match word {
            "$any" => match argument {
                Value::Bool(true) => Ok(Word::Any),
                _ => self.fail("it takes `true`; what must not be there is `{\"$absent\": true}`"),
            },
            "$absent" => match argument {
                Value::Bool(true) => Ok(Word::Absent),
                _ => self.fail("it takes `true`; what must be there is `{\"$any\": true}`"),
            },
            "$type" => self.types(argument).map(Word::Type),
            "$regex" => self.regex(argument),
            "$contains" => Ok(Word::Contains(Box::new(self.node(argument)?))),
            "$oneOf" => match argument {
                Value::Array(alternatives) if !alternatives.is_empty() => {
                    self.nodes(alternatives).map(Word::OneOf)
                }
                _ => self.fail("it takes a list of one or more alternatives"),
            },
            "$gt" => self.comparison(Comparison::Gt, argument),
            "$gte" => self.comparison(Comparison::Gte, argument),
            "$lt" => self.comparison(Comparison::Lt, argument),
            "$lte" => self.comparison(Comparison::Lte, argument),
            "$len" if is_count(argument) => Ok(Word::Len(Box::new(self.node(argument)?))),
            "$len" => self.fail(
                "it takes a whole number from 0, or an object of `$gt`, `$gte`, `$lt`, `$lte` or `$oneOf` on such numbers",
            ),
            ERROR | MAX_DURATION | COMPARE => {
                self.fail("it speaks of the whole answer; move it to the top of the document")
            }
            unknown => self.fail(unknown_word(unknown)),
        }
    }

    fn types(&self, argument: &Value) -> Result<Vec<JsonType>> {
        let names = match argument {
            Value::Array(names) => names.as_slice(),
            name => std::slice::from_ref(name),
        };
        let types: Option<Vec<JsonType>> = names
            .iter()
            .map(|name| JsonType::ALL.into_iter().find(|one| *name == one.name()))
            .collect();
        match types {
            Some(types) if !types.is_empty() => Ok(types),
            _ => self.fail(format!(
                "it takes one of {}, or a list of them",
                listed(&JsonType::ALL.map(JsonType::name))
            )),
        }
    }

    fn regex(&self, argument: &Value) -> Result<Word> {
        let Value::String(pattern) = argument else {
            return self.fail("it takes a string, the pattern to search for");
        };
        match RegexBuilder::new(pattern)
            .size_limit(REGEX_SIZE_LIMIT)
            .build()
        {
            Ok(regex) => Ok(Word::Regex(regex)),
            Err(regex::Error::CompiledTooBig(limit)) => self.fail(format!(
                "the pattern takes more than {limit} bytes when compiled; use smaller repetitions"
            )),
            Err(error) => {
                // The crate draws the pattern over several lines; the last one says what is wrong.
                let drawing = error.to_string();
                let problem = drawing.lines().last().unwrap_or_default();
                let problem = problem.strip_prefix("error: ").unwrap_or(problem);
                self.fail(format!(
                    "the pattern is not a regular expression of Rust's `regex`: {problem}"
                ))
            }
        }
    }

    fn comparison(&self, comparison: Comparison, argument: &Value) -> Result<Word> {
        match argument {
            Value::Number(number) => Ok(Word::Compare(comparison, number.clone())),
            _ => self.fail("it takes a number"),
        }
    }

    fn milliseconds(&self, argument: &Value) -> Result<Number> {
        match argument {
            Value::Number(number) if number::compare(number, &0.into()).is_gt() => {
                Ok(number.clone())
            }
            _ => self.fail("it takes a number of milliseconds above 0"),
        }
    }

    fn compare(&self, argument: &Value) -> Result<bool> {
        match argument {
            Value::Bool(false) => Ok(false),
            _ => self.fail(
                "it takes `false`, for an event that must not go to the current version too; \
                 remove it, and `GATE_COMPARE` decides",
            ),
        }
    }

    fn error(&mut self, argument: &'a Value) -> Result<Demand> {
        match argument {
            Value::Bool(true) => Ok(Demand::Error(None)),
            Value::Object(members) => {
                let error = self.object(members.iter())?;
                let other = error
                    .members
                    .iter()
                    .find(|(name, _)| !["errorType", "errorMessage"].contains(&name.as_str()));
                if let Some((name, _)) = other {
                    return self.fail(format!(
                        "a function error has `errorType` and `errorMessage`, and nothing called `{name}`"
                    ));
                }
                let error = Node::Object(error);
                if error.allows_absence() {
                    return self
                        .fail("it requires a function error; without `$error` there must be none");
                }
                Ok(Demand::Error(Some(error)))
            }
            _ => self.fail(
                "it takes `true` or an object about `errorType` and `errorMessage`; \
                 without `$error` a function error is never right",
            ),
        }
    }
}

/// Whether an argument of `$len` can hold of a length.
fn is_count(argument: &Value) -> bool {
    match argument {
        Value::Number(number) => {
            number::is_whole(number) && number::compare(number, &0.into()).is_ge()
        }
        Value::Object(constraints) => {
            !constraints.is_empty()
                && constraints
                    .iter()
                    .all(|(word, argument)| match word.as_str() {
                        "$gt" | "$gte" | "$lt" | "$lte" => argument.is_number(),
                        "$oneOf" => argument
                            .as_array()
                            .is_some_and(|alternatives| alternatives.iter().all(is_count)),
                        _ => false,
                    })
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => false,
    }
}

fn unknown_word(unknown: &str) -> String {
    let nearest = WORDS
        .into_iter()
        .map(|word| {
            (
                distance(&word.to_lowercase(), &unknown.to_lowercase()),
                word,
            )
        })
        .min()
        .filter(|(distance, _)| *distance <= 2);
    let remedy = match nearest {
        Some((_, word)) => format!("did you mean `{word}`?"),
        None => format!("the known ones are {}", listed(&WORDS)),
    };
    format!(
        "unknown instruction `{unknown}`; {remedy} (a member of that name is written `${unknown}`)"
    )
}

/// How many characters to insert, remove or replace to make one text of the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    // A long key is no misspelling, and need not be measured.
    if from.len().abs_diff(to.len()) > 8 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.chars().count()]
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
