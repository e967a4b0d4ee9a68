//! Rows combined at random: what must never happen does not happen in their combinations either.

use super::aws::FUNCTION;
use super::row::{Hook, Hooks, Row, areas, bundled};

/// Walks of one run of the tests; each is a seed.
const WALKS: u64 = 48;

const SHORTEST_DEADLINE_MS: u64 = 6_000;

/// Rows that look for something else than their faults, and those that are over before anything else can fail.
fn is_fault(row: &Row) -> bool {
    let has_faults = !row.script.is_empty()
        || !row.variables.is_empty()
        || row.shared.is_some()
        || has_events(row);
    has_faults
        && row.payload.is_none()
        && row.settled.is_none()
        && row.again.is_none()
        && row.during.is_none()
        // A file where the others' folder is.
        && !row.bundled.contains_key(FUNCTION)
}

/// Whether the row has an events layer of its own.
fn has_events(row: &Row) -> bool {
    row.bundled != bundled()
}

/// Two or three rows at once, for every seed, with a name that says which.
pub(super) fn walks() -> Vec<(String, Row, Hook)> {
    let rows: Vec<Row> = areas().into_iter().flat_map(|area| area.rows).collect();
    let walk = |seed: u64| {
        let mut random = fastrand::Rng::with_seed(seed);
        let hook = [Hook::PreTraffic, Hook::PostTraffic][random.usize(..2)];
        let is_of = |row: &&Row| row.hook == Hooks::Both || row.hook.each() == [hook];
        let faults: Vec<&Row> = rows
            .iter()
            .filter(|row| is_fault(row))
            .filter(is_of)
            .collect();
        let together = random.usize(2..=3);
        let chosen = random.choose_multiple(faults, together);
        let names: Vec<&str> = chosen.iter().map(|row| row.unusual.as_str()).collect();
        let name = format!("walk {seed} ({}): {}", hook.binary(), names.join(" + "));
        (name, combined(&chosen), hook)
    };
    (0..WALKS).map(walk).collect()
}

/// All that is unusual in the rows; where two of them want different things, the later one has it.
fn combined(rows: &[&Row]) -> Row {
    let mut combined = rows[0].clone();
    for row in &rows[1..] {
        combined.variables.extend(row.variables.clone());
        if has_events(row) && has_events(&combined) {
            combined.bundled.extend(row.bundled.clone());
        } else if has_events(row) {
            combined.bundled.clone_from(&row.bundled);
        }
        combined.copies = combined.copies.max(row.copies);
        combined.script.extend(row.script.clone());
        combined.shared = row.shared.clone().or(combined.shared);
    }
    // Rows that run into their deadline have a short one, and several faults at once take their time.
    let deadlines = rows.iter().map(|row| row.deadline_ms);
    combined.deadline_ms = deadlines.min().unwrap().max(SHORTEST_DEADLINE_MS);
    combined
}
