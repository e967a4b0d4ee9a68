//! Patterns for texts that differ from one answer to the next.

/// The longest text that a pattern is made for, in bytes.
const LONGEST: usize = 256;

const DATE: &str = "0000-00-00";
const TIME: &str = "00:00:00";
const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// The version of a function, as the test events of the example have it.
pub(super) const FUNCTION_VERSION: &str = r"^([0-9]+|\$LATEST)$";

/// The narrowest pattern that texts which differ have in common; `None` where they have nothing in common that could be
/// told from them.
pub(super) fn common(texts: &[&str]) -> Option<String> {
    if texts.iter().any(|text| text.len() > LONGEST) {
        return None;
    }
    let time = texts.first().and_then(|text| written(text));
    let time = time.filter(|time| {
        texts
            .iter()
            .all(|text| written(text).as_ref() == Some(time))
    });
    if let Some(time) = time {
        return Some(anchored(&time.pattern()));
    }
    arn(texts)
        .or_else(|| version(texts))
        .or_else(|| Some(anchored(&shape(texts)?)))
}

/// The text as a pattern for itself, without escapes that only matter within `[…]`: people are to read it.
fn literal(text: &str) -> String {
    let escaped = regex::escape(text);
    ["\\-", "\\#", "\\&", "\\~"]
        .into_iter()
        .fold(escaped, |text, mark| text.replace(mark, &mark[1..]))
}

fn anchored(pattern: &str) -> String {
    format!("^{pattern}$")
}

/// How a time is written.
#[derive(Debug, PartialEq)]
pub(super) enum Written {
    Iso(Iso),
    /// As HTTP writes it: `Sun, 22 Nov 2026 22:37:21 GMT`.
    Http,
}

/// The parts of a time as ISO 8601 writes it, that need not be there.
#[derive(Debug, PartialEq)]
pub(super) struct Iso {
    /// Between date and time, if there is a time.
    separator: Option<char>,
    zone: bool,
}

/// How a text that is a date or a time is written.
pub(super) fn written(text: &str) -> Option<Written> {
    if let Some(rest) = without(text, "Aaa, 00 Aaa 0000 00:00:00 ") {
        return (rest == "GMT").then_some(Written::Http);
    }
    let rest = without(text, DATE)?;
    let Some(separator @ ('T' | ' ')) = rest.chars().next() else {
        return rest.is_empty().then_some(Written::Iso(Iso {
            separator: None,
            zone: false,
        }));
    };
    let mut rest = without(&rest[1..], TIME)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        rest = (end.len() < fraction.len()).then_some(end)?;
    }
    let zone = match rest {
        "" => false,
        "Z" => true,
        offset => {
            let offset = offset.strip_prefix(['+', '-'])?;
            let end = without(offset, "00:00").or_else(|| without(offset, "0000"))?;
            end.is_empty().then_some(true)?
        }
    };
    Some(Written::Iso(Iso {
        separator: Some(separator),
        zone,
    }))
}

impl Iso {
    /// The text, written as RFC 3339 has it: midnight of a date alone, and UTC where no zone is said.
    pub(super) fn rfc_3339(&self, text: &str) -> String {
        if self.separator.is_none() {
            return format!("{text}T00:00:00Z");
        }
        let mut text = text.replacen(' ', "T", 1);
        if !self.zone {
            text.push('Z');
        } else if !text.ends_with('Z') && text.as_bytes().get(text.len() - 3) != Some(&b':') {
            text.insert(text.len() - 2, ':');
        }
        text
    }
}

impl Written {
    fn pattern(&self) -> String {
        match self {
            Self::Http => {
                "[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
                    .to_owned()
            }
            Self::Iso(Iso { separator, zone }) => {
                let mut pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}".to_owned();
                if let Some(separator) = separator {
                    pattern.push(*separator);
                    // Whoever writes fractions leaves out those that are zero.
                    pattern.push_str(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?");
                }
                if *zone {
                    pattern.push_str("(Z|[+-][0-9]{2}:?[0-9]{2})");
                }
                pattern
            }
        }
    }
}

/// The pattern of one text that may be the same in all answers of today, and will not be in those of another day, of
/// another account or another release: a time (`is_now`), an ARN, a version under a name that says so.
pub(super) fn passing(text: &str, is_now: bool, names_version: bool) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    if is_now {
        let digits = || anchored("[0-9]+");
        return Some(written(text).map_or_else(digits, |time| anchored(&time.pattern())));
    }
    arn(&[text]).or_else(|| version(&[text]).filter(|_| names_version))
}

/// ARNs of one service: partition, Region and account are those of wherever the stack is, and so is a function's qualifier.
///
/// Source: "Amazon Resource Names (ARNs)", AWS IAM User Guide: `arn:partition:service:region:account-id:resource`.
fn arn(texts: &[&str]) -> Option<String> {
    let arns: Option<Vec<[&str; 6]>> = texts
        .iter()
        .map(|text| {
            let parts: [&str; 6] = text.splitn(6, ':').collect::<Vec<_>>().try_into().ok()?;
            let is_arn = parts[0] == "arn" && parts[1].starts_with("aws") && !parts[5].is_empty();
            is_arn.then_some(parts)
        })
        .collect();
    let arns = arns?;
    let [_, _, service, _, _, _] = arns.first()?;
    if arns.iter().any(|arn| arn[2] != *service) {
        return None;
    }
    let part = |place: usize, class: &str| {
        let empty = arns.iter().filter(|arn| arn[place].is_empty()).count();
        match empty {
            0 => format!("{class}+"),
            all if all == arns.len() => String::new(),
            _ => format!("{class}*"),
        }
    };
    let (region, account) = (part(3, "[a-z0-9-]"), part(4, "[0-9]"));
    let is_function = |arn: &[&str; 6]| *service == "lambda" && arn[5].starts_with("function:");
    let functions = arns.iter().all(is_function);
    let resources: Vec<&str> = arns
        .iter()
        .map(|arn| match arn[5].match_indices(':').nth(1) {
            Some((end, _)) if functions => &arn[5][..end],
            _ => arn[5],
        })
        .collect();
    let qualifier = if functions { "(:.+)?" } else { "" };
    let resource = if all_same(&resources) {
        literal(resources[0])
    } else {
        shape(&resources).unwrap_or_else(|| ".+".to_owned())
    };
    let service = literal(service);
    let arn = format!("arn:aws[a-z-]*:{service}:{region}:{account}:{resource}{qualifier}");
    let pattern = anchored(&arn);
    // What only looks like an ARN has other characters in its Region or account.
    let found = regex::Regex::new(&pattern).ok()?;
    texts
        .iter()
        .all(|text| found.is_match(text))
        .then_some(pattern)
}

/// Versions as semantic versioning writes them.
fn version(texts: &[&str]) -> Option<String> {
    let mut suffixed = false;
    for text in texts {
        let core = text.find(['-', '+']).map_or(*text, |end| &text[..end]);
        suffixed |= core.len() < text.len();
        let mut parts = core.split('.');
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !(parts
            .by_ref()
            .take(3)
            .filter(|part| is_number(part))
            .count()
            == 3
            && parts.next().is_none())
        {
            return None;
        }
    }
    let suffix = if suffixed { "([-+].+)?" } else { "" };
    Some(anchored(&format!(r"[0-9]+\.[0-9]+\.[0-9]+{suffix}")))
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece<'t> {
    /// A UUID.
    Uuid(&'t str),
    /// ASCII letters and digits.
    Word(&'t str),
    /// One other character.
    Mark(char),
}

fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some(first) = text.chars().next() {
        let uuid = without(text, UUID)
            .filter(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
        let (piece, rest) = if let Some(rest) = uuid {
            (Piece::Uuid(&text[..UUID.len()]), rest)
        } else {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            if rest.len() < text.len() {
                (Piece::Word(&text[..text.len() - rest.len()]), rest)
            } else {
                (Piece::Mark(first), &text[first.len_utf8()..])
            }
        };
        pieces.push(piece);
        text = rest;
    }
    pieces
}

/// What texts have in common that are made of the same marks: words that are the same stay, digits are any digits.
fn shape(texts: &[&str]) -> Option<String> {
    let pieces: Vec<Vec<Piece<'_>>> = texts.iter().map(|text| pieces(text)).collect();
    let first = pieces.first()?;
    if pieces.iter().any(|other| other.len() != first.len()) {
        return None;
    }
    let mut pattern = String::new();
    for (place, piece) in first.iter().enumerate() {
        let column: Vec<Piece<'_>> = pieces.iter().map(|pieces| pieces[place]).collect();
        match piece {
            Piece::Mark(mark) => {
                column.iter().all(|other| other == piece).then_some(())?;
                pattern.push_str(&literal(mark.encode_utf8(&mut [0; 4])));
            }
            Piece::Uuid(_) => {
                let uuids: Option<Vec<&str>> = column.iter().map(Piece::uuid).collect();
                pattern.push_str(&uuid_pattern(&uuids?));
            }
            Piece::Word(_) => {
                let words: Option<Vec<&str>> = column.iter().map(Piece::word).collect();
                pattern.push_str(&word_pattern(&words?));
            }
        }
    }
    Some(pattern)
}

impl<'t> Piece<'t> {
    fn uuid(&self) -> Option<&'t str> {
        match self {
            Self::Uuid(text) => Some(text),
            Self::Word(_) | Self::Mark(_) => None,
        }
    }

    fn word(&self) -> Option<&'t str> {
        match self {
            Self::Word(text) => Some(text),
            Self::Uuid(_) | Self::Mark(_) => None,
        }
    }
}

fn uuid_pattern(uuids: &[&str]) -> String {
    let hex = hex_class(uuids).unwrap_or("[0-9A-Fa-f]");
    [8, 4, 4, 4, 12]
        .map(|length| format!("{hex}{{{length}}}"))
        .join("-")
}

/// The digits that hexadecimal texts are written with: small letters, unless there are capitals.
fn hex_class(texts: &[&str]) -> Option<&'static str> {
    let has = |test: fn(&u8) -> bool| texts.iter().any(|text| text.bytes().any(|b| test(&b)));
    match (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase)) {
        (_, false) => Some("[0-9a-f]"),
        (false, true) => Some("[0-9A-F]"),
        (true, true) => None,
    }
}

fn word_pattern(words: &[&str]) -> String {
    let all = |test: fn(u8) -> bool| words.iter().all(|word| word.bytes().all(test));
    if all(|b| b.is_ascii_digit()) {
        return "[0-9]+".to_owned();
    }
    if all_same(words) {
        return words[0].to_owned();
    }
    let length = words[0].len();
    let same_length = words.iter().all(|word| word.len() == length);
    if same_length
        && length >= 8
        && all(|b| b.is_ascii_hexdigit())
        && let Some(hex) = hex_class(words)
    {
        return format!("{hex}{{{length}}}");
    }
    if let Some(prefix) = prefix_of_digits(words) {
        return format!("{prefix}[0-9]+");
    }
    if all(|b| b.is_ascii_alphabetic()) {
        return "[A-Za-z]+".to_owned();
    }
    "[0-9A-Za-z]+".to_owned()
}

/// The letters that all words start with, where nothing but digits follows: `ORD` of `ORD17` and `ORD8`.
fn prefix_of_digits<'t>(words: &[&'t str]) -> Option<&'t str> {
    let prefix = |word: &'t str| word.trim_end_matches(|c: char| c.is_ascii_digit());
    let first = prefix(words.first()?);
    words
        .iter()
        .all(|word| prefix(word) == first && word.len() > first.len())
        .then_some(first)
}

fn all_same(texts: &[&str]) -> bool {
    texts.windows(2).all(|pair| pair[0] == pair[1])
}

/// The rest of a text that starts as `form` says: `0` is a digit, `x` a hexadecimal one, `A` and `a` are letters, and
/// every other character is itself.
fn without<'t>(text: &'t str, form: &str) -> Option<&'t str> {
    let start = text.as_bytes().get(..form.len())?;
    let fits = start
        .iter()
        .zip(form.bytes())
        .all(|(found, form)| match form {
            b'0' => found.is_ascii_digit(),
            b'x' => found.is_ascii_hexdigit(),
            b'A' => found.is_ascii_uppercase(),
            b'a' => found.is_ascii_lowercase(),
            other => *found == other,
        });
    fits.then(|| &text[form.len()..])
}
