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

/// A version of the document that was written in a race for it.
#[derive(Debug, Clone, Copy)]
pub struct Racing<'a> {
    /// The document.
    pub content: &'a str,
    /// Whether it is one of ours.
    pub ours: bool,
}

/// What `mine` changed of `base`, done to what several others have made of it at once, each without knowing of the rest.
///
/// A version that was written so is without what the versions right before it have changed, and nobody meant that: an example
/// that is again as it was in `older` versions, in `base` or in an earlier one of the race was not changed by that version.
/// Unless that version has something else that was new in one of those before it: then its author knew of those, and has
/// brought the example back.
///
/// # Errors
///
/// As for [`merge`].
pub fn replay(
    older: &[&str],
    base: &str,
    mine: Option<&str>,
    race: &[Racing<'_>],
) -> Result<Merged, RegistryError> {
    let mut start = race.last().map_or(base, |last| last.content);
    for racing in race.iter().filter(|racing| !racing.ours) {
        if shell(racing.content)? != shell(base)? {
            start = racing.content;
        }
    }
    let contents = older.iter().copied().chain([base]);
    let history: Vec<Examples<'_>> = contents
        .chain(race.iter().map(|racing| racing.content))
        .map(|content| Examples::of(Some(content)))
        .collect::<Result<_, _>>()?;
    let (base, first) = (&history[older.len()], older.len() + 1);
    let news = news(&history);
    let (started, mine) = (Examples::of(Some(start))?, Examples::of(mine)?);
    let (mut content, mut kept, mut seen) = (start.to_owned(), Vec::new(), BTreeSet::new());
    let all = [&started, &mine].into_iter().chain(&history);
    for name in all.flat_map(|examples| &examples.order) {
        if !seen.insert(name) {
            continue;
        }
        let before = base.get(name);
        let (mut other, mut since) = (before, older.len());
        for (index, racing) in (first..).zip(race) {
            let found = history[index].get(name);
            let is_new = || news[index].contains(&**name);
            // Whoever has not seen the example as it is now has not changed it back.
            let has_seen = |version: usize| {
                history[version].get(name) == other
                    && news[version].iter().any(|new| {
                        *new != name && history[index].get(new) == history[version].get(new)
                    })
            };
            let is_meant = || is_new() || (since..index).any(has_seen);
            if !racing.ours && found != other && is_meant() {
                (other, since) = (found, index);
            }
        }
        let wanted = mine.get(name);
        let winner = if other == before { wanted } else { other };
        if other != before && wanted != before && wanted != other {
            kept.push(name.clone());
        }
        if winner != started.get(name) {
            content = match winner {
                Some(example) => set(&content, name, example.text)?,
                None => delete(&content, name)?,
            };
        }
    }
    let is_empty = super::is_empty(&content)?;
    Ok(Merged {
        content: (!is_empty).then_some(content),
        kept,
    })
}

/// For each version the examples that are as they have not been in any before it, or are gone for the first time.
fn news<'h>(history: &'h [Examples<'_>]) -> Vec<BTreeSet<&'h str>> {
    let mut news = vec![BTreeSet::new(); history.len()];
    let names: BTreeSet<&str> = history
        .iter()
        .flat_map(|examples| examples.order.iter().map(String::as_str))
        .collect();
    for name in names {
        let mut known = Vec::new();
        for (version, examples) in history.iter().enumerate() {
            let found = examples.get(name);
            if !known.contains(&found) {
                known.push(found);
                // Of the first version it is not known what was before.
                if version > 0 {
                    news[version].insert(name);
                }
            }
        }
    }
    news
}

/// What stands around the examples.
fn shell(content: &str) -> Result<Spelled, RegistryError> {
    Spelled::parse(&emptied(content)?).map_err(RegistryError::Malformed)
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

    /// Its examples, and after `!` those that are kept.
    fn shown(merged: &Merged) -> String {
        let found = match &merged.content {
            None => "-".to_owned(),
            Some(content) => {
                let documents = super::super::documents(content).unwrap().into_iter();
                let documents = documents.map(|(name, value)| format!("{name}={value}"));
                documents.collect::<Vec<_>>().join(" ")
            }
        };
        match merged.kept.join(" ").as_str() {
            "" => found,
            kept => format!("{found} !{kept}"),
        }
    }

    /// `expected`: the examples in their order, and after `!` those that are kept.
    fn check(base: &str, mine: &str, theirs: &str, expected: &str) {
        let merged = merge(
            document(base).as_deref(),
            document(mine).as_deref(),
            document(theirs).as_deref(),
        )
        .unwrap();
        assert_eq!(shown(&merged), expected, "{base} | {mine} | {theirs}");
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
    fn what_several_have_overwritten_of_each_other_is_all_there_again() {
        // `<`: older; then the base; `>`: somebody's version, `=`: ours.
        let rows = [
            (
                vec!["a=1 b=1"],
                "a=1 b=2",
                vec![">a=2 b=1", "=a=1 b=2"],
                "a=2 b=2",
            ),
            // The second of them knew nothing of the first.
            (
                vec!["a=1 b=1 c=1"],
                "a=1 b=1 c=2",
                vec![">a=2 b=1 c=1", ">a=1 b=2 c=1", "=a=1 b=1 c=2"],
                "a=2 b=2 c=2",
            ),
            // What is again as it was before the base was not meant either.
            (
                vec!["a=1 b=1", "a=2 b=1"],
                "a=2 b=2",
                vec![">a=1 b=1 c=1", "=a=2 b=2"],
                "a=2 b=2 c=1",
            ),
            // What is gone, and was always there, is deleted; what is gone and is new is not.
            (vec!["a=1 b=1"], "a=1 b=2", vec![">b=1", "=a=1 b=2"], "b=2"),
            (
                vec!["a=1", "a=1 n=1"],
                "a=2 n=1",
                vec![">a=1", "=a=2 n=1"],
                "a=2 n=1",
            ),
            // The same event: theirs, also where somebody went on with ours.
            (
                vec!["a=1"],
                "a=2",
                vec![">a=3", "=a=2", ">a=2 b=1"],
                "a=3 b=1 !a",
            ),
            (vec!["a=1"], "", vec![">a=1 b=1", "="], "b=1"),
            (vec!["a=1"], "", vec![">a=1", "="], "-"),
        ];
        for (before, mine, race, expected) in rows {
            let before: Vec<String> = before.iter().filter_map(|text| document(text)).collect();
            let (base, older) = before.split_last().unwrap();
            let older: Vec<&str> = older.iter().map(String::as_str).collect();
            let race: Vec<(bool, String)> = race
                .iter()
                .map(|text| (text.starts_with('='), document(&text[1..]).unwrap()))
                .collect();
            let race: Vec<Racing<'_>> = race
                .iter()
                .map(|(ours, content)| Racing {
                    content,
                    ours: *ours,
                })
                .collect();
            let merged = replay(&older, base, document(mine).as_deref(), &race).unwrap();
            assert_eq!(shown(&merged), expected, "{mine}");
        }
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
