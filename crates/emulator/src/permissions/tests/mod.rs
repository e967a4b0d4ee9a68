//! Which policies allow and deny what.

mod words;

use serde_json::{Value, json};

use super::Principal;
use super::decision::{Denial, Policies, decide};
use super::policy::PolicyDocument;
use super::request::Request;
use crate::lambda::Account;

const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

fn session() -> Principal {
    Principal::Session {
        role_arn: ROLE.to_owned(),
        session: "g".to_owned(),
    }
}

fn policy(statements: &Value) -> PolicyDocument {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    PolicyDocument::read(&document).unwrap_or_else(|error| panic!("{statements}: {error}"))
}

/// Decides on `action` on `resource` by one identity policy with these statements.
fn says(statements: &Value, action: &str, resource: &str) -> Result<(), Denial> {
    let request = Request {
        account: &Account::default(),
        principal: &session(),
        action,
        resource,
        namespace: None,
    };
    let policies = Policies {
        identity: &[policy(statements)],
        boundary: None,
        resource: &[],
    };
    decide(&policies, &request)
}

const ALLOWED: Result<(), Denial> = Ok(());
const NOT_ALLOWED: Result<(), Denial> = Err(Denial::NotAllowedByIdentity);
const DENIED: Result<(), Denial> = Err(Denial::DeniedByIdentity);

#[test]
fn statements_cover_actions_and_resources() {
    let allow = |action: Value, resource: Value| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    let rows = [
        (
            allow(json!("lambda:InvokeFunction"), json!(FUNCTION)),
            ALLOWED,
        ),
        (allow(json!("LAMBDA:invokefunction"), json!("*")), ALLOWED),
        (allow(json!("lambda:*"), json!("*")), ALLOWED),
        (allow(json!("*"), json!("*")), ALLOWED),
        (allow(json!("*:*"), json!("*")), ALLOWED),
        (
            allow(json!("lambda:Invoke?unction"), json!([FUNCTION])),
            ALLOWED,
        ),
        (
            allow(
                json!(["sqs:*", "lambda:Invoke*"]),
                json!(["a", "arn:*:function:?"]),
            ),
            ALLOWED,
        ),
        (
            allow(json!("lambda:InvokeFunctionUrl"), json!("*")),
            NOT_ALLOWED,
        ),
        (
            allow(
                json!("lambda:InvokeFunction"),
                json!(format!("{FUNCTION}:*")),
            ),
            NOT_ALLOWED,
        ),
        (
            allow(
                json!("lambda:InvokeFunction"),
                json!(FUNCTION.to_uppercase()),
            ),
            NOT_ALLOWED,
        ),
        (
            allow(json!("lambda:InvokeFunction"), json!([])),
            NOT_ALLOWED,
        ),
        (json!([]), NOT_ALLOWED),
        (
            json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }),
            ALLOWED,
        ),
        (
            json!({ "Effect": "Allow", "NotAction": ["lambda:*"], "Resource": "*" }),
            NOT_ALLOWED,
        ),
        (
            json!({ "Effect": "Allow", "Action": "*", "NotResource": "arn:*:function:g" }),
            ALLOWED,
        ),
        (
            json!({ "Effect": "Allow", "Action": "*", "NotResource": ["x", FUNCTION] }),
            NOT_ALLOWED,
        ),
        (
            json!([allow(json!("*"), json!("*")), { "Effect": "Deny", "Action": "lambda:*", "Resource": FUNCTION }]),
            DENIED,
        ),
        (
            json!([allow(json!("*"), json!("*")), { "Effect": "Deny", "Action": "*", "NotResource": FUNCTION }]),
            ALLOWED,
        ),
    ];
    for (statements, expected) in rows {
        let said = says(&statements, "lambda:InvokeFunction", FUNCTION);
        assert_eq!(said, expected, "{statements}");
    }
    // A policy of a log group with `:*` is about what is done with its streams, too.
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f";
    for (resource, expected) in [
        (format!("{group}:*"), ALLOWED),
        (group.to_owned(), ALLOWED),
        (format!("{group}:log-stream:*"), ALLOWED),
        (format!("{group}2:*"), NOT_ALLOWED),
    ] {
        let said = says(
            &allow(json!("logs:*"), json!(resource)),
            "logs:FilterLogEvents",
            group,
        );
        assert_eq!(said, expected, "{resource}");
    }
}

#[test]
fn conditions_and_variables_that_are_not_known_fail_closed() {
    // What an Allow, and a Deny beside an Allow of everything, come to with it.
    let rows = [
        (
            json!({ "StringEquals": { "aws:PrincipalAccount": "123456789012" } }),
            ALLOWED,
            DENIED,
        ),
        (
            json!({ "StringEquals": { "aws:PrincipalAccount": ["9", "123456789012"] } }),
            ALLOWED,
            DENIED,
        ),
        (
            json!({ "StringEquals": { "AWS:principalaccount": "9" } }),
            NOT_ALLOWED,
            ALLOWED,
        ),
        (
            json!({ "StringNotEquals": { "aws:PrincipalAccount": "9" } }),
            ALLOWED,
            DENIED,
        ),
        (
            json!({ "StringNotEquals": { "aws:PrincipalAccount": ["9", "123456789012"] } }),
            NOT_ALLOWED,
            ALLOWED,
        ),
        (
            json!({ "StringEqualsIgnoreCaseIfExists": { "aws:RequestedRegion": "US-EAST-1" } }),
            ALLOWED,
            DENIED,
        ),
        (
            json!({ "StringEquals": { "aws:PrincipalArn": "arn:aws:iam::*:role/r" } }),
            NOT_ALLOWED,
            ALLOWED,
        ),
        (
            json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/r" } }),
            ALLOWED,
            DENIED,
        ),
        (
            json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/r" } }),
            NOT_ALLOWED,
            ALLOWED,
        ),
        (
            json!({ "Bool": { "aws:SecureTransport": true } }),
            ALLOWED,
            DENIED,
        ),
        (
            json!({ "Bool": { "aws:SecureTransport": "false" } }),
            NOT_ALLOWED,
            ALLOWED,
        ),
        (
            json!({ "Null": { "aws:PrincipalArn": "true" } }),
            NOT_ALLOWED,
            ALLOWED,
        ),
        (
            json!({ "Null": { "aws:PrincipalArn": "false" } }),
            ALLOWED,
            DENIED,
        ),
        (
            json!({ "StringEquals": { "aws:ResourceAccount": "${aws:PrincipalAccount}" } }),
            ALLOWED,
            DENIED,
        ),
        (
            json!({ "StringEquals": { "aws:ResourceAccount": "${aws:PrincipalTag/team}" } }),
            NOT_ALLOWED,
            DENIED,
        ),
        (
            json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }),
            NOT_ALLOWED,
            DENIED,
        ),
        (
            json!({ "StringEquals": { "aws:PrincipalTag/team": "x" } }),
            NOT_ALLOWED,
            DENIED,
        ),
        (
            json!({ "ForAnyValue:StringEquals": { "aws:PrincipalArn": ROLE } }),
            NOT_ALLOWED,
            DENIED,
        ),
        // One part that is false is enough, whatever another would be.
        (
            json!({ "IpAddress": { "aws:SourceIp": "::1" }, "StringEquals": { "aws:PrincipalAccount": "9" } }),
            NOT_ALLOWED,
            ALLOWED,
        ),
    ];
    for (condition, allow, deny) in rows {
        let statement = |effect: &str| json!({ "Effect": effect, "Action": "*", "Resource": "*", "Condition": condition });
        let action = "lambda:InvokeFunction";
        assert_eq!(
            says(&statement("Allow"), action, FUNCTION),
            allow,
            "{condition}"
        );
        let both =
            json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }, statement("Deny")]);
        assert_eq!(says(&both, action, FUNCTION), deny, "{condition}");
    }
    let with = |resource: &str| json!({ "Effect": "Allow", "Action": "*", "Resource": resource });
    for (resource, expected) in [
        (
            "arn:aws:lambda:us-east-1:${aws:PrincipalAccount}:function:f",
            ALLOWED,
        ),
        (
            "arn:aws:lambda:us-east-1:${aws:PrincipalAccount}:function:${aws:username}",
            NOT_ALLOWED,
        ),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:${*}",
            NOT_ALLOWED,
        ),
    ] {
        assert_eq!(
            says(&with(resource), "lambda:InvokeFunction", FUNCTION),
            expected,
            "{resource}"
        );
    }
    // The older version of policies has no variables.
    let old = json!({ "Statement": with("x/${aws:PrincipalAccount}") });
    let request = Request {
        account: &Account::default(),
        principal: &session(),
        action: "lambda:InvokeFunction",
        resource: "x/123456789012",
        namespace: None,
    };
    let policies = Policies {
        identity: &[PolicyDocument::read(&old).unwrap()],
        boundary: None,
        resource: &[],
    };
    assert_eq!(decide(&policies, &request), NOT_ALLOWED);

    let document = policy(&json!([
        { "Effect": "Allow", "Action": "lambda:*", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "::1" } } },
        { "Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": { "Date": { "x": "y" } } },
        { "Effect": "Allow", "Action": "logs:*", "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": "true" } } },
    ]));
    assert_eq!(document.unsupported(), ["IpAddress of aws:SourceIp"]);
}

#[test]
fn metrics_are_put_where_the_namespace_is_allowed() {
    let statements = |condition: Value| json!([{ "Effect": "Allow", "Action": "cloudwatch:*", "Resource": "*", "Condition": condition }]);
    let of =
        |value: Value| statements(json!({ "StringEquals": { "cloudwatch:namespace": value } }));
    let (own, denied) = (Some("Tollgate"), NOT_ALLOWED);
    let rows = [
        (of(json!("Tollgate")), own, ALLOWED),
        (of(json!(["Other", "Tollgate"])), own, ALLOWED),
        (of(json!("Tollgate")), Some("tollgate"), denied),
        (of(json!("Tollgate")), Some("Other"), denied),
        (of(json!("Tollgate")), None, denied),
    ];
    for (statements, namespace, expected) in rows {
        let request = Request {
            account: &Account::default(),
            principal: &session(),
            action: "cloudwatch:PutMetricData",
            resource: "*",
            namespace,
        };
        let policy = policy(&statements);
        assert_eq!(policy.unsupported(), [""; 0], "{statements}");
        let policies = Policies {
            identity: &[policy],
            boundary: None,
            resource: &[],
        };
        assert_eq!(
            decide(&policies, &request),
            expected,
            "{statements} {namespace:?}"
        );
    }
}

#[test]
fn boundaries_limit_and_resource_policies_add() {
    let allow =
        |action: &str| policy(&json!({ "Effect": "Allow", "Action": action, "Resource": "*" }));
    let deny =
        |action: &str| policy(&json!({ "Effect": "Deny", "Action": action, "Resource": "*" }));
    let for_principal = |effect: &str, principal: Value| {
        policy(
            &json!({ "Effect": effect, "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": FUNCTION }),
        )
    };
    let nothing = || policy(&json!([]));
    let of_role = || for_principal("Allow", json!({ "AWS": ROLE }));
    let rows = [
        (
            "both allow",
            allow("lambda:*"),
            Some(allow("*")),
            nothing(),
            Ok(()),
        ),
        (
            "the boundary does not",
            allow("*"),
            Some(allow("logs:*")),
            nothing(),
            Err(Denial::NotAllowedByBoundary),
        ),
        (
            "only the boundary does",
            nothing(),
            Some(allow("*")),
            nothing(),
            NOT_ALLOWED,
        ),
        (
            "the boundary denies",
            allow("*"),
            Some(deny("lambda:*")),
            nothing(),
            Err(Denial::DeniedByBoundary),
        ),
        (
            "the function's names the role",
            nothing(),
            None,
            of_role(),
            Ok(()),
        ),
        (
            "the same past the boundary",
            nothing(),
            Some(allow("logs:*")),
            of_role(),
            Err(Denial::NotAllowedByBoundary),
        ),
        (
            "everybody",
            nothing(),
            None,
            for_principal("Allow", json!("*")),
            Ok(()),
        ),
        (
            "the session",
            nothing(),
            None,
            for_principal(
                "Allow",
                json!({ "AWS": ["x", "arn:aws:sts::123456789012:assumed-role/r/g"] }),
            ),
            Ok(()),
        ),
        (
            "the account",
            nothing(),
            None,
            for_principal("Allow", json!({ "AWS": "123456789012" })),
            NOT_ALLOWED,
        ),
        (
            "a service",
            nothing(),
            None,
            for_principal("Allow", json!({ "Service": "s3.amazonaws.com" })),
            NOT_ALLOWED,
        ),
        (
            "the function's denies",
            allow("*"),
            None,
            for_principal("Deny", json!({ "AWS": ROLE })),
            Err(Denial::DeniedByResource),
        ),
    ];
    for (what, identity, boundary, resource, expected) in rows {
        let policies = Policies {
            identity: &[identity],
            boundary: boundary.as_ref(),
            resource: &[resource],
        };
        let request = Request {
            account: &Account::default(),
            principal: &session(),
            action: "lambda:InvokeFunction",
            resource: FUNCTION,
            namespace: None,
        };
        assert_eq!(decide(&policies, &request), expected, "{what}");
    }
}
