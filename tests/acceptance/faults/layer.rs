//! The events layer of a row, as files.
//!
//! | in a row | the file |
//! |---|---|
//! | text | is that |
//! | `{"$base64": text}` | are these bytes |
//! | `{"$spaces": n}` | is `{}` behind so many spaces |
//! | `{"$deep": n}` | is an array in an array in an array, so many |
//! | `{"$link": path}` | is a link to there |
//! | `{"$folder": true}` | is a folder |
//! | any other JSON | is that JSON |

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::answer::nested;

/// Writes the files; one with `*` in its name is written `copies` times.
pub(super) fn write(directory: &Path, files: &BTreeMap<String, Value>, copies: usize) {
    let files = files.iter().flat_map(|(name, content)| {
        let names = numbered(name, copies).into_iter();
        names.map(move |name| (name, content))
    });
    for (name, content) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match (special(content, "$link"), special(content, "$folder")) {
            (Some(target), _) => {
                std::os::unix::fs::symlink(target.as_str().unwrap(), path).unwrap();
            }
            (None, Some(_)) => fs::create_dir(path).unwrap(),
            (None, None) => fs::write(path, bytes(content)).unwrap(),
        }
    }
}

/// The name, or with `*` in it one for each number.
pub(super) fn numbered(name: &str, copies: usize) -> Vec<String> {
    if !name.contains('*') {
        return vec![name.to_owned()];
    }
    let number = |number| name.replace('*', &format!("{number:05}"));
    (0..copies).map(number).collect()
}

fn bytes(content: &Value) -> Vec<u8> {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    if let Some(text) = special(content, "$base64") {
        return STANDARD.decode(text.as_str().unwrap()).unwrap();
    }
    if let Some(count) = special(content, "$spaces") {
        return format!("{}{{}}", " ".repeat(number(count))).into_bytes();
    }
    if let Some(depth) = special(content, "$deep") {
        return nested(number(depth));
    }
    match content {
        Value::String(text) => text.clone().into_bytes(),
        json => json.to_string().into_bytes(),
    }
}

fn special<'a>(content: &'a Value, name: &str) -> Option<&'a Value> {
    let members = content.as_object().filter(|members| members.len() == 1)?;
    members.get(name)
}
