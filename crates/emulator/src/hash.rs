//! FNV-1a: the same on every platform and in every release, which the standard library's hash is not. No security rests
//! on it.

/// What the hash of a text alone begins with.
pub(crate) const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of `bytes` that continues `start`: [`OFFSET`], a seed, or another hash.
pub(crate) fn fnv1a(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the algorithm's authors (draft-eastlake-fnv).
    #[test]
    fn known_texts_have_their_hashes() {
        for (text, expected) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(fnv1a(OFFSET, text.as_bytes()), expected, "{text}");
        }
        assert_eq!(
            fnv1a(fnv1a(OFFSET, b"foo"), b"bar"),
            fnv1a(OFFSET, b"foobar")
        );
    }
}
