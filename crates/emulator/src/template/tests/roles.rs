//! What the policies of a template let a function do.

use serde_json::json;

use super::{NoteKind, context, notes, resolve, with_function};
use crate::lambda::Account;
use crate::permissions::{Permissions, PolicyDocument, Principal};

const LAMBDA: &str = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
const GROUP: &str = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:ServerlessDeploymentApplication/FDeploymentGroup";

/// What `F` may do of `LAMBDA`'s invocation, `GROUP`'s report, its log, and everybody's metrics.
fn may(properties: &str, rest: &str) -> String {
    let stack = resolve(&with_function(properties, rest), &context())
        .unwrap_or_else(|error| panic!("{properties}{rest}: {error}"));
    let mut permissions = Permissions::new(Account::default(), 1);
    permissions.put_roles(&stack.roles, |_| false);
    let attached = || {
        let statements = stack.permissions.iter().map(|it| it.statement.clone());
        let document = json!({ "Statement": statements.collect::<Vec<_>>() });
        Some(PolicyDocument::read(&document).unwrap())
    };
    let function = stack
        .functions
        .iter()
        .find(|function| function.logical_id == "F")
        .unwrap();
    let principal = Principal::Session {
        role_arn: function.role.clone(),
        session: function.name.clone(),
    };
    let may = |action: &str, resource: &str| {
        permissions
            .check(&principal, action, resource, None, attached)
            .is_ok()
    };
    let asked = [
        ("invoke", "lambda:InvokeFunction", LAMBDA),
        (
            "report",
            "codedeploy:PutLifecycleEventHookExecutionStatus",
            GROUP,
        ),
        ("log", "logs:PutLogEvents", "*"),
        ("measure", "cloudwatch:PutMetricData", "*"),
    ];
    let allowed = asked.map(|(word, action, resource)| may(action, resource).then_some(word));
    allowed.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_form_of_sams_policies_is_read() {
    let rows = [
        ("", "log"),
        ("Policies: []", "log"),
        ("Policies: AWSLambdaRole", "invoke log"),
        ("Policies: arn:aws:iam::aws:policy/AWSCodeDeployFullAccess", "report log"),
        ("Policies: [AWSLambdaRole, CloudWatchFullAccessV2]", "invoke log measure"),
        ("Policies: AdministratorAccess", "invoke report log measure"),
        ("Policies: {Statement: {Effect: Allow, Action: 'lambda:*', Resource: '*'}}", "invoke log"),
        (
            "Policies: [{Version: 2012-10-17, Statement: [{Effect: Allow, Action: [codedeploy:*], Resource: '*'}]}]",
            "report log",
        ),
        ("Policies: {LambdaInvokePolicy: {FunctionName: !Ref F}}", "invoke log"),
        ("Policies: [{LambdaInvokePolicy: {FunctionName: other}}, {CloudWatchPutMetricPolicy: {}}]", "log measure"),
        ("Policies: {S3ReadPolicy: {BucketName: b}}", "log"),
        ("Policies: !If [Yes, AWSLambdaRole, !Ref AWS::NoValue]", "invoke log"),
        ("Policies: !If [No, AWSLambdaRole, !Ref AWS::NoValue]", "log"),
        (
            "Policies: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, NotAction: 'lambda:*', Resource: '*'}]}",
            "invoke",
        ),
        (
            "AutoPublishAlias: a
DeploymentPreference: {Type: AllAtOnce}
Policies: {Statement: {Effect: Allow, Action: '*', Resource: !Sub 'arn:aws:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:${ServerlessDeploymentApplication}/${FDeploymentGroup}'}}",
            "report log",
        ),
        // What only AWS knows allows nothing, and denies whatever it might be.
        ("Policies: {Statement: {Effect: Allow, Action: '*', Resource: [!Ref Api]}}", "log"),
        (
            "Policies: [AdministratorAccess, {Statement: {Effect: Deny, Action: 'lambda:*', Resource: !Ref Api}}]",
            "report log measure",
        ),
        (
            "Policies: {Statement: {Effect: Allow, Action: 'lambda:*', NotResource: !Ref Api}}",
            "log",
        ),
        (
            "Policies: [AdministratorAccess, {Statement: {Effect: Deny, Action: 'lambda:*', Resource: '*', Condition: {StringEquals: {x: !Ref Api}}}}]",
            "report log measure",
        ),
        ("Policies: AdministratorAccess
PermissionsBoundary: arn:aws:iam::aws:policy/service-role/AWSLambdaRole", "invoke"),
        ("Policies: AWSLambdaRole
PermissionsBoundary: arn:aws:iam::123456789012:policy/elsewhere", "invoke log"),
    ];
    let rest = "  Api: {Type: AWS::Serverless::HttpApi}
Conditions: {Yes: !Equals [a, a], No: !Equals [a, b]}
";
    for (properties, expected) in rows {
        assert_eq!(may(properties, rest), expected, "{properties}");
    }
}

#[test]
fn roles_and_policies_of_the_template_are_the_functions() {
    const TRUST: &str = "AssumeRolePolicyDocument: {}";
    let allow = |action: &str| {
        format!("{{Statement: {{Effect: Allow, Action: '{action}', Resource: '*'}}}}")
    };
    let (lambda, deploy, measure) = (
        allow("lambda:*"),
        allow("codedeploy:*"),
        allow("cloudwatch:*"),
    );
    let role = format!(
        "  R: {{Type: AWS::IAM::Role, Properties: {{{TRUST}, Path: /p/, Policies: [{{PolicyName: p, PolicyDocument: {lambda}}}]}}}}\n"
    );
    let rows = [
        // Of a role elsewhere nothing is known.
        ("Role: arn:aws:iam::123456789012:role/elsewhere", String::new(), "invoke report log measure"),
        ("Role: !GetAtt R.Arn", role.clone(), "invoke"),
        // SAM ignores Policies beside a Role.
        ("Role: !GetAtt R.Arn\nPolicies: AdministratorAccess", role.clone(), "invoke"),
        (
            "Role: !GetAtt R.Arn",
            format!("{role}  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: [!Ref R], PolicyDocument: {deploy}}}}}\n"),
            "invoke report",
        ),
        (
            "Role: !GetAtt R.Arn",
            format!("  P: {{Type: AWS::IAM::RolePolicy, Properties: {{PolicyName: p, RoleName: !Ref R, PolicyDocument: {deploy}}}}}\n{role}"),
            "invoke report",
        ),
        (
            "Role: !GetAtt R.Arn",
            format!("{role}  M: {{Type: AWS::IAM::ManagedPolicy, Properties: {{Roles: [!Ref R], PolicyDocument: {measure}}}}}\n"),
            "invoke measure",
        ),
        (
            "Role: !GetAtt R.Arn",
            format!(
                "  R: {{Type: AWS::IAM::Role, Properties: {{{TRUST}, ManagedPolicyArns: [!Ref M, arn:aws:iam::aws:policy/AWSCodeDeployFullAccess]}}}}\n  \
                 M: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {measure}}}}}\n"
            ),
            "report measure",
        ),
        (
            "Role: !GetAtt R.Arn",
            format!(
                "  R: {{Type: AWS::IAM::Role, Properties: {{{TRUST}, ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess], PermissionsBoundary: !Ref M}}}}\n  \
                 M: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {measure}}}}}\n"
            ),
            "measure",
        ),
        // A policy of the role that SAM makes.
        (
            "",
            format!("  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: [!Ref FRole], PolicyDocument: {deploy}}}}}\n"),
            "report log",
        ),
        (
            "",
            "  P: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref F, Principal: !GetAtt FRole.Arn}}\n".to_owned(),
            "invoke log",
        ),
        // On a version or an alias only, for an event source, and for a service.
        (
            "",
            "  P: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Sub '${F.Arn}:x', Principal: !GetAtt FRole.Arn}}\n".to_owned(),
            "log",
        ),
        (
            "",
            "  P: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref F, Principal: '*', SourceArn: x}}\n".to_owned(),
            "log",
        ),
        (
            "",
            "  P: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref F, Principal: s3.amazonaws.com}}\n".to_owned(),
            "log",
        ),
    ];
    for (properties, rest, expected) in rows {
        assert_eq!(may(properties, &rest), expected, "{properties}\n{rest}");
    }
}

#[test]
fn what_is_not_known_of_policies_is_noted() {
    let check = |properties: &str, expected: &[&str]| {
        let rest = "  Api: {Type: AWS::Serverless::HttpApi, Condition: Always}
Conditions: {Always: !Equals [a, a]}
";
        let stack = resolve(&with_function(properties, rest), &context()).expect(properties);
        let mut found = notes(&stack, NoteKind::NotPlayed);
        assert_eq!(
            found.pop().as_deref(),
            Some("9 Api (AWS::Serverless::HttpApi)")
        );
        assert_eq!(found, expected, "{properties}");
    };
    check("Policies: AWSLambdaRole", &[]);
    check(
        "Policies: AmazonS3FullAccess",
        &[
            "8 F.Policies: the managed policy AmazonS3FullAccess is not known here, and allows nothing",
        ],
    );
    check(
        "Policies: {Statement: {Effect: Allow, Action: 'lambda:*', Resource: '*', Condition: {IpAddress: {aws:SourceIp: x}}}}",
        &[
            "8 F.Policies: Condition IpAddress of aws:SourceIp is not evaluated: an Allow with it allows nothing, a Deny denies",
        ],
    );
    check(
        "Policies: {Statement: {Effect: Allow, Action: 'lambda:*', Resource: !Ref Api}}",
        &[
            "8 F.Policies: Resource: it allows nothing there, because Api (AWS::Serverless::HttpApi) does not exist in a rehearsal",
        ],
    );
    // Of no concern here.
    check(
        "Policies: {Statement: {Effect: Allow, Action: 'sqs:*', Resource: !Ref Api}}",
        &[],
    );
    check(
        "Role: arn:aws:iam::123456789012:role/x",
        &["8 F.Role: what the role allows is not in the template, so every call is allowed"],
    );
    check(
        "PermissionsBoundary: arn:aws:iam::123456789012:policy/x",
        &["8 F.PermissionsBoundary: the policy is not known here, and limits nothing"],
    );
}

#[test]
fn faulty_policies_are_refused() {
    let check = |properties: &str, expected: &str| {
        let error = resolve(&with_function(properties, ""), &context()).expect_err(properties);
        assert!(error.contains(expected), "{properties}: {error}");
    };
    check(
        "Policies: [AWSLambdaRole, {Nothing: {}}]",
        "Policy at index 1 in the 'Policies' property is not valid",
    );
    check(
        "Policies: {S3ReadPolicy: {}, LambdaInvokePolicy: {}}",
        "Policy at index 0 in the 'Policies'",
    );
    check(
        "Policies: {LambdaInvokePolicy: {}}",
        "parameters of policy template are missing: FunctionName",
    );
    check(
        "Policies: {Statement: {Effect: allow, Action: x, Resource: y}}",
        "a statement needs an Effect",
    );
    check(
        "Policies: {Statement: {Effect: Allow, Actions: x, Resource: y}}",
        "policies have no element Actions",
    );
}
