//! Measured numbers as people read them, with two significant digits.

/// A probability: `0.34`, `0.0098`, `below 0.0001`.
pub(crate) fn probability(p: f64) -> String {
    if p < 0.000_1 {
        return "below 0.0001".to_owned();
    }
    rounded(p)
}

/// Milliseconds: `8.4 ms`, `0.12 ms`, `1204 ms`.
pub(crate) fn milliseconds(ms: f64) -> String {
    format!("{} ms", rounded(ms))
}

/// With two significant digits, or as a whole number from 10 on.
fn rounded(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let mut decimals = 0_usize;
    let mut scale = 1.0;
    while (number * scale).abs() < 10.0 && decimals < 12 {
        decimals += 1;
        scale *= 10.0;
    }
    let whole = (number * scale).round();
    let text = format!("{:.decimals$}", whole / scale);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_enough() {
        for (p, expected) in [
            (1.0, "1"),
            (0.5, "0.5"),
            (0.344, "0.34"),
            (0.009_765_625, "0.0098"),
            (0.000_1, "0.0001"),
            (0.000_09, "below 0.0001"),
            (0.0, "below 0.0001"),
        ] {
            assert_eq!(probability(p), expected);
        }
        for (ms, expected) in [
            (0.0, "0 ms"),
            (8.4, "8.4 ms"),
            (-0.123, "-0.12 ms"),
            (10.0, "10 ms"),
            (1_204.4, "1204 ms"),
        ] {
            assert_eq!(milliseconds(ms), expected);
        }
    }
}
