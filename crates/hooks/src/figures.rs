//! Measured numbers as people read them, with two significant digits.

/// A probability: `0.34`, `0.0098`, `below 0.0001`.
pub(crate) fn probability(p: f64) -> String {
    if p < 0.000_1 {
        return "below 0.0001".to_owned();
    }
    rounded(p, f64::round)
}

/// A rate that something is below, in percent: `0.73 %`. Rounded up, so that it still is.
pub(crate) fn percent_below(rate: f64) -> String {
    format!("{} %", rounded(rate * 100.0, f64::ceil))
}

/// A rate as it was given, in percent.
pub(crate) fn percent(rate: f64) -> String {
    format!("{} %", rounded(rate * 100.0, f64::round))
}

/// Milliseconds: `8.4 ms`, `0.12 ms`, `1204 ms`.
pub(crate) fn milliseconds(ms: f64) -> String {
    format!("{} ms", rounded(ms, f64::round))
}

/// With two significant digits, or as a whole number from 10 on; `round` says where to.
fn rounded(number: f64, round: fn(f64) -> f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let mut decimals = 0_usize;
    let mut scale = 1.0;
    while (number * scale).abs() < 10.0 && decimals < 12 {
        decimals += 1;
        scale *= 10.0;
    }
    // What a double cannot hold exactly must not be rounded up for that.
    let shifted = number * scale;
    let nearest = shifted.round();
    let whole = if (shifted - nearest).abs() < 1e-9 {
        nearest
    } else {
        round(shifted)
    };
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
        for (rate, expected) in [
            (0.007_28, "0.73 %"),
            (0.007_201, "0.73 %"),
            (0.05, "5 %"),
            (0.049_507_6, "5 %"),
            (0.258_865, "26 %"),
            (1.0, "100 %"),
            (0.000_999_744, "0.1 %"),
        ] {
            assert_eq!(percent_below(rate), expected);
        }
        assert_eq!(percent(0.012_1), "1.2 %");
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
