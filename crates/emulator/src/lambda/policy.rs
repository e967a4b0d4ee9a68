//! Resource policies: who else may use a function, version or alias.
//!
//! The form of the documents and the texts of the errors: captures of AWS.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::alias::is_alias_name;
use super::validation::{invalid_parameter, is_account, resource_conflict, resource_not_found};
use super::version::LATEST;
use super::{FunctionRef, Lambda, key};
use crate::ServiceError;
use crate::identity::Identities;
use crate::permissions::PolicyDocument;

/// The most bytes that a policy may have (Lambda quotas: 20 KB).
const MAX_BYTES: usize = 20_480;

/// The resource policy of a function, version or alias.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// Changes with every change of the policy.
    pub revision_id: String,
    /// In the order in which they were added.
    pub statements: Vec<Value>,
    /// The `Sid`s of those that the template gives; the others are clients'.
    #[serde(default)]
    pub of_template: BTreeSet<String>,
}

impl Policy {
    /// The document, as `GetPolicy` gives it.
    pub(crate) fn document(&self) -> Value {
        json!({ "Version": "2012-10-17", "Id": "default", "Statement": self.statements })
    }
}

/// An `AWS::Lambda::Permission` of a template: a statement of a resource policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionPermission {
    /// The name of the function.
    pub function_name: String,
    /// The version or alias that it is about; without one it is the function itself.
    pub qualifier: Option<String>,
    /// The statement, as `AddPermission` writes it.
    pub statement: Value,
}

impl FunctionPermission {
    fn key(&self) -> String {
        key(
            &self.function_name,
            self.qualifier.as_deref().unwrap_or_default(),
        )
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
    ///
    /// # Errors
    /// `InvalidParameterValueException` for a principal that is none.
    pub(crate) fn statement(&self, resource: &str) -> Result<Value, ServiceError> {
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

    /// What the resource policy of a function, version or alias says, by its ARN.
    pub(crate) fn attached_to(&self, resource: &str) -> Option<PolicyDocument> {
        let (_, target) = resource.split_once(":function:")?;
        let policy = match target.split_once(':') {
            Some(_) => self.policies.get(target),
            None => self.policies.get(&key(target, "")),
        };
        PolicyDocument::read(&policy?.document()).ok()
    }

    /// Gives the resource policies these statements of a template instead of those that it gave before. What clients
    /// have added stays, and so does a policy that has them already. Those of functions that do not exist are left
    /// out.
    pub(crate) fn put_template_permissions(
        &mut self,
        permissions: &[FunctionPermission],
        ids: &mut Identities,
    ) {
        let mut wanted: BTreeMap<String, Vec<&Value>> = self
            .policies
            .iter()
            .filter(|(_, policy)| !policy.of_template.is_empty())
            .map(|(key, _)| (key.clone(), Vec::new()))
            .collect();
        for permission in permissions {
            if self.functions.contains_key(&permission.function_name) {
                let statements = wanted.entry(permission.key()).or_default();
                statements.push(&permission.statement);
            }
        }
        for (key, wanted) in wanted {
            self.put_template_statements(key, &wanted, ids);
        }
    }

    fn put_template_statements(&mut self, key: String, wanted: &[&Value], ids: &mut Identities) {
        let current = self.policies.get(&key);
        let sids = |statements: &[&Value]| -> BTreeSet<String> {
            let sids = statements.iter().filter_map(|it| it["Sid"].as_str());
            sids.map(str::to_owned).collect()
        };
        let of_template = sids(wanted);
        let replaced = |statement: &Value| {
            let sid = statement["Sid"].as_str().unwrap_or_default();
            of_template.contains(sid) || current.is_some_and(|it| it.of_template.contains(sid))
        };
        let known =
            |statement: &Value| current.is_some_and(|policy| policy.statements.contains(statement));
        // In the order in which they came.
        let mut statements: Vec<Value> = current
            .iter()
            .flat_map(|policy| &policy.statements)
            .filter(|statement| !replaced(statement) || wanted.contains(statement))
            .cloned()
            .collect();
        let added = wanted.iter().filter(|statement| !known(statement));
        statements.extend(added.map(|statement| (*statement).clone()));
        if statements.is_empty() {
            self.policies.remove(&key);
        } else if current
            .is_none_or(|it| it.statements != statements || it.of_template != of_template)
        {
            let policy = Policy {
                revision_id: ids.uuid(),
                statements,
                of_template,
            };
            self.policies.insert(key, policy);
        }
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
        let (mut statements, of_template) = self
            .policy(target)
            .map(|policy| (policy.statements.clone(), policy.of_template.clone()))
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
            of_template,
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
        let (mut statements, mut of_template) =
            (policy.statements.clone(), policy.of_template.clone());
        statements.retain(|statement| statement["Sid"] != json!(statement_id));
        if statements.len() == policy.statements.len() {
            return Err(resource_not_found(format!(
                "Statement {statement_id} is not found in resource policy."
            )));
        }
        self.check_policy_revision(target, revision_id)?;
        of_template.remove(statement_id);
        if statements.is_empty() {
            self.policies.remove(&policy_key(target));
        } else {
            let policy = Policy {
                revision_id: ids.uuid(),
                statements,
                of_template,
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
