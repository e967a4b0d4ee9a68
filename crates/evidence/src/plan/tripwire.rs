//! The alarm that SAM's documentation shows, as CloudWatch evaluates it.

/// How many minutes CloudWatch looks at for two evaluation periods. Inferred: AWS says only that there are more.
const EVALUATION_RANGE: usize = 4;

/// Whether an alarm on `Errors` above 0 in two consecutive minutes is in `ALARM`.
///
/// `minutes` are all there were, oldest first: whether it had errors, `None` without calls. Of them the last are evaluated,
/// of which `unseen` cannot be read yet.
pub(super) fn fires(minutes: &[Option<bool>], unseen: usize) -> bool {
    // The newest two that there are count. Where there are fewer, a missing one does not breach, and two are needed.
    let mut real = minutes
        .iter()
        .rev()
        .take(EVALUATION_RANGE)
        .skip(unseen)
        .copied()
        .flatten();
    real.next() == Some(true) && real.next() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `minutes` reads as in AWS's tables: oldest first, `0` not breaching, `X` breaching, `-` missing.
    fn check(minutes: &str, unseen: usize, expected: bool) {
        let minutes: Vec<_> = minutes
            .split_whitespace()
            .map(|minute| match minute {
                "0" => Some(false),
                "X" => Some(true),
                _ => None,
            })
            .collect();
        assert_eq!(fires(&minutes, unseen), expected, "{minutes:?} {unseen}");
    }

    #[test]
    fn two_minutes_with_errors_one_after_the_other() {
        check("X X", 0, true);
        check("0 0 X X", 0, true);
        check("X", 0, false);
        check("", 0, false);
        check("X X 0 X", 0, false);
        check("X X X 0", 0, false);
    }

    #[test]
    fn minutes_without_calls_are_passed_over() {
        check("X - - X", 0, true);
        check("X X - -", 0, true);
        check("X - X 0", 0, false);
        check("X 0 - X", 0, false);
        check("- - - X", 0, false);
    }

    #[test]
    fn only_four_minutes_are_looked_at() {
        check("X - - - X", 0, false);
        check("X X - - -", 0, false);
    }

    #[test]
    fn what_cannot_be_read_yet_is_missing() {
        check("0 0 X X X", 1, true);
        check("0 0 X X", 1, false);
        check("X - - X X", 1, false);
    }
}
