//! What tests of durations have in common.

use statrs::function::gamma::checked_gamma_ur;

use crate::InputError;

/// How a p-value was calculated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By all arrangements that there could have been.
    Exact,
    /// By the normal distribution, corrected for ties and continuity: there are too many arrangements.
    Normal,
}

/// Neither negative nor infinite nor NaN.
pub(crate) fn checked(duration: f64) -> Result<f64, InputError> {
    if duration >= 0.0 && duration.is_finite() {
        Ok(duration)
    } else {
        Err(InputError::Duration(duration))
    }
}

/// The probability that a normal variable with this `mean` and `variance` is `value` or more, when it stands for one that
/// takes steps of 1. With no variance, it always is.
pub(crate) fn normal_at_least(value: f64, mean: f64, variance: f64) -> f64 {
    if variance <= 0.0 {
        return 1.0;
    }
    let above = value - mean - 0.5;
    let half_square = above * above / variance / 2.0;
    // The complementary error function of `statrs` has ten digits; its incomplete gamma function, of which that is a
    // special case, has fifteen. It is asked for positive numbers only.
    let outside = checked_gamma_ur(0.5, half_square);
    let beyond = 0.5 * outside.unwrap_or(if half_square > 0.0 { 0.0 } else { 1.0 });
    if above > 0.0 { beyond } else { 1.0 - beyond }
}
