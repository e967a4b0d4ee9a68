//! What is refused, in which words, and of whom.

use serde_json::json;

use super::super::decision::{Denial, access_denied};
use super::super::policy::PolicyDocument;
use super::super::request::Request;
use super::super::{Permissions, Principal, Role};
use super::{FUNCTION, ROLE, policy, session};
use crate::lambda::Account;

#[test]
fn malformed_documents_are_refused_with_the_reason() {
    let rows = [
        (json!("x"), "a policy document is an object"),
        (json!({}), "needs a Statement"),
        (json!({ "Statement": "x" }), "a statement is an object"),
        (
            json!({ "Statement": [], "Statements": [] }),
            "no element Statements",
        ),
        (
            json!({ "Statement": { "Effect": "allow", "Action": "*", "Resource": "*" } }),
            "needs an Effect",
        ),
        (
            json!({ "Statement": { "Effect": "Allow", "Resource": "*" } }),
            "one of Action and NotAction",
        ),
        (
            json!({ "Statement": { "Effect": "Allow", "Action": "*" } }),
            "one of Resource and NotResource",
        ),
        (
            json!({ "Statement": { "Effect": "Allow", "Action": 1, "Resource": "*" } }),
            "Action is a string or a list",
        ),
        (
            json!({ "Statement": { "Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*" } }),
            "one of Action",
        ),
        (
            json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": 1 } } }),
            "malformed Condition",
        ),
        (
            json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*", "Principal": 1 } }),
            "malformed Principal",
        ),
    ];
    for (document, expected) in rows {
        let error = PolicyDocument::read(&document).unwrap_err();
        assert!(error.contains(expected), "{document}: {error}");
    }
}

#[test]
fn a_denial_is_in_the_words_and_with_the_status_of_the_service() {
    let user = "User: arn:aws:sts::123456789012:assumed-role/r/g is not authorized to perform: ";
    let rows = [
        (
            "lambda:InvokeFunction",
            FUNCTION,
            Denial::NotAllowedByIdentity,
            403,
            "AccessDeniedException",
            format!("lambda:InvokeFunction on resource: {FUNCTION} because no identity-based policy allows the lambda:InvokeFunction action"),
        ),
        (
            "codedeploy:GetDeployment",
            "*",
            Denial::DeniedByIdentity,
            400,
            "AccessDeniedException",
            "codedeploy:GetDeployment on resource: * with an explicit deny in an identity-based policy".to_owned(),
        ),
        (
            "cloudwatch:PutMetricData",
            "*",
            Denial::NotAllowedByBoundary,
            400,
            "AccessDeniedException",
            "cloudwatch:PutMetricData because no permissions boundary allows the cloudwatch:PutMetricData action".to_owned(),
        ),
        (
            "sts:AssumeRole",
            ROLE,
            Denial::DeniedByResource,
            403,
            "AccessDenied",
            format!("sts:AssumeRole on resource: {ROLE} with an explicit deny in a resource-based policy"),
        ),
    ];
    for (action, resource, denial, status, code, expected) in rows {
        let request = Request {
            account: &Account::default(),
            principal: &session(),
            action,
            resource,
            namespace: None,
        };
        let error = access_denied(denial, &request);
        assert_eq!((error.status, error.code.as_ref()), (status, code));
        assert_eq!(error.message, format!("{user}{expected}"));
    }
}

#[test]
fn only_roles_that_are_known_are_held_to_their_policies() {
    let mut permissions = Permissions::new(Account::default(), 1);
    let is_allowed = |permissions: &Permissions, principal: &Principal| {
        permissions
            .check(principal, "lambda:InvokeFunction", FUNCTION, None, || None)
            .is_ok()
    };
    let may = |permissions: &Permissions| is_allowed(permissions, &session());
    assert!(may(&permissions), "of a role elsewhere nothing is known");
    let role = |policies| Role {
        arn: ROLE.to_owned(),
        policies,
        boundary: None,
    };
    permissions.put_roles(&[role(Vec::new())], |_| false);
    assert!(!may(&permissions));
    assert!(is_allowed(&permissions, &Principal::Owner));
    let all = policy(&json!({ "Effect": "Allow", "Action": "*", "Resource": FUNCTION }));
    permissions.put_roles(&[role(vec![all])], |_| false);
    assert!(may(&permissions));
    permissions.put_roles(&[role(Vec::new())], |_| false);
    let attached = || {
        Some(policy(
            &json!({ "Effect": "Allow", "Principal": { "AWS": ROLE }, "Action": "lambda:InvokeFunction", "Resource": FUNCTION }),
        ))
    };
    permissions
        .check(
            &session(),
            "lambda:InvokeFunction",
            FUNCTION,
            None,
            attached,
        )
        .unwrap();
    permissions.put_roles(&[], |arn| arn == ROLE);
    assert!(!may(&permissions), "it is needed");
    permissions.put_roles(&[], |_| false);
    assert!(may(&permissions), "nothing is known of it any more");
}
