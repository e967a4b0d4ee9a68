//! The names of edge cases: those of files, and of examples in the shared registry (`^[A-Za-z0-9._-]+$`).

use std::collections::BTreeSet;

use super::json::Json;

/// The longest name, in characters.
const LONGEST: usize = 100;

/// The longest that is taken of the event's own name.
const LONGEST_EVENT: usize = 45;

/// The longest that is said of what is changed.
const LONGEST_WHAT: usize = 40;

/// Names that are taken, whatever their case: not every file system tells `Id.json` from `id.json`.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name that is not taken yet, and now is: `CreateOrder.items-0-quantity-null`, where there are several with a number.
    pub(super) fn take(&mut self, event: &str, place: &str, what: &str) -> String {
        let mut event = allowed(event, true);
        // A file of such a name would be hidden.
        if event.is_empty() || event.starts_with('.') {
            event.insert(0, '_');
        }
        event.truncate(LONGEST_EVENT);
        let mut what = allowed(what, false);
        what.truncate(LONGEST_WHAT);
        let place = allowed(place, false);
        for number in 1.. {
            let number = if number == 1 {
                String::new()
            } else {
                format!("-{number}")
            };
            // Two separators. What is cut of a long place is its beginning: where it ends says more.
            let room = LONGEST.saturating_sub(event.len() + what.len() + number.len() + 2);
            let place = &place[place.len().saturating_sub(room)..];
            let name = format!("{event}.{place}-{what}{number}");
            if self.0.insert(name.to_ascii_lowercase()) {
                return name;
            }
        }
        String::new()
    }
}

/// The text in the characters that are allowed, all of which are one byte.
fn allowed(text: &str, dots: bool) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') => c,
            '.' if dots => c,
            _ => '_',
        })
        .collect()
}

/// How names call a place: `items-0-quantity`; the whole event is `event`, the document in a string goes by the string's name.
pub(super) fn place(event: &Json, path: &[usize], missing: Option<&str>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut node = Some(event);
    for index in path {
        match node {
            Some(Json::Object(members)) => {
                parts.extend(members.get(*index).map(|(name, _)| name.to_string()));
            }
            Some(Json::Array(_)) => parts.push(index.to_string()),
            Some(Json::Held { .. } | Json::Raw(_) | Json::Text(_)) | None => {}
        }
        node = node.and_then(|node| node.child(*index));
    }
    parts.extend(missing.map(str::to_owned));
    if parts.is_empty() {
        return "event".to_owned();
    }
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files_and_of_the_registry() {
        fn check(event: &str, place: &str, what: &str, expected: &str) {
            assert_eq!(Names::default().take(event, place, what), expected);
        }
        check(
            "CreateOrder",
            "items-0-quantity",
            "i64-max",
            "CreateOrder.items-0-quantity-i64-max",
        );
        check("a b/c ü", "x.y", "z", "a_b_c__.x_y-z");
        check(".hidden", "a", "enum-.expect", "_.hidden.a-enum-_expect");
        check("", "", "null", "_.-null");
        let long = "l".repeat(200);
        let name = Names::default().take(&long, &format!("{long}-end"), &long);
        assert_eq!(name.len(), LONGEST);
        assert!(
            Names::default()
                .take("E", &format!("{long}-end"), "null")
                .ends_with("l-end-null")
        );
    }

    #[test]
    fn no_two_are_the_same() {
        let mut names = Names::default();
        let taken = ["Id", "id", "i d", "i-d"].map(|place| names.take("E", place, "null"));
        assert_eq!(
            taken,
            ["E.Id-null", "E.id-null-2", "E.i_d-null", "E.i-d-null"]
        );
        let long = "x".repeat(200);
        let taken: BTreeSet<_> = (0..100).map(|_| names.take(&long, &long, &long)).collect();
        assert_eq!(taken.len(), 100);
        assert!(taken.iter().all(|name| name.len() <= LONGEST));
    }
}
