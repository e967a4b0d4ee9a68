//! Where in a document something is: `statusCode`, `body.items[0].productId`, `headers["content-type"]`, `$error`.

use std::fmt;

use crate::shown::shown_text;

#[derive(Debug, Clone, Copy)]
enum Segment<'a> {
    Member(&'a str),
    Element(usize),
    Word(&'a str),
}

/// A place in a JSON document, kept as a stack while walking it. The root is written `$`.
#[derive(Debug, Default)]
pub(crate) struct Path<'a>(Vec<Segment<'a>>);

impl<'a> Path<'a> {
    pub(crate) fn enter_member(&mut self, name: &'a str) {
        self.0.push(Segment::Member(name));
    }

    pub(crate) fn enter_element(&mut self, index: usize) {
        self.0.push(Segment::Element(index));
    }

    /// Enters an instruction such as `$regex`, which is written bare, unlike a member of the same name.
    pub(crate) fn enter_word(&mut self, word: &'a str) {
        self.0.push(Segment::Word(word));
    }

    pub(crate) fn leave(&mut self) {
        self.0.pop();
    }

    /// How many levels below the root it is.
    pub(crate) fn depth(&self) -> usize {
        self.0.len()
    }

    /// The name of the member that it is, or of the nearest one above.
    pub(crate) fn name(&self) -> &'a str {
        let names = self.0.iter().rev().find_map(|segment| match segment {
            Segment::Member(name) => Some(*name),
            Segment::Element(_) | Segment::Word(_) => None,
        });
        names.unwrap_or_default()
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as reports show it: cut where it is longer than any that a person reads.
    pub(crate) fn shown(&self) -> String {
        shown_text(self.to_string())
    }

    /// Whether any name on the way looks like that of a credential.
    pub(crate) fn is_credential(&self) -> bool {
        self.0.iter().any(|segment| match segment {
            Segment::Member(name) => names_credential(name),
            Segment::Element(_) | Segment::Word(_) => false,
        })
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("$");
        }
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Element(index) => write!(f, "[{index}]")?,
                Segment::Member(name) if !is_plain(name) => {
                    write!(f, "[{}]", serde_json::Value::from(*name))?;
                }
                Segment::Member(name) | Segment::Word(name) => {
                    let dot = if position == 0 { "" } else { "." };
                    write!(f, "{dot}{name}")?;
                }
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a name looks like that of a credential: `apiKey`, `x-api-key`, `Set-Cookie`, `aws_session_token`, …
pub(crate) fn names_credential(name: &str) -> bool {
    const MARKS: [&str; 15] = [
        "accesskey",
        "apikey",
        "authorization",
        "bearer",
        "cookie",
        "credential",
        "jwt",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "pwd",
        "secret",
        "sessionid",
        "token",
    ];
    let letters: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    MARKS.iter().any(|mark| letters.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_people_write_them() {
        fn check(path: &Path<'_>, expected: &str) {
            assert_eq!(path.to_string(), expected);
        }
        let mut path = Path::default();
        check(&path, "$");
        path.enter_member("body");
        path.enter_member("items");
        path.enter_element(0);
        path.enter_member("productId");
        check(&path, "body.items[0].productId");
        path.enter_member("odd \"key\"\n");
        check(&path, r#"body.items[0].productId["odd \"key\"\n"]"#);
        let mut path = Path::default();
        path.enter_member("$error");
        check(&path, r#"["$error"]"#);
        path.leave();
        path.enter_word("$error");
        path.enter_member("");
        check(&path, r#"$error[""]"#);
        path.leave();
        path.enter_member("1st");
        check(&path, r#"$error["1st"]"#);
    }

    #[test]
    fn credentials_are_known_by_their_names() {
        fn check(name: &str, expected: bool) {
            assert_eq!(names_credential(name), expected, "{name}");
        }
        for name in [
            "password",
            "userPassword",
            "db_passwd",
            "SECRET",
            "client-secret",
            "token",
            "accessToken",
            "X-Amz-Security-Token",
            "Authorization",
            "Proxy-Authorization",
            "apiKey",
            "api-key",
            "api_key",
            "x-api-key",
            "Credentials",
            "cookie",
            "Set-Cookie",
            "privateKey",
            "private_key",
            "sessionId",
            "session id",
        ] {
            check(name, true);
        }
        for name in [
            "",
            "statusCode",
            "key",
            "author",
            "orderId",
            "session",
            "pass",
            "秘密",
        ] {
            check(name, false);
        }
    }
}
