//! Text that others wrote, on its way to a terminal.

/// The longest text of a function's that is shown in one line, in characters.
const LONGEST: usize = 300;

/// What functions say must not steer the terminal: what would becomes visible.
pub(crate) fn printable(text: &str) -> String {
    let visible = |character: char| match character {
        '\n' | '\u{2028}' | '\u{2029}' => '␤',
        steering if steers(steering) => '\u{fffd}',
        other => other,
    };
    text.chars().map(visible).collect()
}

/// Control characters, those that end a line or change the direction of writing, and tags, which nobody sees.
pub(crate) fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{e0000}'..='\u{e007f}'
        )
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

/// Lines that GitHub's runner takes for nothing else: one that begins with `::`, or has `##[` in it, could be a command to
/// it ("Workflow commands for GitHub Actions"; the second form is the runner's older one). Each line is to be printable but
/// for styles.
pub(crate) fn no_commands(lines: &str) -> String {
    let mut out = String::with_capacity(lines.len());
    for line in lines.split_inclusive('\n') {
        let line = line.replace("##[", "#\u{fffd}[");
        // Styles may stand before it, and are not there for who reads a pipe.
        let plain = anstream::adapter::strip_str(&line).to_string();
        if plain.trim_start().starts_with("::") {
            out.push_str(&line.replacen("::", "\u{fffd}:", 1));
        } else {
            out.push_str(&line);
        }
    }
    out
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
            ("a\u{200f}b\u{61c}c\u{e0041}", "a\u{fffd}b\u{fffd}c\u{fffd}"),
            ("one\u{2028}two", "one␤two"),
        ];
        for (text, expected) in rows {
            assert_eq!(printable(text), expected, "{text:?}");
        }
        assert_eq!(
            shortened(&"ü".repeat(1_000_000)).chars().count(),
            LONGEST + 1
        );
    }

    #[test]
    fn nothing_commands_the_runner() {
        let rows = [
            ("✓ Orders  AWS::DynamoDB::Table\n", None),
            ("", None),
            (
                "a\n  ::add-mask::x\n::y",
                Some("a\n  \u{fffd}:add-mask::x\n\u{fffd}:y"),
            ),
            (
                "\u{1b}[1m::x\u{1b}[0m",
                Some("\u{1b}[1m\u{fffd}:x\u{1b}[0m"),
            ),
            (
                "a ##[group]b\n::##[x]",
                Some("a #\u{fffd}[group]b\n\u{fffd}:#\u{fffd}[x]"),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(no_commands(text), expected.unwrap_or(text));
        }
    }
}
