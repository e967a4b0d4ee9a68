//! How many characters the shared test events of a function take, of those that the registry has for them.

use std::collections::BTreeMap;

use anyhow::Result;
use checks::registry::{MAX_CONTENT, documents};

use super::documents::event_of;

/// How many of the largest are named.
const NAMED: usize = 5;

/// Why the document is not sent: what takes how much, and what to do.
///
/// # Errors
/// It is not such a document.
pub(super) fn exceeded(content: &str) -> Result<String> {
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for (name, text) in documents(content)? {
        *sizes.entry(event_of(&name).to_owned()).or_default() += text.chars().count();
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
    Ok(format!(
        "the shared test events would have {} characters, and the registry takes {MAX_CONTENT} for all events and \
         expectations of a function together: {}{others}; share fewer (--only NAME…, `tollgate events delete`) or smaller \
         ones, the others still travel with the stack as files",
        content.chars().count(),
        largest.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use super::exceeded;

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
}
