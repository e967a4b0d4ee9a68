//! Who makes a call.

use crate::hash::fnv1a;
use crate::lambda::Account;

/// Whom IAM sees behind a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// The account's owner, who may do everything: whoever does not use a function's access key.
    Owner,
    /// A role that a service has assumed.
    Session {
        /// The role's ARN, for example `arn:aws:iam::123456789012:role/stack-FunctionRole-ABC`.
        role_arn: String,
        /// The session's name: of an execution role, the function's.
        session: String,
    },
}

impl Principal {
    /// As `GetCallerIdentity` and error messages name it.
    /// Source: IAM user guide, "IAM identifiers"; the path of a role is not in the ARN of its sessions.
    pub(crate) fn arn(&self, account: &Account) -> String {
        match self {
            Self::Owner => format!("arn:aws:iam::{}:root", account.account_id),
            Self::Session { role_arn, session } => {
                let account_id = role_arn.split(':').nth(4).unwrap_or(&account.account_id);
                let role = role_arn.rsplit('/').next().unwrap_or_default();
                format!("arn:aws:sts::{account_id}:assumed-role/{role}/{session}")
            }
        }
    }

    /// `UserId` of `GetCallerIdentity`: the account, or the role's unique id and the session's name.
    pub(crate) fn user_id(&self, account: &Account) -> String {
        match self {
            Self::Owner => account.account_id.clone(),
            Self::Session { role_arn, session } => {
                // AWS draws the id when the role is made; here it follows from the ARN.
                let mut rng = fastrand::Rng::with_seed(fnv1a(0, role_arn.as_bytes()));
                let unique: String = (0..17)
                    .map(|_| rng.alphanumeric().to_ascii_uppercase())
                    .collect();
                format!("AROA{unique}:{session}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_named_as_sts_names_them() {
        let session = |role_arn: &str| Principal::Session {
            role_arn: role_arn.to_owned(),
            session: "f".to_owned(),
        };
        let rows = [
            (Principal::Owner, "arn:aws:iam::123456789012:root"),
            (
                session("arn:aws:iam::123456789012:role/r"),
                "arn:aws:sts::123456789012:assumed-role/r/f",
            ),
            (
                session("arn:aws:iam::999999999999:role/with/a/path/r"),
                "arn:aws:sts::999999999999:assumed-role/r/f",
            ),
        ];
        let account = Account::default();
        for (principal, expected) in rows {
            assert_eq!(principal.arn(&account), expected);
        }
        assert_eq!(Principal::Owner.user_id(&account), "123456789012");
        let id = session("arn:aws:iam::123456789012:role/r").user_id(&account);
        assert_eq!((id.len(), &id[..4], &id[21..]), (23, "AROA", ":f"));
    }
}
