//! Texts with wildcards and policy variables, as policies have them.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Variables and tags" and "… Resource".

use super::request::Request;

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// `*`: any number of characters.
    Any,
    /// `?`: one character.
    One,
    /// This character.
    Exactly(char),
}

/// What a pattern says of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Yes,
    No,
    /// It has a variable whose value is not known here.
    Unknown,
}

impl From<bool> for Match {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

/// Whether `text` is `pattern`'s; `*` and `?` are wildcards, letters are compared as they are, and variables are
/// replaced where there is a request to take their values from.
pub(super) fn matches(pattern: &str, text: &str, variables: Option<&Request<'_>>) -> Match {
    match steps(pattern, variables) {
        Some(steps) => fits(&steps, text).into(),
        None => Match::Unknown,
    }
}

/// Whether a pattern, in which letters of either case are the same, covers the name of an action.
pub(super) fn covers_action(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    matches(&pattern, &action, None) == Match::Yes
}

/// A text without wildcards, its variables replaced; `None` where one is not known.
pub(super) fn plain(pattern: &str, variables: Option<&Request<'_>>) -> Option<String> {
    let steps = steps(pattern, variables)?;
    let text = steps.into_iter().map(|step| match step {
        Step::Any => '*',
        Step::One => '?',
        Step::Exactly(character) => character,
    });
    Some(text.collect())
}

fn steps(pattern: &str, variables: Option<&Request<'_>>) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = pattern;
    loop {
        let (written, variable) = match rest.split_once("${") {
            Some((written, after)) if variables.is_some() => (written, after.split_once('}')),
            Some(_) | None => (rest, None),
        };
        let Some((name, after)) = variable else {
            steps.extend(rest.chars().map(step));
            return Some(steps);
        };
        steps.extend(written.chars().map(step));
        match name {
            // "to use a wildcard character as itself"
            "*" | "?" | "$" => steps.extend(name.chars().map(Step::Exactly)),
            _ => {
                let value = variables?.value(name)?;
                steps.extend(value.chars().map(Step::Exactly));
            }
        }
        rest = after;
    }
}

fn step(character: char) -> Step {
    match character {
        '*' => Step::Any,
        '?' => Step::One,
        _ => Step::Exactly(character),
    }
}

/// Goes back to the last `*` only, so that no pattern takes more than its length times that of the text.
fn fits(steps: &[Step], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut position) = (0, 0);
    let mut last_any: Option<(usize, usize)> = None;
    while let Some(character) = text.get(position) {
        match steps.get(at) {
            Some(Step::Any) => {
                last_any = Some((at, position));
                at += 1;
                continue;
            }
            Some(Step::One) => {}
            Some(Step::Exactly(expected)) if expected == character => {}
            Some(Step::Exactly(_)) | None => {
                let Some((any, taken)) = last_any else {
                    return false;
                };
                last_any = Some((any, taken + 1));
                (at, position) = (any + 1, taken + 1);
                continue;
            }
        }
        at += 1;
        position += 1;
    }
    steps
        .get(at..)
        .is_none_or(|rest| rest.iter().all(|step| *step == Step::Any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_text() {
        let rows = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything:at/all", true),
            ("a*c", "abbbc", true),
            ("a*c", "ac", true),
            ("a*c", "acb", false),
            ("a*b*c", "a-b-b-c", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("?", "é", true),
            ("function:f", "function:f:1", false),
            ("function:f:*", "function:f", false),
            ("function:f*", "function:f", true),
            ("**a**", "bab", true),
            ("Abc", "abc", false),
            // Without a request there are no variables.
            ("${aws:userid}", "${aws:userid}", true),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(
                matches(pattern, text, None),
                expected.into(),
                "{pattern} {text}"
            );
        }
        let hostile = "*a".repeat(2000);
        assert_eq!(matches(&hostile, &"a".repeat(1000), None), Match::No);
        assert!(covers_action("LAMBDA:invoke*", "lambda:InvokeFunction"));
        assert!(!covers_action("lambda:Invoke", "lambda:InvokeFunction"));
    }
}
