//! What a policy is asked.

use super::Principal;
use crate::lambda::Account;

/// One call, as a policy sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// Whose resources they are.
    pub(crate) account: &'a Account,
    /// Who calls.
    pub(crate) principal: &'a Principal,
    /// For example `lambda:InvokeFunction`.
    pub(crate) action: &'a str,
    /// An ARN, or `*` for actions without one.
    pub(crate) resource: &'a str,
    /// The namespace of the metrics that the call puts, which is the value of `cloudwatch:namespace`.
    pub(crate) namespace: Option<&'a str>,
}

impl Request<'_> {
    /// The value of a condition key, by its name without regard to case; `None` for keys that are not known here, or
    /// that the call has not. Sources: IAM user guide, "AWS global condition context keys"; Service Authorization
    /// Reference, "Condition keys for Amazon CloudWatch".
    pub(super) fn value(&self, key: &str) -> Option<String> {
        let account = self.account;
        let Principal::Session { role_arn, .. } = self.principal else {
            return None;
        };
        Some(match key.to_ascii_lowercase().as_str() {
            // Of a session, the role's.
            "aws:principalarn" => role_arn.clone(),
            "aws:principalaccount" => role_arn.split(':').nth(4)?.to_owned(),
            "aws:principaltype" => "AssumedRole".to_owned(),
            "aws:userid" => self.principal.user_id(account),
            "aws:requestedregion" => account.region.clone(),
            "aws:resourceaccount" => account.account_id.clone(),
            // On AWS these calls go over TLS.
            "aws:securetransport" => "true".to_owned(),
            "cloudwatch:namespace" => self.namespace?.to_owned(),
            _ => return None,
        })
    }

    /// Whether a condition key has a value here.
    pub(super) fn knows(key: &str) -> bool {
        let account = Account::default();
        let principal = Principal::Session {
            role_arn: format!("arn:aws:iam::{}:role/any", account.account_id),
            session: String::new(),
        };
        let request = Request {
            account: &account,
            principal: &principal,
            action: "",
            resource: "",
            namespace: Some(""),
        };
        request.value(key).is_some()
    }

    /// The ARNs by which policies name the resource.
    ///
    /// CloudWatch Logs checks what is done with a group's streams against `…:log-group:NAME:log-stream:`, which
    /// policies with `…:log-group:NAME:*` cover.
    pub(super) fn resources(&self) -> Vec<String> {
        let mut names = vec![self.resource.to_owned()];
        if self.resource.contains(":log-group:") && !self.resource.contains(":log-stream:") {
            names.push(format!(
                "{}:log-stream:",
                self.resource.trim_end_matches(":*")
            ));
        }
        names
    }
}
