//! From policies to an answer.
//!
//! Source: IAM user guide, "Policy evaluation logic" (within one account) and "Troubleshoot access denied error
//! messages", whose words these are.

use super::policy::{PolicyDocument, Says};
use super::request::Request;
use crate::ServiceError;

/// The policies that have a say in what a caller does with a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policies<'a> {
    /// Those of the caller's role, inline and managed.
    pub(crate) identity: &'a [PolicyDocument],
    /// The role's permissions boundary.
    pub(crate) boundary: Option<&'a PolicyDocument>,
    /// Those of the resource, for example what `AddPermission` has added to a function's.
    pub(crate) resource: &'a [PolicyDocument],
}

/// Why a call is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    DeniedByIdentity,
    DeniedByBoundary,
    DeniedByResource,
    NotAllowedByIdentity,
    NotAllowedByBoundary,
}

/// Whether the policies allow a call. Any explicit deny wins; a resource's policy that names the caller allows without
/// the identity's.
///
/// # Errors
/// Why not.
pub(crate) fn decide(policies: &Policies<'_>, request: &Request<'_>) -> Result<(), Denial> {
    let all = |policies: &[PolicyDocument]| {
        policies
            .iter()
            .map(|policy| policy.says(request))
            .fold(Says::default(), |one, other| Says {
                allow: one.allow || other.allow,
                deny: one.deny || other.deny,
            })
    };
    let (identity, resource) = (all(policies.identity), all(policies.resource));
    let boundary = policies.boundary.map(|boundary| boundary.says(request));
    let denials = [
        (identity.deny, Denial::DeniedByIdentity),
        (
            boundary.is_some_and(|says| says.deny),
            Denial::DeniedByBoundary,
        ),
        (resource.deny, Denial::DeniedByResource),
        (
            !identity.allow && !resource.allow,
            Denial::NotAllowedByIdentity,
        ),
        // What a resource's policy gives to a role, a boundary limits, too.
        (
            boundary.is_some_and(|says| !says.allow),
            Denial::NotAllowedByBoundary,
        ),
    ];
    match denials.into_iter().find(|(applies, _)| *applies) {
        Some((_, denial)) => Err(denial),
        None => Ok(()),
    }
}

/// `AccessDeniedException`, as the action's service answers with it.
pub(crate) fn access_denied(denial: Denial, request: &Request<'_>) -> ServiceError {
    let Request {
        account,
        principal,
        action,
        resource,
        namespace: _,
    } = request;
    let why = match denial {
        Denial::DeniedByIdentity => "with an explicit deny in an identity-based policy".to_owned(),
        Denial::DeniedByBoundary => "with an explicit deny in a permissions boundary".to_owned(),
        Denial::DeniedByResource => "with an explicit deny in a resource-based policy".to_owned(),
        Denial::NotAllowedByIdentity => {
            format!("because no identity-based policy allows the {action} action")
        }
        Denial::NotAllowedByBoundary => {
            format!("because no permissions boundary allows the {action} action")
        }
    };
    let user = principal.arn(account);
    let service = action.split(':').next().unwrap_or_default();
    // CloudWatch's actions mostly have no resource, and its messages name none then.
    let on_resource = match (service, *resource) {
        ("cloudwatch", "*") => String::new(),
        _ => format!(" on resource: {resource}"),
    };
    let status = match service {
        // AWS JSON answers every modelled error with 400.
        "cloudwatch" | "codedeploy" | "logs" => 400,
        _ => 403,
    };
    // STS speaks the Query protocol, whose code for this is shorter.
    let code = match service {
        "sts" | "iam" => "AccessDenied",
        _ => "AccessDeniedException",
    };
    let message = format!("User: {user} is not authorized to perform: {action}{on_resource} {why}");
    ServiceError::with_status(status, code, message)
}
