//! Identifiers that look like AWS's and are reproducible from a seed.

use std::collections::HashMap;

use fastrand::Rng;

use crate::hash::{OFFSET, fnv1a};

/// Where every identifier and every random choice of an emulator comes from.
///
/// Request ids do not depend on the order in which concurrent calls arrive: the n-th call of a target with a
/// payload always gets the same one, so that whatever a function derives from it is reproducible, too.
#[derive(Debug)]
pub(crate) struct Identities {
    seed: u64,
    rng: Rng,
    calls: HashMap<u64, u64>,
    /// Where request ids come from that need not be reproducible.
    requests: Option<Rng>,
}

impl Identities {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            rng: Rng::with_seed(seed),
            calls: HashMap::new(),
            requests: None,
        }
    }

    /// The same with request ids of which none returns, not in a later run either: for an emulator that serves for
    /// long, and must not remember every call.
    pub(crate) fn with_random_requests(self) -> Self {
        Self {
            requests: Some(Rng::new()),
            ..self
        }
    }

    /// The identities of the emulator that follows `starts` others on the same records: none of theirs comes again.
    pub(crate) fn after(seed: u64, starts: u64) -> Self {
        match starts {
            0 => Self::new(seed),
            starts => Self::new(fnv1a(OFFSET ^ seed, &starts.to_le_bytes())),
        }
    }

    /// A draw from 0 (included) to 1 (excluded).
    pub(crate) fn draw(&mut self) -> f64 {
        self.rng.f64()
    }

    /// 64 random bits, for identifiers whose form another crate owns.
    pub(crate) fn entropy(&mut self) -> u64 {
        self.rng.u64(..)
    }

    /// A random UUID, for example a `RevisionId`.
    pub(crate) fn uuid(&mut self) -> String {
        uuid(&mut self.rng)
    }

    /// A UUID that depends on the seed and on `on` alone, and moves no other identifier.
    pub(crate) fn uuid_of(&self, on: &str) -> String {
        uuid(&mut Rng::with_seed(fnv1a(
            OFFSET ^ self.seed,
            on.as_bytes(),
        )))
    }

    /// The request id of the next call with `payload` of the target whose name is in these parts.
    pub(crate) fn request_id(&mut self, target: &[&str], payload: &[u8]) -> String {
        if let Some(requests) = &mut self.requests {
            return uuid(requests);
        }
        let target = target.iter().fold(OFFSET ^ self.seed, |hash, part| {
            fnv1a(hash, part.as_bytes())
        });
        let call = fnv1a(target, payload);
        let number = self.calls.entry(call).or_insert(0);
        *number += 1;
        uuid(&mut Rng::with_seed(fnv1a(call, &number.to_le_bytes())))
    }

    /// An X-Ray header for a new, unsampled trace.
    pub(crate) fn trace_id(&mut self, request_id: &str) -> String {
        let mut rng = Rng::with_seed(fnv1a(OFFSET, request_id.as_bytes()));
        let (time, unique, parent) = (rng.u32(..), rng.u128(..) >> 32, rng.u64(..));
        let mut id = String::with_capacity(74);
        id.push_str("Root=1-");
        for byte in time.to_be_bytes() {
            push_hex(&mut id, byte);
        }
        id.push('-');
        for byte in unique.to_be_bytes().into_iter().skip(4) {
            push_hex(&mut id, byte);
        }
        id.push_str(";Parent=");
        for byte in parent.to_be_bytes() {
            push_hex(&mut id, byte);
        }
        id.push_str(";Sampled=0");
        id
    }
}

/// The UUID of a number, for requests, which are many and mean nothing: it takes nothing from any sequence.
pub(crate) fn numbered_uuid(number: u64) -> String {
    uuid(&mut Rng::with_seed(number))
}

fn uuid(rng: &mut Rng) -> String {
    // Version 4, variant 1.
    let (high, low) = (rng.u64(..), rng.u64(..));
    let (high, low) = (
        (high & !0xf000) | 0x4000,
        (low & !(0x3 << 62)) | (0x2 << 62),
    );
    let mut id = String::with_capacity(36);
    let mut bytes = high.to_be_bytes().into_iter().chain(low.to_be_bytes());
    for length in [4, 2, 2, 2, 6] {
        if !id.is_empty() {
            id.push('-');
        }
        for byte in bytes.by_ref().take(length) {
            push_hex(&mut id, byte);
        }
    }
    id
}

/// Every call has several of these, for which the formatter takes several times as long.
fn push_hex(text: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 0xf] {
        let letter = if digit < 10 { b'0' } else { b'a' - 10 };
        text.push(char::from(letter + digit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_do_not_depend_on_the_order_of_calls() {
        let (mut one, mut other) = (Identities::new(7), Identities::new(7));
        let first = [
            one.request_id(&["f:2"], b"a"),
            one.request_id(&["f:2"], b"b"),
            one.request_id(&["f:2"], b"a"),
        ];
        let second = [
            other.request_id(&["f:2"], b"b"),
            other.request_id(&["f:2"], b"a"),
            other.request_id(&["f:2"], b"a"),
        ];
        assert_eq!(first[0], second[1]);
        assert_eq!(first[1], second[0]);
        assert_eq!(first[2], second[2]);
        assert_ne!(first[0], first[2]);
        assert_ne!(first[0], Identities::new(8).request_id(&["f:2"], b"a"));
    }

    #[test]
    fn identifiers_do_not_come_again_after_a_restart() {
        let mut seen = std::collections::BTreeSet::new();
        for starts in 0..100 {
            let mut identities = Identities::after(1, starts);
            for _ in 0..10 {
                assert!(seen.insert(identities.uuid()));
                assert!(seen.insert(identities.request_id(&["f:2"], b"a")));
                assert!(seen.insert(identities.entropy().to_string()));
            }
        }
    }

    #[test]
    fn request_ids_of_a_long_run_are_not_remembered() {
        let mut ids = Identities::new(7).with_random_requests();
        assert_ne!(
            ids.request_id(&["f:2"], b"a"),
            ids.request_id(&["f:2"], b"a")
        );
        assert_ne!(
            ids.request_id(&["f:2"], b"a"),
            Identities::new(7).request_id(&["f:2"], b"a")
        );
        assert!(ids.calls.is_empty());
    }

    #[test]
    fn uuids_are_of_version_4() {
        let mut identities = Identities::new(1);
        for _ in 0..100 {
            let id = identities.uuid();
            assert_eq!(id.len(), 36, "{id}");
            assert_eq!(id.as_bytes()[14], b'4', "{id}");
            assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        }
    }
}
