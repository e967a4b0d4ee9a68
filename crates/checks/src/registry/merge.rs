//! Two changes of one document, brought together.

use std::collections::{BTreeMap, BTreeSet};

use super::RegistryError;
use super::edit::{delete, emptied, set};
use super::outline::Outline;
use crate::Spelled;

/// A document that has both changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// `None` when no example is left: then there is no schema, as SAM has it.
    pub content: Option<String>,
    /// The examples that both have changed, each in another way: here they are as the other side has them.
    pub kept: Vec<String>,
}

/// What `mine` changed of `base`, done to `theirs`, which is what others have made of `base` meanwhile.
///
/// `None` is a schema that does not exist. Examples are compared as values, each as a whole, because SAM writes all of them
/// anew whenever it changes one. What stands around the examples is taken from the side that changed it.
///
/// # Errors
///
/// One of them is no such document, or has a name twice; or both sides changed what stands around the examples.
pub fn merge(
    base: Option<&str>,
    mine: Option<&str>,
    theirs: Option<&str>,
) -> Result<Merged, RegistryError> {
    let Some(start) = around(base, mine, theirs)? else {
        return Ok(Merged {
            content: None,
            kept: Vec::new(),
        });
    };
    let started = Examples::of(Some(start))?;
    let others = Examples::of(theirs)?;
    let (base, mine) = (Examples::of(base)?, Examples::of(mine)?);
    let (mut content, mut kept, mut seen) = (start.to_owned(), Vec::new(), BTreeSet::new());
    for name in others.order.iter().chain(&mine.order).chain(&base.order) {
        if !seen.insert(name) {
            continue;
        }
        let (before, wanted, other) = (base.get(name), mine.get(name), others.get(name));
        let winner = if other == before {
            wanted
        } else {
            if wanted != before && wanted != other {
                kept.push(name.clone());
            }
            other
        };
        if winner == started.get(name) {
            continue;
        }
        content = match winner {
            Some(example) => set(&content, name, example.text)?,
            None => delete(&content, name)?,
        };
    }
    let is_empty = super::is_empty(&content)?;
    let was_empty = theirs.is_some() && others.order.is_empty();
    Ok(Merged {
        content: (!is_empty || was_empty).then_some(content),
        kept,
    })
}

/// Whose text to start from.
fn around<'a>(
    base: Option<&'a str>,
    mine: Option<&'a str>,
    theirs: Option<&'a str>,
) -> Result<Option<&'a str>, RegistryError> {
    let (Some(wanted), Some(other), Some(before)) = (mine, theirs, base) else {
        return Ok(theirs.or(mine));
    };
    let shell = |content| {
        let emptied = emptied(content)?;
        Spelled::parse(&emptied).map_err(RegistryError::Malformed)
    };
    let (wanted, other, before) = (shell(wanted)?, shell(other)?, shell(before)?);
    if wanted == before || wanted == other {
        Ok(theirs)
    } else if other == before {
        Ok(mine)
    } else {
        Err(RegistryError::Around)
    }
}

/// The examples of a document.
#[derive(Default)]
struct Examples<'a> {
    order: Vec<String>,
    found: BTreeMap<String, Text<'a>>,
}

/// An example as it is written, equal to another that holds the same.
struct Text<'a> {
    text: &'a str,
    value: Spelled,
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<'a> Examples<'a> {
    fn of(content: Option<&'a str>) -> Result<Self, RegistryError> {
        let mut examples = Self::default();
        let Some(content) = content else {
            return Ok(examples);
        };
        for example in Outline::to_change(content)?.examples {
            let text = example.object.get();
            let value = Spelled::parse(text).map_err(RegistryError::Malformed)?;
            examples.order.push(example.name.clone());
            examples.found.insert(example.name, Text { text, value });
        }
        Ok(examples)
    }

    fn get(&self, name: &str) -> Option<&Text<'a>> {
        self.found.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document with these examples; `-` is none.
    fn document(examples: &str) -> Option<String> {
        (examples != "-").then(|| {
            let examples: Vec<String> = examples
                .split_whitespace()
                .filter_map(|example| example.split_once('='))
                .map(|(name, value)| format!(r#""{name}":{{"value":{value}}}"#))
                .collect();
            format!(
                r#"{{"components":{{"examples":{{{}}}}}}}"#,
                examples.join(",")
            )
        })
    }

    /// `expected`: the examples in their order, and after `!` those that are kept.
    fn check(base: &str, mine: &str, theirs: &str, expected: &str) {
        let merged = merge(
            document(base).as_deref(),
            document(mine).as_deref(),
            document(theirs).as_deref(),
        )
        .unwrap();
        let found = match &merged.content {
            None => "-".to_owned(),
            Some(content) => super::super::documents(content)
                .unwrap()
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(" "),
        };
        let kept = merged.kept.join(" ");
        let found = if kept.is_empty() {
            found
        } else {
            format!("{found} !{kept}")
        };
        assert_eq!(found, expected, "{base} | {mine} | {theirs}");
    }

    #[test]
    fn both_changes_are_in_what_comes_out() {
        // Nobody else was there.
        check("a=1 b=2", "a=1 b=3", "a=1 b=2", "a=1 b=3");
        check("a=1", "-", "a=1", "-");
        check("-", "a=1", "-", "a=1");
        check("-", "-", "-", "-");
        // Others changed what we did not.
        check("a=1 b=2", "a=1 b=3", "a=4 b=2", "a=4 b=3");
        check("a=1", "a=1 b=2", "a=1 c=3", "a=1 c=3 b=2");
        check("a=1 b=2", "a=1", "a=1 b=2 c=3", "a=1 c=3");
        check("a=1 b=2", "a=1 b=3", "b=2", "b=3");
        check("a=1 b=2", "b=2", "a=1", "-");
        check("a=1", "-", "a=1 b=2", "b=2");
        check("-", "a=1", "b=2", "b=2 a=1");
        check("a=1", "a=1 b=2", "-", "b=2");
        check("a=1", "a=2", "", " !a");
        check("a=1", "a=1", "", "");
        // All did the same.
        check("a=1", "a=2", "a=2", "a=2");
        check("a=1 b=1", "b=1", "b=1", "b=1");
        check("a=1", "-", "-", "-");
    }

    #[test]
    fn the_other_side_keeps_what_both_have_changed() {
        check("a=1 b=2", "a=2 b=3", "a=3 b=2", "a=3 b=3 !a");
        check("a=1", "a=2", "-", "- !a");
        check("a=1 b=1", "a=2 b=1", "b=1", "b=1 !a");
        check("a=1", "-", "a=2", "a=2 !a");
        check("-", "a=1", "a=2", "a=2 !a");
    }

    #[test]
    fn what_stands_around_is_taken_from_who_changed_it() {
        let with = |around: &str, examples: &str| {
            format!(r#"{{"x":{around},"components":{{"examples":{{{examples}}}}}}}"#)
        };
        let (a, b) = (r#""a":{"value":1}"#, r#""b":{"value":2}"#);
        let both = format!("{a},{b}");
        let rows = [
            (
                with("1", a),
                with("1", &both),
                with("2", a),
                Some(with("2", &format!("{a}, {}", r#""b": {"value":2}"#))),
            ),
            (
                with("1", &both),
                with("2", a),
                with("1", &both),
                Some(with("2", a)),
            ),
            (
                with("1", a),
                with("2", &both),
                with("1", a),
                Some(with("2", &both)),
            ),
            (with("1", a), with("2", a), with("2.0", a), None),
        ];
        for (base, mine, theirs, expected) in rows {
            match (merge(Some(&base), Some(&mine), Some(&theirs)), expected) {
                (Ok(merged), Some(expected)) => assert_eq!(merged.content, Some(expected)),
                (Err(error), None) => assert!(error.to_string().contains("twice at once")),
                (found, _) => panic!("{found:?}"),
            }
        }
        // SAM writes everything anew; that is no change.
        let base = with("1", r#""a":{"value":"ü"}"#);
        let theirs = base.replace(':', ": ").replace(r"\u00fc", "ü");
        let mine = with("1", r#""a":{"value":2}"#);
        let merged = merge(Some(&base), Some(&mine), Some(&theirs)).unwrap();
        assert!(merged.kept.is_empty());
    }
}
