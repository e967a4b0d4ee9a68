//! Which names of shared test events may become files.

use std::collections::BTreeMap;

use checks::file_name;

use crate::printable::printable;

/// The longest file name, in bytes, of the file systems in use.
const LONGEST: usize = 255;

/// What Windows keeps for devices, with any extension ("Naming Files, Paths, and Namespaces", Win32).
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// Why a document of that name gets no file on any of our machines.
pub(super) fn unsafe_for_a_file(name: &str) -> Option<&'static str> {
    let file = file_name(name);
    if file.len() > LONGEST {
        Some("its name is too long for a file")
    } else if checks::document_name(&file) != Some(name) {
        Some("its name begins with a dot or is empty")
    } else if printable(name) != name
        || name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|'])
    {
        Some("its name has characters that file names cannot have everywhere")
    } else if is_device(name) {
        Some("its name is a device's on Windows")
    } else {
        None
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_uppercase();
    DEVICES.contains(&stem.as_str())
        || stem
            .strip_prefix("COM")
            .or_else(|| stem.strip_prefix("LPT"))
            .is_some_and(|port| port.len() == 1 && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The names that would be one file where file names have no case, each with the other.
pub(super) fn clashes<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, &'a str> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut clashes = BTreeMap::new();
    for name in names {
        match seen.get(&name.to_lowercase()) {
            Some(other) if *other != name => {
                clashes.insert(name, *other);
                clashes.insert(*other, name);
            }
            Some(_) => {}
            None => {
                seen.insert(name.to_lowercase(), name);
            }
        }
    }
    clashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_get_no_file() {
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "../up",
            "/etc/passwd",
            "a b/c",
            "a\\b",
            "C:",
            "a:b",
            "a\0",
            "a\nb",
            "\u{1b}[2J",
            "gnp\u{202e}",
            "CON",
            "con.expect",
            "Nul .x",
            "COM1",
            "lpt9.expect",
            "a*",
            "a?",
            "a|b",
            "<a>",
            "\"a\"",
            &"a".repeat(251),
            &"ü".repeat(126),
        ] {
            assert!(unsafe_for_a_file(name).is_some(), "{name:?}");
        }
        for name in [
            "a",
            "a b",
            "a.expect",
            "CreateOrderValid",
            "ü",
            "a..b",
            "a.json",
            "CONSOLE",
            "COM",
            "COM10",
            "$x",
            "~",
            "-rf",
            &"a".repeat(250),
        ] {
            assert_eq!(unsafe_for_a_file(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_that_differ_by_case_clash() {
        assert_eq!(
            clashes(["a", "b", "A", "a", "Ü", "ü"]),
            BTreeMap::from([("a", "A"), ("A", "a"), ("Ü", "ü"), ("ü", "Ü")])
        );
    }
}
