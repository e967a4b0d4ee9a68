//! The access keys of functions' processes, by which a call says whose it is.

/// What the keys of functions begin with: `ASIA` is that of temporary credentials (IAM user guide, "IAM identifiers").
const PREFIX: &str = "ASIAEMU";

/// The digits of base 32 (RFC 4648).
const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Gives every function an access key id of its own, the same whenever the seed is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccessKeys {
    seed: u64,
}

impl AccessKeys {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Whether a key id has the form of a function's.
    pub(crate) fn is_a_functions(id: &str) -> bool {
        id.starts_with(PREFIX)
    }

    /// The access key id of a function's processes: 20 characters, as AWS's have.
    pub(crate) fn id(self, function: &str) -> String {
        // FNV-1a over a spread seed. No security rests on it: whoever can reach the port may use any key.
        let start = fastrand::Rng::with_seed(self.seed).u64(..);
        let mut bits = function.bytes().fold(start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut id = PREFIX.to_owned();
        for _ in 0..13 {
            let digit = DIGITS.iter().cycle().nth((bits & 31) as usize);
            id.extend(digit.map(|digit| char::from(*digit)));
            bits >>= 5;
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_function_has_its_own_and_every_seed_others() {
        let mut seen = BTreeSet::new();
        for seed in 0..20 {
            for name in ["a", "b", "ab", "ba", "CodeDeployHook_PreTraffic"] {
                let id = AccessKeys::new(seed).id(name);
                assert_eq!(id, AccessKeys::new(seed).id(name));
                assert_eq!(id.len(), 20, "{id}");
                assert!(AccessKeys::is_a_functions(&id), "{id}");
                assert!(id.bytes().all(|byte| DIGITS.contains(&byte)), "{id}");
                assert!(seen.insert(id), "{seed} {name}");
            }
        }
    }
}
