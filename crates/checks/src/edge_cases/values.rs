//! What is tried in the stead of a value: tables by the value's own type, the likeliest to find a defect first.
//!
//! Before a function's code sees its event, its runtime has read the JSON. What RFC 8259 leaves to readers (numbers that no
//! double holds and depth in section 9, lone surrogates in section 8.2, repeated names in section 4) is therefore only tried inside of
//! a string that holds JSON, such as an API Gateway `body`, which the function's own code reads.

use std::borrow::Cow;

use super::json::{Edit, Json};

/// The type of the value at a place, or that which its schema says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    Text,
    /// A string that holds JSON.
    Held,
    Array,
    Object,
}

impl Kind {
    pub(super) fn of(value: &Json) -> Self {
        match value {
            Json::Raw(raw) => match raw.as_bytes().first() {
                Some(b'n') => Self::Null,
                Some(b't' | b'f') => Self::Boolean,
                Some(b'"') => Self::Text,
                Some(b'[') => Self::Array,
                Some(b'{') => Self::Object,
                _ => Self::Number,
            },
            Json::Text(_) => Self::Text,
            Json::Held { .. } => Self::Held,
            Json::Array(_) => Self::Array,
            Json::Object(_) => Self::Object,
        }
    }
}

/// One thing that is tried at a place.
#[derive(Debug, Clone)]
pub(super) struct Alteration {
    /// What it is called in the name of the edge case: `null`, `i64-max-plus-1`.
    pub(super) what: Cow<'static, str>,
    pub(super) make: Make,
}

/// How it is made.
#[derive(Debug, Clone)]
pub(super) enum Make {
    /// The member or element is not there.
    Absent,
    /// This JSON text in its stead.
    Value(Cow<'static, str>),
    /// JSON text that is long, or made of the value that is there.
    Of(fn(&Json) -> String),
    /// Arrays in arrays, so that the event has so many levels.
    Deep(usize),
    /// A further member of this name; its value is JSON text.
    Member(&'static str, &'static str),
}

impl Alteration {
    pub(super) fn new(
        what: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            what: what.into(),
            make: Make::Value(value.into()),
        }
    }

    /// The change to the value, which is `depth` levels deep in its document; `None` for [`Make::Absent`], which changes what is
    /// around the value, and where there is nothing to do.
    pub(super) fn edit(&self, value: &Json, depth: usize) -> Option<Edit> {
        Some(match &self.make {
            Make::Absent => return None,
            Make::Value(text) => Edit::Replace(text.clone().into_owned()),
            Make::Of(make) => Edit::Replace(make(value)),
            Make::Deep(levels) => {
                let levels = levels.checked_sub(depth).filter(|levels| *levels > 1)?;
                Edit::Replace("[".repeat(levels) + &"]".repeat(levels))
            }
            Make::Member(name, value) => Edit::With {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            },
        })
    }
}

/// How long the long values are, in bytes: much for a field, little beside the 6 MB of an event.
const LONG: usize = 64 << 10;

type Row = (&'static str, Make);

const fn row(what: &'static str, text: &'static str) -> Row {
    (what, Make::Value(Cow::Borrowed(text)))
}

const ABSENT: Row = ("absent", Make::Absent);
const NULL: Row = row("null", "null");
const EMPTY_STRING: Row = row("empty-string", r#""""#);
const EMPTY_ARRAY: Row = row("empty-array", "[]");
const EMPTY_OBJECT: Row = row("empty-object", "{}");
const ZERO: Row = row("zero", "0");
const TRUE: Row = row("true", "true");
const FALSE: Row = row("false", "false");
const ONE_CHARACTER: Row = row("one-character", r#""x""#);
const UNKNOWN_FIELD: Row = ("unknown-field", Make::Member("unknownField", r#""x""#));
const AS_TEXT: Row = ("as-text", Make::Of(as_text));
/// Fewer levels than any common reader refuses: serde_json takes 127 of them.
const DEEP: Row = ("100-levels-deep", Make::Deep(100));

const NULLS: &[Row] = &[
    ABSENT,
    EMPTY_STRING,
    ZERO,
    EMPTY_OBJECT,
    EMPTY_ARRAY,
    ONE_CHARACTER,
    TRUE,
];

const BOOLEANS: &[Row] = &[
    ABSENT,
    NULL,
    FALSE,
    TRUE,
    AS_TEXT,
    ZERO,
    EMPTY_STRING,
    EMPTY_ARRAY,
    EMPTY_OBJECT,
    row("one", "1"),
];

const NUMBERS: &[Row] = &[
    ABSENT,
    NULL,
    ZERO,
    row("minus-one", "-1"),
    AS_TEXT,
    row("i64-max-plus-1", "9223372036854775808"),
    row("fraction", "0.5"),
    EMPTY_STRING,
    //
    row("i32-max-plus-1", "2147483648"),
    row("u32-max-plus-1", "4294967296"),
    row("u64-max-plus-1", "18446744073709551616"),
    EMPTY_OBJECT,
    EMPTY_ARRAY,
    TRUE,
    row("i64-max", "9223372036854775807"),
    row("i64-min", "-9223372036854775808"),
    //
    row("i32-max", "2147483647"),
    row("i32-min", "-2147483648"),
    row("u32-max", "4294967295"),
    row("u64-max", "18446744073709551615"),
    row("i32-min-minus-1", "-2147483649"),
    row("i64-min-minus-1", "-9223372036854775809"),
    row("two-to-the-53-plus-1", "9007199254740993"),
    row("largest-double", "1.7976931348623157e308"),
    //
    row("one", "1"),
    row("minus-zero", "-0"),
    row("minus-zero-fraction", "-0.0"),
    row("two-to-the-53", "9007199254740992"),
    row("two-to-the-53-minus-1", "9007199254740991"),
    row("smallest-double", "5e-324"),
    row("largest-double-negative", "-1.7976931348623157e308"),
    row("exponent", "1E+2"),
    row("one-as-fraction", "1.0"),
    row("one-third", "0.33333333333333333333333333333333"),
    row("30-digits", "123456789012345678901234567890"),
    row("below-the-smallest-double", "1e-400"),
];

const TEXTS: &[Row] = &[
    ABSENT,
    NULL,
    EMPTY_STRING,
    ZERO,
    row("three-byte-characters", r#""漢字かな交じり文。漢字仮名""#),
    ONE_CHARACTER,
    EMPTY_ARRAY,
    EMPTY_OBJECT,
    //
    row("white-space", r#"" \t ""#),
    row(
        "emoji",
        r#""👩\u200d👩\u200d👧\u200d👦🦀👍🏽🏳\ufe0f\u200d🌈""#,
    ),
    ("64-kib", Make::Of(|_| format!("\"{}\"", "x".repeat(LONG)))),
    TRUE,
    row("control-characters", r#""a\u0001\u001b[31m\u007f\u0085b""#),
    row("nul", r#""a\u0000b""#),
    row("two-byte-characters", r#""üöäßéèñçøåüöäßéèñ""#),
    row("array", r#"["x"]"#),
    //
    row("line-breaks", r#""a\r\nb\nc\u2028d""#),
    row("quotes", r#""\"'`\\/<&>%{}""#),
    row("combining-characters", r#""e\u0301a\u0308o\u0302n\u0303""#),
    row("right-to-left", r#""\u202eשלום\u202c مرحبا""#),
    row("one-and-two-byte-characters", r#""aüaüaüaüaüaüaü""#),
    row("escaped-surrogate-pair", r#""\ud83e\udd80""#),
    row("number-as-text", r#""-1""#),
    row("object", r#"{"x":1}"#),
    //
    row("white-space-around", r#"" x ""#),
    row("byte-order-mark", r#""\ufeffx""#),
    row("zero-width-characters", r#""a\u200bb\u200dc""#),
    row("no-characters", r#""\uffff\ufffe""#),
    row("no-number", r#""NaN""#),
    (
        "64-kib-of-three-byte-characters",
        Make::Of(|_| format!("\"{}\"", "漢".repeat(LONG / 3))),
    ),
    row("changes-length-by-case", r#""İßŉǰΐ""#),
    row("json-as-text", r#""{\"x\":[]}""#),
];

const ARRAYS: &[Row] = &[
    ABSENT,
    NULL,
    EMPTY_ARRAY,
    EMPTY_OBJECT,
    row("null-element", "[null]"),
    EMPTY_STRING,
    ("many-elements", Make::Of(many_elements)),
    ZERO,
    //
    ("twice", Make::Of(twice)),
    row("nested-array", "[[]]"),
    row("empty-object-element", "[{}]"),
    TRUE,
    (
        "as-object",
        Make::Of(|array| format!("{{\"0\":{}}}", array.compact(None))),
    ),
    DEEP,
    row("elements-of-all-types", r#"[null,true,0,"",[],{}]"#),
    AS_TEXT,
];

const OBJECTS: &[Row] = &[
    ABSENT,
    NULL,
    EMPTY_OBJECT,
    EMPTY_ARRAY,
    UNKNOWN_FIELD,
    EMPTY_STRING,
    ZERO,
    TRUE,
    //
    (
        "in-an-array",
        Make::Of(|object| format!("[{}]", object.compact(None))),
    ),
    AS_TEXT,
    ("field-without-name", Make::Member("", "null")),
    (
        "unknown-object",
        Make::Member("unknownField", r#"{"x":{"x":[null]}}"#),
    ),
    ("unicode-field", Make::Member("漢字", r#""x""#)),
    DEEP,
    ("many-fields", Make::Of(many_fields)),
    ("prototype-field", Make::Member("__proto__", r#"{"x":1}"#)),
];

const HELD: &[Row] = &[
    ABSENT,
    NULL,
    EMPTY_STRING,
    row("no-json", r#""{""#),
    row("empty-object-as-text", r#""{}""#),
    row("empty-array-as-text", r#""[]""#),
    row("null-as-text", r#""null""#),
    ("decoded", Make::Of(decoded)),
    //
    ("truncated", Make::Of(truncated)),
    row("white-space", r#"" ""#),
    ZERO,
    EMPTY_OBJECT,
    EMPTY_ARRAY,
    TRUE,
    row("text-as-text", r#""\"x\"""#),
    row("zero-as-text", r#""0""#),
    //
    (
        "trailing-text",
        Make::Of(|value| with_text(value, |text| format!("{text} x"))),
    ),
    (
        "byte-order-mark",
        Make::Of(|value| with_text(value, |text| format!("\u{feff}{text}"))),
    ),
    (
        "white-space-around",
        Make::Of(|value| with_text(value, |text| format!("\r\n\t {text} \n"))),
    ),
    row("not-a-number", r#""{\"x\":NaN}""#),
    row("nul", r#""{\"x\":\"\u0000\"}""#),
    (
        "200-levels-deep",
        Make::Of(|_| Json::Text(("[".repeat(200) + &"]".repeat(200)).into()).compact(None)),
    ),
    ("64-kib", Make::Of(|_| format!("\"{}\"", "x".repeat(LONG)))),
    row("base64", r#""eyJ4IjoxfQ==""#),
];

/// What RFC 8259 leaves to readers, for numbers.
const NUMBERS_TO_READERS: &[Row] = &[
    row("too-large-for-a-double", "1e400"),
    row("too-small-for-a-double", "-1e400"),
];

/// What RFC 8259 leaves to readers, for strings.
const TEXTS_TO_READERS: &[Row] = &[
    row("lone-surrogate", r#""\ud800""#),
    row("lone-low-surrogate", r#""a\udc00b""#),
];

/// What RFC 8259 leaves to readers, for arrays and objects.
const DEPTH_TO_READERS: &[Row] = &[
    ("127-levels-deep", Make::Deep(127)),
    ("200-levels-deep", Make::Deep(200)),
];

/// What RFC 8259 leaves to readers, for objects.
const NAMES_TO_READERS: &[Row] = &[("repeated-fields", Make::Of(repeated_fields))];

/// What is tried at a value of this type, in its order; `is_held` where it is in a string that holds JSON.
pub(super) fn alterations(kind: Kind, is_held: bool) -> impl Iterator<Item = Alteration> {
    let own = match kind {
        Kind::Null => NULLS,
        Kind::Boolean => BOOLEANS,
        Kind::Number => NUMBERS,
        Kind::Text => TEXTS,
        Kind::Held => HELD,
        Kind::Array => ARRAYS,
        Kind::Object => OBJECTS,
    };
    let left_to_readers: [&[Row]; 2] = match kind {
        _ if !is_held => [&[], &[]],
        Kind::Number => [NUMBERS_TO_READERS, &[]],
        Kind::Text => [TEXTS_TO_READERS, &[]],
        Kind::Array => [DEPTH_TO_READERS, &[]],
        Kind::Object => [DEPTH_TO_READERS, NAMES_TO_READERS],
        Kind::Null | Kind::Boolean | Kind::Held => [&[], &[]],
    };
    own.iter()
        .chain(left_to_readers.into_iter().flatten())
        .map(|(what, make)| Alteration {
            what: Cow::Borrowed(*what),
            make: make.clone(),
        })
}

/// The value's JSON text as a string.
fn as_text(value: &Json) -> String {
    Json::Text(value.compact(None).into()).compact(None)
}

/// The document in a string, no longer in the string.
fn decoded(value: &Json) -> String {
    value.child(0).unwrap_or(value).compact(None)
}

fn with_text(value: &Json, change: impl Fn(&str) -> String) -> String {
    match value {
        Json::Held { text, .. } | Json::Text(text) => Json::Text(change(text).into()).compact(None),
        Json::Raw(_) | Json::Array(_) | Json::Object(_) => value.compact(None),
    }
}

fn truncated(value: &Json) -> String {
    with_text(value, |text| {
        text[..text.floor_char_boundary(text.len() / 2)].to_owned()
    })
}

/// The elements and once more the elements.
fn twice(value: &Json) -> String {
    let text = value.compact(None);
    match text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        Some(elements) if !elements.is_empty() => format!("[{elements},{elements}]"),
        _ => text,
    }
}

/// The first element, or null, as often as the long values are long, and not more than a thousand times.
fn many_elements(value: &Json) -> String {
    let element = value
        .child(0)
        .map_or_else(|| "null".to_owned(), |element| element.compact(None));
    let count = (LONG / (element.len() + 1)).clamp(2, 1000);
    format!("[{}]", vec![element; count].join(","))
}

/// The object with a thousand further members.
fn many_fields(value: &Json) -> String {
    let mut members: Vec<String> = (0..1000)
        .map(|number| format!("\"unknownField{number}\":{number}"))
        .collect();
    let text = value.compact(None);
    let own = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    members.splice(0..0, own.filter(|own| !own.is_empty()).map(str::to_owned));
    format!("{{{}}}", members.join(","))
}

/// The object with each of its members twice, null the second time.
fn repeated_fields(value: &Json) -> String {
    let Json::Object(members) = value else {
        return value.compact(None);
    };
    let null = Json::Raw("null".into());
    let again = members.iter().map(|(name, _)| (name.clone(), null.clone()));
    Json::Object(members.iter().cloned().chain(again).collect()).compact(None)
}
