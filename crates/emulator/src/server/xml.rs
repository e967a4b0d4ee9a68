//! XML documents of elements and text, as far as the Query protocol has them.
//!
//! Forty lines instead of a crate: nothing is read, and there are no attributes but the root's name space.

/// Writes into an element that is open.
#[derive(Debug)]
pub(super) struct Writer(String);

/// A document with one root element. Names are taken as they are: they must be valid ones.
pub(super) fn document(root: &str, namespace: &str, content: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer(format!("<{root} xmlns=\"{namespace}\">"));
    content(&mut writer);
    writer.0.push_str(&format!("</{root}>"));
    writer.0
}

impl Writer {
    /// An element with others in it.
    pub(super) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.0.push_str(&format!("<{name}>"));
        content(self);
        self.0.push_str(&format!("</{name}>"));
    }

    /// An element with text in it. Characters that XML 1.0 does not allow become U+FFFD.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.element(name, |writer| {
            for letter in text.chars() {
                match letter {
                    '&' => writer.0.push_str("&amp;"),
                    '<' => writer.0.push_str("&lt;"),
                    '>' => writer.0.push_str("&gt;"),
                    '"' => writer.0.push_str("&quot;"),
                    '\r' => writer.0.push_str("&#xD;"),
                    '\t' | '\n' => writer.0.push(letter),
                    '\u{0}'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => writer.0.push('\u{fffd}'),
                    _ => writer.0.push(letter),
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        for (text, expected) in [
            ("plain é", "plain é"),
            ("<a>&\"'", "&lt;a&gt;&amp;&quot;'"),
            ("\r\n\t\u{0}\u{1f}", "&#xD;\n\t\u{fffd}\u{fffd}"),
        ] {
            let written = document("R", "n", |writer| writer.text("T", text));
            assert_eq!(written, format!("<R xmlns=\"n\"><T>{expected}</T></R>"));
        }
    }
}
