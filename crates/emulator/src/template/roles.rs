//! Roles, the policies that are attached to them, and permissions to invoke functions.

use super::error::{NoteKind, Notes, TemplateError};
use super::fields::Fields;
use super::generated;
use super::policies;
use super::scope::Scope;
use super::sections::{ROLE, Resource};
use super::value::{Kind, Value};
use crate::lambda::{FunctionPermission, Permission};
use crate::permissions::{PolicyDocument, Role, managed_policy};

/// The managed policy of the role that SAM makes for CodeDeploy.
const CODE_DEPLOY: &str = "AWSCodeDeployRoleForLambda";

/// The managed policy of every role that SAM makes for a function.
const BASIC: &str = "AWSLambdaBasicExecutionRole";

/// What the policies of a template come to while they are read.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) roles: Vec<Role>,
    /// Policies that name the roles to which they belong, by the role's name.
    attached: Vec<(String, PolicyDocument)>,
}

impl Roles {
    /// Every role with all its policies.
    pub(super) fn finish(self, scope: &Scope<'_>) -> Vec<Role> {
        let mut roles = self.roles;
        roles.push(Role {
            arn: scope.iam("role", "/", generated::SERVICE_ROLE),
            policies: managed_policy(CODE_DEPLOY).into_iter().collect(),
            boundary: None,
        });
        for (name, policy) in self.attached {
            let mut named = roles
                .iter_mut()
                .filter(|role| role.arn.rsplit('/').next() == Some(&name));
            if let Some(role) = named.next() {
                role.policies.push(policy);
            }
        }
        roles
    }
}

/// Reads the role of a function: its ARN. The role that SAM makes, if it makes one, goes to `roles`.
pub(super) fn of_function(
    id: &str,
    resource: &Resource,
    fields: &mut Fields<'_>,
    scope: &mut Scope<'_>,
    roles: &mut Roles,
    notes: &mut Notes,
) -> Result<String, TemplateError> {
    if let Some(role) = fields.value(scope, "Role")? {
        return given(
            role,
            &format!("{id}.Role"),
            &format!("{id}Role"),
            scope,
            notes,
        );
    }
    fields.node("RolePath");
    let arn = generated::execution_role_arn(scope, id, resource)?;
    let mut policies: Vec<PolicyDocument> = managed_policy(BASIC).into_iter().collect();
    if let Some(value) = fields.value(scope, "Policies")? {
        let subject = fields.subject("Policies", &value.at);
        policies.extend(policies::sam(value, &subject, scope, notes)?);
    }
    let boundary = boundary(id, fields, scope, notes)?;
    roles.roles.push(Role {
        arn: arn.clone(),
        policies,
        boundary,
    });
    Ok(arn)
}

/// The ARN of a role that the template names; a note if nothing is known of it.
pub(super) fn given(
    role: Value,
    subject: &str,
    stand_in: &str,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<String, TemplateError> {
    let at = role.at.clone();
    let arn = match role.kind {
        Kind::Unresolved(_) => scope.iam("role", "/", stand_in),
        kind => Value { kind, ..role }.into_text()?,
    };
    let is_known = scope.iam_resource(ROLE, &arn)?.is_some()
        || arn == scope.iam("role", "/", generated::SERVICE_ROLE);
    if !is_known {
        let detail = "what the role allows is not in the template, so every call is allowed";
        notes.add(NoteKind::NotPlayed, &at, subject, detail);
    }
    Ok(arn)
}

fn boundary(
    id: &str,
    fields: &mut Fields<'_>,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<PolicyDocument>, TemplateError> {
    let Some(value) = fields.value(scope, "PermissionsBoundary")? else {
        return Ok(None);
    };
    let at = value.at.clone();
    // Its own notes would say that it allows nothing; one that is not known limits nothing.
    let mut own = Notes::default();
    let subject = format!("{id}.PermissionsBoundary");
    let policy = policies::managed(value, &subject, scope, &mut own)?;
    if policy.is_none() {
        let detail = "the policy is not known here, and limits nothing";
        notes.add(NoteKind::NotPlayed, &at, subject, detail);
    }
    Ok(policy)
}

/// Reads an `AWS::IAM::Role`.
pub(super) fn read(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    roles: &mut Roles,
    notes: &mut Notes,
) -> Result<(), TemplateError> {
    let mut fields = Fields::new(id, resource)?;
    fields.node("RoleName");
    fields.node("Path");
    let arn = scope.iam_arn("role", id, resource)?;
    let mut policies = Vec::new();
    if let Some(list) = fields.value(scope, "ManagedPolicyArns")? {
        let subject = format!("{id}.ManagedPolicyArns");
        for value in list.into_list()? {
            policies.extend(policies::managed(value, &subject, scope, notes)?);
        }
    }
    if let Some(list) = fields.value(scope, "Policies")? {
        for policy in list.into_list()? {
            let at = policy.at.clone();
            let mut policy = policy.into_map()?;
            let document = policy.shift_remove("PolicyDocument").ok_or_else(|| {
                TemplateError::new(&at, "missing required property 'PolicyDocument'")
            })?;
            policies.push(policies::document(
                document,
                &format!("{id}.Policies"),
                notes,
            )?);
        }
    }
    let boundary = boundary(id, &mut fields, scope, notes)?;
    fields.note_others(notes, |_| true);
    roles.roles.push(Role {
        arn,
        policies,
        boundary,
    });
    Ok(())
}

/// Reads an `AWS::IAM::Policy`, `AWS::IAM::RolePolicy` or `AWS::IAM::ManagedPolicy`: what it attaches to roles.
pub(super) fn read_attached(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    roles: &mut Roles,
    notes: &mut Notes,
) -> Result<(), TemplateError> {
    let mut fields = Fields::new(id, resource)?;
    let Some(document) = fields.value(scope, "PolicyDocument")? else {
        return Err(fields.missing("PolicyDocument"));
    };
    let policy = policies::document(document, &format!("{id}.PolicyDocument"), notes)?;
    let names = match fields.value(scope, "Roles")? {
        Some(list) => list.into_list()?,
        None => fields.value(scope, "RoleName")?.into_iter().collect(),
    };
    fields.note_others(notes, |_| true);
    for name in names {
        // A role of another stack, of which nothing else is known either.
        if !matches!(name.kind, Kind::Unresolved(_)) {
            roles.attached.push((name.into_text()?, policy.clone()));
        }
    }
    Ok(())
}

/// Reads an `AWS::Lambda::Permission`; `None` if it is of a function that is not in the template, or says what only AWS
/// can know. One for a service is noted: none calls here.
pub(super) fn read_permission(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<FunctionPermission>, TemplateError> {
    let mut fields = Fields::new(id, resource)?;
    let mut required = |name| {
        fields
            .value(scope, name)?
            .ok_or_else(|| fields.missing(name))
    };
    let values = [
        required("Action")?,
        required("FunctionName")?,
        required("Principal")?,
    ];
    let is_known = |value: &Value| !matches!(value.kind, Kind::Unresolved(_));
    if !values.iter().all(is_known) {
        return Ok(not_a_callers(id, resource, notes));
    }
    let [action, function, principal] = values;
    let (action, function, principal) = (
        action.into_text()?,
        function.into_text()?,
        principal.into_text()?,
    );
    if scope.function_id(&function)?.is_none() {
        return Ok(not_a_callers(id, resource, notes));
    }
    let function_name = super::names::function_name(&function).to_owned();
    let qualifier = function
        .split_once(&format!("{function_name}:"))
        .map(|(_, qualifier)| qualifier.to_owned());
    let part = match &qualifier {
        Some(qualifier) => format!("function:{function_name}:{qualifier}"),
        None => format!("function:{function_name}"),
    };
    if principal.contains(".amazonaws.com") {
        not_a_callers(id, resource, notes);
    }
    // What only AWS can know is empty, which is nobody's.
    let mut text = |name| -> Result<Option<String>, TemplateError> {
        match fields.value(scope, name)? {
            Some(value) if matches!(value.kind, Kind::Unresolved(_)) => Ok(Some(String::new())),
            Some(value) => value.into_text().map(Some),
            None => Ok(None),
        }
    };
    let permission = Permission {
        source_arn: text("SourceArn")?,
        source_account: text("SourceAccount")?,
        principal_org_id: text("PrincipalOrgID")?,
        event_source_token: text("EventSourceToken")?,
        function_url_auth_type: text("FunctionUrlAuthType")?,
        invoked_via_function_url: None,
        statement_id: scope.stand_in(id, 100),
        action,
        principal,
    };
    let statement = permission
        .statement(&scope.arn("lambda", &part))
        .map_err(|error| TemplateError::new(fields.at(), error.message))?;
    fields.note_others(notes, |_| true);
    Ok(Some(FunctionPermission {
        function_name,
        qualifier,
        statement,
    }))
}

fn not_a_callers(id: &str, resource: &Resource, notes: &mut Notes) -> Option<FunctionPermission> {
    let subject = format!("{id} ({})", resource.kind);
    notes.add(NoteKind::Irrelevant, &resource.at, subject, "");
    None
}
