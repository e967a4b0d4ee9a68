//! Text that others wrote, on its way to a terminal.

/// What functions say must not steer the terminal: control characters become visible.
pub(crate) fn printable(text: &str) -> String {
    let visible = |character: char| match character {
        '\n' => '␤',
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(visible).collect()
}
