//! What everything that is drawn for people shares.

use anstyle::{AnsiColor, Style};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Where the text after the time begins.
pub(crate) const MARGIN: &str = "          ";

/// A status of CodeDeploy's in its colour.
pub(crate) fn colored(status: &str) -> String {
    let style = match status {
        "Succeeded" => GOOD,
        "Failed" | "Stopped" => BAD,
        _ => Style::new(),
    };
    format!("{style}{status}{style:#}")
}

/// A time since the beginning as `m:ss` or `h:mm:ss`.
pub(crate) fn clock(millis: u64) -> String {
    let seconds = millis / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn time_reads_like_a_clock() {
        for (millis, expected) in [
            (0, "0:00"),
            (2_000, "0:02"),
            (302_999, "5:02"),
            (3_602_000, "1:00:02"),
            (5_402_000, "1:30:02"),
        ] {
            assert_eq!(clock(millis), expected);
        }
    }
}
