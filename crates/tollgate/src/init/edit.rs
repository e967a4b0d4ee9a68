//! Adding lines to a text that otherwise stays as it is, byte for byte.

/// Lines to add, and after which line each belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    added: Vec<(usize, Vec<String>)>,
}

impl Edit {
    /// Adds lines after line `line`, counted from 1; after what was added there before.
    pub(crate) fn add(&mut self, line: usize, lines: Vec<String>) {
        self.added.push((line, lines));
    }

    /// The text with the lines added, which end as the text's own lines do. A last line without an end stays without.
    pub(crate) fn apply(&self, text: &str) -> String {
        let end = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let mut edited = String::with_capacity(text.len() * 2);
        for (index, line) in text.split_inclusive('\n').enumerate() {
            edited.push_str(line);
            let here = self.added.iter().filter(|(after, _)| *after == index + 1);
            for added in here.flat_map(|(_, lines)| lines) {
                if edited.ends_with('\n') {
                    edited.push_str(added);
                    edited.push_str(end);
                } else {
                    edited.push_str(end);
                    edited.push_str(added);
                }
            }
        }
        edited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_ends_as_the_text_does() {
        let mut edit = Edit::default();
        edit.add(2, vec!["x".to_owned(), "y".to_owned()]);
        edit.add(1, vec!["w".to_owned()]);
        for (text, expected) in [
            ("a\nb\n", "a\nw\nb\nx\ny\n"),
            ("a\nb\nc\n", "a\nw\nb\nx\ny\nc\n"),
            ("a\r\nb\r\n", "a\r\nw\r\nb\r\nx\r\ny\r\n"),
            ("a\nb", "a\nw\nb\nx\ny"),
            ("a\r\nb", "a\r\nw\r\nb\r\nx\r\ny"),
        ] {
            assert_eq!(edit.apply(text), expected, "{text:?}");
        }
    }
}
