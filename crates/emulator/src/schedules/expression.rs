//! Schedule expressions: `rate(5 minutes)`, `cron(0 10 * * ? *)`, `at(2026-01-01T00:00:00)`.
//!
//! Source: EventBridge user guide, "Rate expressions reference"; EventBridge Scheduler user guide, "Schedule types".

use std::time::Duration;

/// Which of the two services with schedules reads an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A rule of EventBridge's.
    Rule,
    /// A schedule of EventBridge Scheduler's, which knows `at(…)`, and takes `rate(1 minutes)` as well (inferred: its
    /// guide has none of the rule's demands on the unit).
    Scheduler,
}

/// When something is invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// Every so often.
    Rate(Duration),
    /// At times of a calendar. What is in its six fields is not read.
    Cron,
    /// Once.
    At,
}

/// An expression; `None` for one that the service refuses.
pub(crate) fn parse(text: &str, dialect: Dialect) -> Option<Expression> {
    let (kind, rest) = text.split_once('(')?;
    let fields: Vec<&str> = rest.strip_suffix(')')?.split_whitespace().collect();
    match (kind, fields.as_slice(), dialect) {
        ("rate", [value, unit], _) => rate(value, unit, dialect).map(Expression::Rate),
        ("cron", [_, _, _, _, _, _], _) => Some(Expression::Cron),
        ("at", [_], Dialect::Scheduler) => Some(Expression::At),
        _ => None,
    }
}

/// "If the value is equal to 1, then the unit must be singular. If the value is greater than 1, the unit must be plural."
fn rate(value: &str, unit: &str, dialect: Dialect) -> Option<Duration> {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let value: u64 = value.parse().ok().filter(|value| is_number && *value > 0)?;
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    let is_plural = singular != unit;
    if dialect == Dialect::Rule && is_plural != (value > 1) {
        return None;
    }
    let seconds = match singular {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => return None,
    };
    value.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_their_services_read_them() {
        let rate = |seconds| Some(Expression::Rate(Duration::from_secs(seconds)));
        let (cron, at) = (Some(Expression::Cron), Some(Expression::At));
        // The expression, and what a rule and the Scheduler make of it.
        let rows = [
            ("rate(1 minute)", [rate(60); 2]),
            ("rate(5 minutes)", [rate(300); 2]),
            ("rate(1 hour)", [rate(3600); 2]),
            ("rate(12 hours)", [rate(43_200); 2]),
            ("rate(1 day)", [rate(86_400); 2]),
            ("rate(7  days)", [rate(604_800); 2]),
            ("rate(1 hours)", [None, rate(3600)]),
            ("rate(5 hour)", [None, rate(18_000)]),
            ("rate(0 minutes)", [None; 2]),
            ("rate(+5 minutes)", [None; 2]),
            ("rate(-5 minutes)", [None; 2]),
            ("rate(1.5 minutes)", [None; 2]),
            ("rate(5 seconds)", [None; 2]),
            ("rate(5 minutess)", [None; 2]),
            ("rate(5minutes)", [None; 2]),
            ("rate(5)", [None; 2]),
            ("rate(18446744073709551615 days)", [None; 2]),
            ("rate 5 minutes", [None; 2]),
            ("Rate(5 minutes)", [None; 2]),
            ("rate(5 minutes", [None; 2]),
            ("", [None; 2]),
            ("cron(0 10 * * ? *)", [cron; 2]),
            ("cron(*/5 * * * *)", [None; 2]),
            ("at(2026-01-01T00:00:00)", [None, at]),
        ];
        for (text, expected) in rows {
            let read = [Dialect::Rule, Dialect::Scheduler].map(|dialect| parse(text, dialect));
            assert_eq!(read, expected, "{text}");
        }
    }
}
