//! Is one of several p-values evidence, when each was a chance to be wrong?
//!
//! Holm's method: of m tests, the smallest p-value counts m times, the next one m − 1 times, and so on. Whatever the tests
//! have to do with each other, the chance that any that is adjusted to α or less is wrong is at most α.
//!
//! Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (Scandinavian Journal of Statistics, 1979).

use crate::InputError;

/// The p-values, adjusted for being several, in their order.
///
/// # Errors
/// [`InputError::PValue`] when one is not from 0 to 1.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, InputError> {
    if let Some(p) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(InputError::PValue(*p));
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&left, &right| p_values[left].total_cmp(&p_values[right]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (before, place) in order.into_iter().enumerate() {
        let times = (p_values.len() - before) as f64;
        least = least.max((times * p_values[place]).min(1.0));
        adjusted[place] = least;
    }
    Ok(adjusted)
}
