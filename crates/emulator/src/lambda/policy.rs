//! Resource policies: who else may use a function, version or alias.
//!
//! The form of the documents and the texts of the errors: captures of AWS.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::alias::is_alias_name;
use super::validation::{invalid_parameter, is_account, resource_conflict, resource_not_found};
use super::version::LATEST;
use super::{FunctionRef, Lambda, key};
use crate::ServiceError;
use crate::identity::Identities;

/// The most bytes that a policy may have (Lambda quotas: 20 KB).
const MAX_BYTES: usize = 20_480;

/// The resource policy of a function, version or alias.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// Changes with every change of the policy.
    pub revision_id: String,
    /// In the order in which they were added.
    pub statements: Vec<Value>,
}

impl Policy {
    /// The document, as `GetPolicy` gives it.
    pub(crate) fn document(&self) -> Value {
        json!({ "Version": "2012-10-17", "Id": "default", "Statement": self.statements })
    }
}

/// What `AddPermission` grants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permission {
    pub(crate) statement_id: String,
    pub(crate) action: String,
    pub(crate) principal: String,
    pub(crate) source_arn: Option<String>,
    pub(crate) source_account: Option<String>,
    pub(crate) event_source_token: Option<String>,
    pub(crate) function_url_auth_type: Option<String>,
    pub(crate) invoked_via_function_url: Option<bool>,
    pub(crate) principal_org_id: Option<String>,
}

impl Permission {
    /// The statement that says so of `resource`.
    fn statement(&self, resource: &str) -> Result<Value, ServiceError> {
        let mut statement = json!({
            "Sid": self.statement_id,
            "Effect": "Allow",
            "Principal": principal(&self.principal)?,
            "Action": self.action,
            "Resource": resource,
        });
        let equals = [
            ("AWS:SourceAccount", &self.source_account),
            ("lambda:EventSourceToken", &self.event_source_token),
            ("lambda:FunctionUrlAuthType", &self.function_url_auth_type),
            ("aws:PrincipalOrgID", &self.principal_org_id),
        ];
        let equals: Map<String, Value> = equals
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?))))
            .collect();
        let mut condition = Map::new();
        if !equals.is_empty() {
            condition.insert("StringEquals".to_owned(), Value::Object(equals));
        }
        if let Some(arn) = &self.source_arn {
            condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": arn }));
        }
        if let Some(via) = self.invoked_via_function_url {
            let via = json!({ "lambda:InvokedViaFunctionUrl": via.to_string() });
            condition.insert("Bool".to_owned(), via);
        }
        if let Some(members) = statement.as_object_mut().filter(|_| !condition.is_empty()) {
            members.insert("Condition".to_owned(), Value::Object(condition));
        }
        Ok(statement)
    }
}

/// A principal as policies write it: a service, an account, or whoever an ARN names.
fn principal(text: &str) -> Result<Value, ServiceError> {
    let is_service = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"]
        .iter()
        .any(|domain| text.ends_with(domain));
    if text == "*" {
        Ok(json!("*"))
    } else if is_account(text) {
        Ok(json!({ "AWS": format!("arn:aws:iam::{text}:root") }))
    } else if text.starts_with("arn:") && (text.contains(":iam::") || text.contains(":sts::")) {
        Ok(json!({ "AWS": text }))
    } else if is_service {
        Ok(json!({ "Service": text }))
    } else {
        Err(invalid_parameter(
            "The provided principal was invalid. Please check the principal and try again.",
        ))
    }
}

impl Lambda {
    /// The resource policy of exactly what `target` names.
    pub(crate) fn policy(&self, target: &FunctionRef) -> Option<&Policy> {
        self.policies.get(&policy_key(target))
    }

    /// The resource policy for `GetPolicy`.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn get_policy(&self, target: &FunctionRef) -> Result<&Policy, ServiceError> {
        self.policy(target)
            .ok_or_else(|| resource_not_found("The resource you requested does not exist."))
    }

    /// Adds a statement, and returns it.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `ResourceConflictException`, `PreconditionFailedException`,
    /// `PolicyLengthExceededException`; `InvalidParameterValueException` for `$LATEST`, which can have no policy.
    pub(crate) fn add_permission(
        &mut self,
        target: &FunctionRef,
        permission: &Permission,
        revision_id: Option<&str>,
        ids: &mut Identities,
    ) -> Result<Value, ServiceError> {
        self.check_policy_target(target)?;
        self.check_policy_revision(target, revision_id)?;
        let statement = permission.statement(&target.arn(&self.account))?;
        let mut statements = self
            .policy(target)
            .map(|policy| policy.statements.clone())
            .unwrap_or_default();
        let sid = &permission.statement_id;
        if statements.iter().any(|other| other["Sid"] == json!(sid)) {
            return Err(resource_conflict(format!(
                "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the \
                 existing statement."
            )));
        }
        statements.push(statement.clone());
        let policy = Policy {
            revision_id: ids.uuid(),
            statements,
        };
        let size = policy.document().to_string().len();
        if size > MAX_BYTES {
            return Err(ServiceError::bad_request(
                "PolicyLengthExceededException",
                format!("The final policy size ({size}) is bigger than the limit ({MAX_BYTES})."),
            ));
        }
        self.policies.insert(policy_key(target), policy);
        Ok(statement)
    }

    /// Removes a statement; a policy without one is none.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `PreconditionFailedException`.
    pub(crate) fn remove_permission(
        &mut self,
        target: &FunctionRef,
        statement_id: &str,
        revision_id: Option<&str>,
        ids: &mut Identities,
    ) -> Result<(), ServiceError> {
        if self.function(&target.name).is_err() {
            let arn = target.arn(&self.account);
            return Err(resource_not_found(format!("No policy found for: {arn}")));
        }
        self.check_policy_target(target)?;
        let Some(policy) = self.policy(target) else {
            return Err(resource_not_found(
                "No policy is associated with the given resource.",
            ));
        };
        let mut statements = policy.statements.clone();
        statements.retain(|statement| statement["Sid"] != json!(statement_id));
        if statements.len() == policy.statements.len() {
            return Err(resource_not_found(format!(
                "Statement {statement_id} is not found in resource policy."
            )));
        }
        self.check_policy_revision(target, revision_id)?;
        if statements.is_empty() {
            self.policies.remove(&policy_key(target));
        } else {
            let policy = Policy {
                revision_id: ids.uuid(),
                statements,
            };
            self.policies.insert(policy_key(target), policy);
        }
        Ok(())
    }

    /// Whether the function has what can have a policy under this name.
    fn check_policy_target(&self, target: &FunctionRef) -> Result<(), ServiceError> {
        let qualifier = target.qualifier.as_deref();
        if qualifier == Some(LATEST) {
            return Err(invalid_parameter(
                "We currently do not support adding policies for $LATEST.",
            ));
        }
        self.function(&target.name)?;
        match qualifier {
            Some(name) if is_alias_name(name) => self.alias(&target.name, name).map(drop),
            Some(version) => self.version(&target.name, version).map(drop),
            None => Ok(()),
        }
    }

    /// The policy's revision or, where there is no policy yet, that of what it will belong to.
    fn check_policy_revision(
        &self,
        target: &FunctionRef,
        revision_id: Option<&str>,
    ) -> Result<(), ServiceError> {
        let current = match (self.policy(target), target.qualifier.as_deref()) {
            (Some(policy), _) => Some(&policy.revision_id),
            (None, Some(name)) if is_alias_name(name) => self
                .find_alias(&target.name, name)
                .map(|alias| &alias.revision_id),
            (None, _) => Some(&self.named_version(target)?.revision_id),
        };
        if revision_id.is_some_and(|revision| Some(revision) != current.map(String::as_str)) {
            return Err(ServiceError::with_status(
                412,
                "PreconditionFailedException",
                "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve \
                 the latest Revision Id",
            ));
        }
        Ok(())
    }
}

fn policy_key(target: &FunctionRef) -> String {
    key(
        &target.name,
        target.qualifier.as_deref().unwrap_or_default(),
    )
}
