//! The text of a proposed expectation: a file that is there changes in the places that changed, and nowhere else.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::raw::range_in;

/// The text of a new file.
pub(super) fn drawn(document: &Value) -> String {
    pretty(document, "") + "\n"
}

/// The text of a file that held `old` and now holds `new`. What is the same in both keeps its text.
pub(super) fn redrawn(text: &str, old: &Value, new: &Value) -> String {
    let Ok(whole) = serde_json::from_str::<&RawValue>(text) else {
        return drawn(new);
    };
    let range = range_in(text, whole);
    let (before, after) = (&text[..range.start], &text[range.end..]);
    format!("{before}{}{after}", part(whole.get(), old, new, ""))
}

/// The text of a value within its file, in a line that starts with `indent`.
fn part(text: &str, old: &Value, new: &Value, indent: &str) -> String {
    let redrawn = match (old, new) {
        _ if old == new => return text.to_owned(),
        (Value::Object(_), Value::Object(_)) | (Value::Array(_), Value::Array(_)) => {
            container(text, old, new, indent)
        }
        _ => None,
    };
    redrawn.unwrap_or_else(|| pretty(new, indent))
}

/// The text of an object or an array whose elements, in their order, are kept, changed, removed, or added at the end.
/// `None` where there is nothing to go by: the old one is empty, or none of its elements is left.
fn container(text: &str, old: &Value, new: &Value, indent: &str) -> Option<String> {
    let ranges = element_ranges(text)?;
    let (olds, news) = (elements(old), elements(new));
    if ranges.len() != olds.len() {
        return None;
    }
    let mut drawn = String::new();
    let mut end = 1; // After the bracket.
    let mut kept = 0;
    let mut inner = String::new();
    for (range, (key, value)) in ranges.iter().zip(&olds) {
        // From the element before: the comma, white space, the key and its colon.
        let lead = &text[end..range.start];
        end = range.end;
        if let Some((_, line)) = lead.rsplit_once('\n') {
            let key = line.trim_start_matches([' ', '\t']);
            line[..line.len() - key.len()].clone_into(&mut inner);
        }
        let Some((_, new)) = news.get(kept).filter(|(name, _)| name == key) else {
            continue;
        };
        let lead = match kept {
            0 => lead.trim_start().strip_prefix(',').unwrap_or(lead),
            _ => lead,
        };
        drawn.push_str(lead);
        let on_a_line = if lead.contains('\n') { &inner } else { indent };
        drawn.push_str(&part(&text[range.clone()], value, new, on_a_line));
        kept += 1;
    }
    if kept == 0 {
        return None;
    }
    let on_lines = text[1..ranges.first()?.start].contains('\n');
    for (key, value) in &news[kept..] {
        let lead = if on_lines {
            format!(",\n{inner}")
        } else {
            ", ".to_owned()
        };
        drawn.push_str(&lead);
        if let Some(key) = key {
            drawn.push_str(&format!("{}: ", Value::from(*key)));
        }
        drawn.push_str(&pretty(value, if on_lines { &inner } else { indent }));
    }
    Some(format!("{}{drawn}{}", &text[..1], &text[end..]))
}

/// Keys, of an object, and values.
fn elements(container: &Value) -> Vec<(Option<&str>, &Value)> {
    match container {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (Some(name.as_str()), value))
            .collect(),
        Value::Array(items) => items.iter().map(|item| (None, item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Where in the text the values of an object or the elements of an array are, in their order.
fn element_ranges(text: &str) -> Option<Vec<Range<usize>>> {
    let raw: Vec<&RawValue> = if text.starts_with('{') {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
        members.into_values().collect()
    } else {
        serde_json::from_str(text).ok()?
    };
    let mut ranges: Vec<Range<usize>> = raw.into_iter().map(|raw| range_in(text, raw)).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    Some(ranges)
}

/// As `serde_json` draws it, its further lines indented.
fn pretty(value: &Value, indent: &str) -> String {
    // No string of JSON holds a line break of its own.
    format!("{value:#}").replace('\n', &format!("\n{indent}"))
}
