//! Names of functions from outside, before they become part of a path.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// The most characters of a function's name ("CreateFunction", AWS Lambda API Reference).
const LONGEST: usize = 64;

/// Whether Lambda takes it for the name of a function.
pub(crate) fn is_function_name(name: &str) -> bool {
    is_word(name) && name.len() <= LONGEST
}

/// What the names of functions and aliases are made of: `[a-zA-Z0-9-_]+`.
pub(crate) fn is_word(name: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.bytes().all(is_of_word)
}

/// The folder of a function's test events.
///
/// # Errors
/// It is no name of a function's, which could lead out of the folder.
pub(crate) fn events_folder(events: &Path, function: &str) -> Result<PathBuf> {
    if !is_function_name(function) {
        bail!(
            "{function:?} is not a function's name, which has at most {LONGEST} letters, digits, `-` and `_`; test events \
             belong to a function, whatever its version or alias"
        );
    }
    Ok(events.join(function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_a_folder_and_never_out_of_the_events() {
        let longest = "x".repeat(LONGEST);
        for name in ["hello", "A-b_9", longest.as_str()] {
            let folder = events_folder(Path::new("events"), name).unwrap();
            assert_eq!(folder, Path::new("events").join(name));
        }
        let too_long = "x".repeat(LONGEST + 1);
        for name in [
            "", ".", "..", "../../x", "/tmp/x", "a/b", "a\\b", "C:", "f:live", "é", "a b",
            &too_long,
        ] {
            let error = events_folder(Path::new("events"), name).unwrap_err();
            assert!(
                error.to_string().contains("is not a function's name"),
                "{name}"
            );
        }
    }
}
