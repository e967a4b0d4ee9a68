//! What SAM generates beside the resources of the template, and what a rehearsal names it.
//!
//! Source: samtranslator/model/sam_resources.py (roles) and
//! samtranslator/model/preferences/deployment_preference_collection.py.

use super::error::TemplateError;
use super::names;
use super::scope::Scope;
use super::sections::{FUNCTION, Resource};

/// The logical id of a stack's one CodeDeploy application, and its name here; CloudFormation would generate that.
pub const APPLICATION: &str = "ServerlessDeploymentApplication";

/// The role with which CodeDeploy deploys, where the preference names no other.
pub(crate) const SERVICE_ROLE: &str = "CodeDeployServiceRole";

/// The deployment group of a function; CloudFormation would generate its name.
pub(crate) fn deployment_group(function: &str) -> String {
    format!("{function}DeploymentGroup")
}

/// What `Ref` of a generated resource gives; `None` if there is none of that logical id.
pub(super) fn reference(scope: &mut Scope<'_>, id: &str) -> Result<Option<String>, TemplateError> {
    let of_function = |scope: &Scope<'_>, suffix: &str| {
        let function = id.strip_suffix(suffix)?;
        let resource = scope.sections.resources.get(function)?;
        (resource.kind == FUNCTION).then_some(())
    };
    let deploys = |scope: &Scope<'_>| {
        let mut resources = scope.sections.resources.values();
        resources.any(|resource| resource.property("DeploymentPreference").is_some())
    };
    if (id == APPLICATION && deploys(scope)) || of_function(scope, "DeploymentGroup").is_some() {
        return Ok(Some(id.to_owned()));
    }
    let role = role_arn(scope, id)?;
    Ok(role.and_then(|arn| arn.rsplit('/').next().map(str::to_owned)))
}

/// The ARN of a generated role: `CodeDeployServiceRole`, or a function's, `<logical id>Role`.
pub(super) fn role_arn(scope: &mut Scope<'_>, id: &str) -> Result<Option<String>, TemplateError> {
    if id == SERVICE_ROLE {
        return Ok(Some(scope.iam("role", "/", id)));
    }
    let sections = scope.sections;
    match id
        .strip_suffix("Role")
        .and_then(|function| sections.resources.get_key_value(function))
    {
        Some((function, resource))
            if resource.kind == FUNCTION && resource.property("Role").is_none() =>
        {
            execution_role_arn(scope, function, resource).map(Some)
        }
        Some(_) | None => Ok(None),
    }
}

/// The ARN of the role that SAM makes for a function.
pub(super) fn execution_role_arn(
    scope: &mut Scope<'_>,
    function: &str,
    resource: &Resource,
) -> Result<String, TemplateError> {
    let path = match resource.property("RolePath") {
        Some(node) => scope.eval(node)?.into_text()?,
        None => "/".to_owned(),
    };
    let id = format!("{function}Role");
    let name = names::stand_in(&scope.context.stack_name, &id, 64);
    Ok(scope.iam("role", &path, &name))
}
