//! The warehouse, another team's service, in which some releases reserve what was ordered. It does not always answer
//! in time, and a release that was not answered in time fails with a function error.

use lambda_runtime::{Context, Diagnostic};

use super::calls::{custom, is_probe};

/// While the warehouse has an outage, it answers late once in as many calls.
const LATE_IN_AN_OUTAGE: u32 = 5;

/// Reserves what was ordered, in a release that finds one answer in `late_one_in` too late. Probes reserve nothing.
///
/// Which answers are late is decided by the request's id, so that it depends neither on the execution environment nor
/// on the version. A function does not know simulated time: during an outage the calls of a rehearsal's users say so,
/// by `{"custom":{"rehearsal":"outage"}}` as `ClientContext`.
pub(crate) fn reserve(context: &Context, late_one_in: u32) -> Result<(), Diagnostic> {
    let late_one_in = match custom(context, "rehearsal") {
        Some("outage") => LATE_IN_AN_OUTAGE.min(late_one_in),
        _ => late_one_in,
    };
    if is_probe(context) || !drawn(&context.request_id).is_multiple_of(late_one_in) {
        return Ok(());
    }
    Err(Diagnostic {
        error_type: "WarehouseTimeout".to_owned(),
        error_message: "the warehouse did not answer in time".to_owned(),
    })
}

/// A request id is a random UUID, and this is its first eight digits.
fn drawn(request_id: &str) -> u32 {
    let digits = request_id.get(..8).unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or(1)
}
