//! Resource policies.

use serde::Deserialize;
use serde_json::{Value, json};

use super::request::Request;
use crate::ServiceError;
use crate::lambda::policy::Permission;
use crate::lambda::validation::{Violations, is_word};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AddPermission {
    statement_id: Option<String>,
    action: Option<String>,
    principal: Option<String>,
    source_arn: Option<String>,
    source_account: Option<String>,
    event_source_token: Option<String>,
    function_url_auth_type: Option<String>,
    invoked_via_function_url: Option<bool>,
    #[serde(rename = "PrincipalOrgID")]
    principal_org_id: Option<String>,
    revision_id: Option<String>,
}

impl AddPermission {
    fn check(&self) -> Result<(), ServiceError> {
        let mut violations = Violations::default();
        let (id, action) = (self.statement_id.as_deref(), self.action.as_deref());
        violations.required(id, "statementId");
        violations.length(id, "statementId", 1..=100);
        violations.pattern(id, "statementId", "([a-zA-Z0-9-_]+)", |id| {
            is_word(id, b"-_")
        });
        violations.required(action, "action");
        violations.pattern(
            action,
            "action",
            "(lambda:[*]|lambda:[a-zA-Z]+|[*])",
            |action| {
                let name = action.strip_prefix("lambda:").unwrap_or(action);
                name == "*"
                    || (name != action && name.bytes().all(|byte| byte.is_ascii_alphabetic()))
            },
        );
        violations.required(self.principal.as_ref(), "principal");
        violations.length(self.source_account.as_deref(), "sourceAccount", 0..=12);
        violations.one_of(
            self.function_url_auth_type.as_deref(),
            "functionUrlAuthType",
            &["NONE", "AWS_IAM"],
        );
        violations.finish()
    }
}

pub(super) fn add(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let wanted: AddPermission = request.body()?;
    wanted.check()?;
    let permission = Permission {
        statement_id: wanted.statement_id.unwrap_or_default(),
        action: wanted.action.unwrap_or_default(),
        principal: wanted.principal.unwrap_or_default(),
        source_arn: wanted.source_arn,
        source_account: wanted.source_account,
        event_source_token: wanted.event_source_token,
        function_url_auth_type: wanted.function_url_auth_type,
        invoked_via_function_url: wanted.invoked_via_function_url,
        principal_org_id: wanted.principal_org_id,
    };
    let mut state = request.authorized_on(&target)?;
    let state = &mut *state;
    let statement = state.lambda.add_permission(
        &target,
        &permission,
        wanted.revision_id.as_deref(),
        &mut state.ids,
    )?;
    Ok(json!({ "Statement": statement.to_string() }))
}

pub(super) fn remove(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let mut state = request.authorized_on(&target)?;
    let state = &mut *state;
    state.lambda.remove_permission(
        &target,
        request.path("statement"),
        request.query("RevisionId"),
        &mut state.ids,
    )?;
    Ok(Value::Null)
}

pub(super) fn get(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let state = request.authorized_on(&target)?;
    let policy = state.lambda.get_policy(&target)?;
    Ok(json!({
        "Policy": policy.document().to_string(),
        "RevisionId": policy.revision_id,
    }))
}
