//! Text that others wrote, on its way to a terminal.

/// The longest text of a function's that is shown in one line, in characters.
const LONGEST: usize = 300;

/// What functions say must not steer the terminal: control characters and those that change the direction of
/// writing become visible.
pub(crate) fn printable(text: &str) -> String {
    let visible = |character: char| match character {
        '\n' => '␤',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(visible).collect()
}

/// The same, cut to a length that a person reads.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = printable(text);
    if let Some((end, _)) = short.char_indices().nth(LONGEST) {
        short.truncate(end);
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let rows = [
            ("plain ✓ ü", "plain ✓ ü"),
            (
                "\u{1b}[2J\r\u{9b}31m\u{7}",
                "\u{fffd}[2J\u{fffd}\u{fffd}31m\u{fffd}",
            ),
            ("one\ntwo", "one␤two"),
            ("a\u{202e}b\u{2066}c", "a\u{fffd}b\u{fffd}c"),
        ];
        for (text, expected) in rows {
            assert_eq!(printable(text), expected, "{text:?}");
        }
        assert_eq!(
            shortened(&"ü".repeat(1_000_000)).chars().count(),
            LONGEST + 1
        );
    }
}
