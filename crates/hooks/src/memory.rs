//! Whether an answer can be looked at in the memory that the hook has.
//!
//! A hook that Lambda stops for want of memory cannot report, and six megabytes of JSON may be three million values.

/// What the hook needs for everything else, in bytes.
const ELSEWHERE: u64 = 40 * MEGABYTE;

/// What one value of a JSON document takes when it is read, in bytes: `serde_json::Value` in a list that has grown.
const VALUE: u64 = 128;

/// What an object takes beyond its members, in bytes: the table of even a single one.
const OBJECT: u64 = 512;

/// Smaller answers are not looked at twice.
const SMALL: usize = 128 * 1024;

const MEGABYTE: u64 = 1024 * 1024;

/// The function's memory, as `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` says; unknown outside Lambda.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    megabytes: Option<u64>,
}

impl Memory {
    pub(crate) fn of(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let megabytes = lookup("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
        Self {
            megabytes: megabytes.and_then(|text| text.parse().ok()),
        }
    }

    /// Whether `documents` like this one can be read at the same time.
    ///
    /// # Errors
    ///
    /// For people, why not, and what would help.
    pub(crate) fn suffices(self, document: &[u8], documents: u64) -> Result<(), String> {
        let Some(megabytes) = self.megabytes.filter(|_| document.len() > SMALL) else {
            return Ok(());
        };
        // Also those within strings: this is an estimate, and on the safe side.
        let marks = document.iter().filter(|byte| b",:[{".contains(byte));
        let values = u64::try_from(marks.count()).unwrap_or(u64::MAX);
        let objects = document.iter().filter(|byte| **byte == b'{');
        let objects = u64::try_from(objects.count()).unwrap_or(u64::MAX);
        let bytes = u64::try_from(document.len()).unwrap_or(u64::MAX);
        let takes = values
            .saturating_mul(VALUE)
            .saturating_add(objects.saturating_mul(OBJECT))
            .saturating_add(bytes.saturating_mul(2))
            .saturating_mul(documents);
        let has = megabytes.saturating_mul(MEGABYTE).saturating_sub(ELSEWHERE);
        if takes <= has {
            return Ok(());
        }
        let needs = takes.saturating_add(ELSEWHERE).div_ceil(MEGABYTE);
        Err(format!(
            "the answer of {bytes} bytes holds about {values} values, too many for a hook with {megabytes} MB of memory: it needs about {needs} MB"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(memory: Option<&str>, document: &str, documents: u64, expected: Result<(), &str>) {
        let memory = Memory::of(|_| memory.map(str::to_owned));
        match (memory.suffices(document.as_bytes(), documents), expected) {
            (Ok(()), Ok(())) => {}
            (Err(text), Err(part)) => assert!(text.contains(part), "{text}"),
            (found, expected) => panic!("{memory:?}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn what_would_not_fit_is_refused_before_it_is_read() {
        let dense = format!("[{}0]", "0,".repeat(3_000_000));
        let text = format!("\"{}\"", "x".repeat(6_000_000));
        let records = format!(
            "[{}0]",
            r#"{"id":12345678901234567890,"name":"somebody"},"#.repeat(20_000)
        );
        let small_objects = format!("[{}0]", r#"{"a":1},"#.repeat(225_000));
        let needs = "the answer of 6000003 bytes holds about 3000001 values, too many for a hook with 128 MB of memory: it needs about 418 MB";
        check(Some("128"), &dense, 1, Err(needs));
        check(Some("418"), &dense, 1, Ok(()));
        check(Some("418"), &dense, 3, Err("418 MB"));
        check(Some("128"), &text, 3, Ok(()));
        check(Some("128"), &records, 3, Ok(()));
        check(Some("128"), &small_objects, 1, Err("needs about"));
        check(Some("512"), &small_objects, 1, Ok(()));
        check(Some("128"), "[0,0]", 3, Ok(()));
        check(None, &dense, 3, Ok(()));
        check(Some("much"), &dense, 3, Ok(()));
    }
}
