//! The access keys of functions' processes, by which a call says whose it is.

use crate::hash::fnv1a;

/// What the keys of functions begin with: `ASIA` is that of temporary credentials (IAM user guide, "IAM identifiers").
const PREFIX: &str = "ASIAEMU";

/// The digits of base 32 (RFC 4648).
const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Gives every function with every role an access key id of its own, the same whenever the seed is. A function that is
/// made anew with the same role has the key of the one before: it may do the same.
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

    /// The access key id of a function's processes that run with a role, by its ARN: 20 characters, as AWS's have.
    pub(crate) fn id(self, function: &str, role_arn: &str) -> String {
        // Over a spread seed. No security rests on it: whoever can reach the port may use any key.
        let start = fastrand::Rng::with_seed(self.seed).u64(..);
        let mut bits = [function, ":", role_arn]
            .iter()
            .fold(start, |hash, part| fnv1a(hash, part.as_bytes()));
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
            let names = [
                ("a", "r"),
                ("b", "r"),
                ("a", "s"),
                ("ar", ""),
                ("CodeDeployHook_PreTraffic", "r"),
            ];
            for (name, role) in names {
                let id = AccessKeys::new(seed).id(name, role);
                assert_eq!(id, AccessKeys::new(seed).id(name, role));
                assert_eq!(id.len(), 20, "{id}");
                assert!(AccessKeys::is_a_functions(&id), "{id}");
                assert!(id.bytes().all(|byte| DIGITS.contains(&byte)), "{id}");
                assert!(seen.insert(id), "{seed} {name}");
            }
        }
    }
}
