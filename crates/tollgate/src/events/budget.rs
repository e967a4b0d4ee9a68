//! How many characters the shared test events of a function take, of those that the registry has for them.

use std::collections::BTreeMap;

use anyhow::Result;
use checks::Spelled;
use checks::registry::{MAX_CONTENT, documents};

use super::documents::event_of;

/// How many of the largest are named.
const NAMED: usize = 5;

/// Why the document is not sent: what takes how much, and what to do.
///
/// # Errors
/// It is not such a document.
pub(super) fn exceeded(content: &str) -> Result<String> {
    let documents = documents(content)?;
    let sizes = documents
        .iter()
        .map(|(name, text)| (name.as_str(), text.chars().count()));
    Ok(explained(&content.chars().count().to_string(), sizes))
}

/// The same for documents that are too large already without what is around them; `None` where they are not.
pub(super) fn exceeded_by<'a>(
    documents: impl Iterator<Item = (&'a str, &'a Spelled)>,
) -> Option<String> {
    let sizes: Vec<(&str, usize)> = documents
        .map(|(name, document)| (name, document.one_line().chars().count()))
        .collect();
    let sum: usize = sizes.iter().map(|(_, size)| size).sum();
    (sum > MAX_CONTENT).then(|| explained(&format!("more than {sum}"), sizes.into_iter()))
}

fn explained<'a>(count: &str, documents: impl Iterator<Item = (&'a str, usize)>) -> String {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, size) in documents {
        *sizes.entry(event_of(name)).or_default() += size;
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let largest: Vec<String> = sizes
        .iter()
        .take(NAMED)
        .map(|(name, size)| format!("{name:?} takes {size}"))
        .collect();
    let others = sizes.len().saturating_sub(NAMED);
    let others = if others > 0 {
        format!(", {others} more less")
    } else {
        String::new()
    };
    format!(
        "the shared test events would have {count} characters, and the registry takes {MAX_CONTENT} for all events and \
         expectations of a function together: {}{others}; share fewer (--only NAME…, `tollgate events delete`) or smaller \
         ones, the others still travel with the stack as files",
        largest.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_named_with_what_they_take() {
        let example =
            |name: &str, size: usize| format!(r#""{name}":{{"value":"{}"}}"#, "ü".repeat(size - 2));
        let examples: Vec<String> = [
            ("a", 9),
            ("b", 60),
            ("a.expect", 50),
            ("c", 7),
            ("d", 6),
            ("e", 5),
            ("f", 4),
            ("g", 3),
        ]
        .iter()
        .map(|(name, size)| example(name, *size))
        .collect();
        let content = format!(
            r#"{{"components":{{"examples":{{{}}}}}}}"#,
            examples.join(",")
        );
        let text = exceeded(&content).unwrap();
        let length = content.chars().count();
        assert!(
            text.starts_with(&format!(
                "the shared test events would have {length} characters"
            )),
            "{text}"
        );
        assert!(
            text.contains(
                r#": "b" takes 60, "a" takes 59, "c" takes 7, "d" takes 6, "e" takes 5, 2 more less; share fewer"#
            ),
            "{text}"
        );
    }

    #[test]
    fn documents_alone_may_be_too_large() {
        // With its quotes, 50,000 characters.
        let half = Spelled::parse(&format!("\"{}\"", "ü".repeat(49_998))).unwrap();
        let one = Spelled::parse("1").unwrap();
        let both = [("a", &half), ("b", &half)];
        assert_eq!(exceeded_by(both.into_iter()), None);
        let text = exceeded_by(both.into_iter().chain([("a.expect", &one)])).unwrap();
        for part in [
            "would have more than 100001 characters",
            r#": "a" takes 50001, "b" takes 50000; share fewer"#,
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
