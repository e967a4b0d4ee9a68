//! Numbers by value: 1 equals 1.0, and 64-bit integers are exact beside any double.

use std::cmp::Ordering;

use serde_json::Number;

/// Compares two JSON numbers by the values that they stand for.
///
/// `serde_json` keeps integers from -2^63 to 2^64-1 exactly and everything else as the nearest double.
pub(crate) fn compare(left: &Number, right: &Number) -> Ordering {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(left), None) => compare_integer_with_double(left, double(right)),
        (None, Some(right)) => compare_integer_with_double(right, double(left)).reverse(),
        (None, None) => double(left).total_cmp(&double(right)),
    }
}

/// Whether the number is a whole one, however it was written: 1, 1.0 and 1e2 are.
pub(crate) fn is_whole(number: &Number) -> bool {
    integer(number).is_some() || double(number).fract() == 0.0
}

fn integer(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// The value of a number that is kept as a double. Adding zero turns -0.0 into 0.0, which `total_cmp` would tell apart.
fn double(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN) + 0.0
}

/// Converting the integer to a double would round it (2^53 + 1 is none), so the double becomes an integer instead.
fn compare_integer_with_double(integer: i128, double: f64) -> Ordering {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates far outside the 65 bits that the integer has, and the fraction is compared next"
    )]
    let whole = double.trunc() as i128;
    integer
        .cmp(&whole)
        .then_with(|| 0.0_f64.total_cmp(&(double.fract() + 0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let [left, right]: [Number; 2] =
            [left, right].map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(compare(&left, &right), expected, "{left} and {right}");
        assert_eq!(
            compare(&right, &left),
            expected.reverse(),
            "{right} and {left}"
        );
    }

    #[test]
    fn numbers_compare_by_value() {
        use Ordering::{Equal, Greater, Less};
        check("1", "1.0", Equal);
        check("1", "1.5", Less);
        check("-1", "-1.5", Greater);
        check("0", "-0.0", Equal);
        check("-0.0", "0.0", Equal);
        check("0", "-0.5", Greater);
        check("9007199254740993", "9007199254740992.0", Greater);
        check("9007199254740993", "9007199254740992", Greater);
        check("18446744073709551615", "18446744073709551614", Greater);
        check("18446744073709551615", "18446744073709551616.0", Less);
        check("-9223372036854775808", "-9223372036854775808.0", Equal);
        check("5", "1e300", Less);
        check("5", "-1e300", Greater);
        check("0.1", "0.2", Less);
    }
}
