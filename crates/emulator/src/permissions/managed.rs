//! AWS's managed policies that concern the emulated services.

use serde_json::Value;

use super::policy::PolicyDocument;

/// By path and name. Of each, the statements and actions that concern the services here; read in August 2026 from the
/// AWS Managed Policy Reference Guide's documents as the project moto keeps them.
const POLICIES: &str = include_str!("managed_policies.json");

/// The managed policy of AWS's with this name (`AWSLambdaRole`) or ARN (`arn:aws:iam::aws:policy/…`).
pub(crate) fn policy(name_or_arn: &str) -> Option<PolicyDocument> {
    let policies: Value = serde_json::from_str(POLICIES).ok()?;
    let document = match name_or_arn.split_once(":iam::aws:policy/") {
        Some((partition, path)) if partition.starts_with("arn:aws") => policies.get(path),
        Some(_) | None => policies.as_object()?.iter().find_map(|(path, document)| {
            (path.rsplit('/').next() == Some(name_or_arn)).then_some(document)
        }),
    };
    PolicyDocument::read(document?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_can_be_read_by_name_and_by_arn() {
        let policies: Value = serde_json::from_str(POLICIES).unwrap();
        for (path, document) in policies.as_object().unwrap() {
            let read = PolicyDocument::read(document).unwrap();
            assert!(
                read.is_relevant() || document["Statement"] == serde_json::json!([]),
                "{path}"
            );
            let name = path.rsplit('/').next().unwrap();
            for name in [name.to_owned(), format!("arn:aws:iam::aws:policy/{path}")] {
                assert_eq!(policy(&name).as_ref(), Some(&read), "{name}");
            }
        }
        for unknown in ["", "NoSuchPolicy", "arn:aws:iam::aws:policy/AWSLambdaRole"] {
            assert_eq!(policy(unknown), None, "{unknown}");
        }
    }
}
