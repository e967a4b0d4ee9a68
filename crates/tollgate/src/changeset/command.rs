//! Commands that a person may copy, into the same account and Region.

use crate::cli::{Connection, FailOn, Judging, OfConditional};
use crate::printable::printable;
use hooks::shell_word;

/// The words as a shell takes them, with the options by which this command found AWS.
pub(super) fn command(words: &[&str], connection: &Connection) -> String {
    let options = [
        ("--region", &connection.region),
        ("--profile", &connection.profile),
        ("--endpoint-url", &connection.endpoint_url),
    ];
    let options = options
        .into_iter()
        .filter_map(|(name, value)| Some([name, value.as_deref()?]));
    let words = words.iter().copied().chain(options.flatten());
    let words = words.map(|word| shell_word(&printable(word)));
    words.collect::<Vec<_>>().join(" ")
}

/// The options by which changes are judged, for a command that judges them once more.
pub(super) fn judging(args: &Judging) -> Vec<String> {
    let mut words = Vec::new();
    let mut add = |name: &str, value: &str| words.extend([name.to_owned(), value.to_owned()]);
    for allow in &args.allow {
        add("--allow", &allow.to_string());
    }
    let lists = [
        ("--allow-type", &args.allow_type),
        ("--stateful", &args.stateful),
        ("--not-stateful", &args.not_stateful),
    ];
    for (name, values) in lists {
        values.iter().for_each(|value| add(name, value));
    }
    if args.conditional == OfConditional::Review {
        add("--conditional", "review");
    }
    if args.fail_on == FailOn::Review {
        add("--fail-on", "review");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_copied() {
        let connection = |region: Option<&str>, profile: Option<&str>| Connection {
            region: region.map(str::to_owned),
            profile: profile.map(str::to_owned),
            endpoint_url: None,
        };
        let rows = [
            (&["aws", "x"][..], connection(None, None), "aws x"),
            (
                &["aws", "arn:aws:a/b"],
                connection(Some("eu-west-1"), Some("my team's")),
                r"aws arn:aws:a/b --region eu-west-1 --profile 'my team'\''s'",
            ),
            (
                &["a", "", "$(x)", "b;c", "\u{1b}"],
                connection(None, None),
                "a '' '$(x)' 'b;c' '\u{fffd}'",
            ),
        ];
        for (words, connection, expected) in rows {
            assert_eq!(command(words, &connection), expected);
        }
    }
}
