//! Numbers for people.

/// A share with at most one decimal: `2.5 %`; with more where it would be nothing.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let text = if percent > 0.0 && percent < 0.05 {
        format!("{percent:.2}")
    } else {
        format!("{percent:.1}")
    };
    let text = text.strip_suffix(".0").unwrap_or(&text);
    format!("{text} %")
}

/// A share of simulated shifts in percent, without the sign: only all are `100`, and only none are `0`.
pub(super) fn of_all(share: f64) -> String {
    if share <= 0.0 {
        "0".to_owned()
    } else if share >= 1.0 {
        "100".to_owned()
    } else {
        format!("{:.1}", (share * 100.0).clamp(0.1, 99.9))
    }
}

/// A number of calls: `1,234`, `0.5`.
pub(super) fn count(number: f64) -> String {
    if number < 10.0 && number.fract() != 0.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        for (share, expected) in [
            (0.0, "0 %"),
            (0.005, "0.5 %"),
            (0.0001, "0.01 %"),
            (0.05, "5 %"),
            (0.9713, "97.1 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), expected);
        }
        for (share, expected) in [
            (0.0, "0"),
            (0.000_25, "0.1"),
            (0.386, "38.6"),
            (0.999_75, "99.9"),
            (1.0, "100"),
        ] {
            assert_eq!(of_all(share), expected);
        }
        for (number, expected) in [
            (6.0, "6"),
            (0.5, "0.5"),
            (119.6, "120"),
            (6000.0, "6,000"),
            (123_456.0, "123,456"),
            (1e9, "1,000,000,000"),
        ] {
            assert_eq!(count(number), expected);
        }
    }
}
