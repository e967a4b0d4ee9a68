//! The watch's log: for each shift the line by which its evidence can be computed again, and what was not published.

use super::answer::WatchedShift;
use super::finding::NotKnown;
use serde::Serialize;

/// A line of CloudWatch Logs may have 256 KB ("Events (event size)", CloudWatch Logs quotas, Amazon CloudWatch Logs User
/// Guide), and a minute takes 300 bytes where it counts billions.
const MINUTES_PER_LINE: usize = 800;

/// A line, or one of the parts of what is too long for a line.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<usize>,
    #[serde(flatten)]
    shift: &'a WatchedShift,
}

/// Gives the shift to `log` as a line of JSON; minutes that have no room in it follow in further ones.
pub(super) fn write(shift: &WatchedShift, log: &mut impl FnMut(&str)) {
    let parts = shift.minutes.len().div_ceil(MINUTES_PER_LINE).max(1);
    if parts == 1 {
        return line(None, None, shift, log);
    }
    for (index, minutes) in shift.minutes.chunks(MINUTES_PER_LINE).enumerate() {
        let part = WatchedShift {
            minutes: minutes.to_vec(),
            alias: shift.alias.clone(),
            deployment_id: shift.deployment_id.clone(),
            current_version: shift.current_version.clone(),
            new_version: shift.new_version.clone(),
            since: shift.since.clone(),
            until: shift.until.clone(),
            evidence: shift.evidence,
        };
        line(Some(index + 1), Some(parts), &part, log);
    }
}

fn line(
    part: Option<usize>,
    parts: Option<usize>,
    shift: &WatchedShift,
    log: &mut impl FnMut(&str),
) {
    match serde_json::to_string(&Line { part, parts, shift }) {
        Ok(text) => log(&text),
        Err(error) => tracing::error!(%error, "the shift cannot be written as JSON"),
    }
}

/// Says of what there is no value in this minute, and why.
pub(super) fn error(not_known: &NotKnown) {
    let NotKnown { what, reason } = not_known;
    tracing::error!(%what, reason, "no evidence was published");
}
