//! Resource policies, and how asynchronous invocations are retried.

use super::*;

const POLICY: &str = "/2015-03-31/functions/f/policy";

fn permission(id: &str, members: &Value) -> Value {
    let mut permission = json!({ "StatementId": id, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com" });
    for (member, value) in members.as_object().unwrap() {
        permission[member] = value.clone();
    }
    permission
}

#[tokio::test]
async fn statements_are_written_as_aws_writes_them() {
    let client = Client::with_function().await;
    let account = "123456789012";
    let rows = [
        (
            json!({}),
            json!({ "Principal": { "Service": "s3.amazonaws.com" } }),
        ),
        (
            json!({ "Principal": "*", "SourceAccount": account }),
            json!({ "Principal": "*", "Condition": { "StringEquals": { "AWS:SourceAccount": account } } }),
        ),
        (
            json!({ "Principal": account }),
            json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:root" } }),
        ),
        (
            json!({ "Principal": "arn:aws:iam::123456789012:user/u" }),
            json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:user/u" } }),
        ),
        (
            json!({ "SourceArn": "arn:aws:s3:::b" }),
            json!({ "Condition": { "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::b" } } }),
        ),
        (
            json!({ "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE", "PrincipalOrgID": "o-1234567890", "EventSourceToken": "token" }),
            json!({ "Action": "lambda:InvokeFunctionUrl", "Condition": { "StringEquals": { "lambda:EventSourceToken": "token", "lambda:FunctionUrlAuthType": "NONE", "aws:PrincipalOrgID": "o-1234567890" } } }),
        ),
    ];
    let mut statements = Vec::new();
    for (index, (members, expected)) in rows.iter().enumerate() {
        let id = format!("s{index}");
        let answer = client.done("POST", POLICY, &permission(&id, members)).await;
        let statement: Value = serde_json::from_str(answer["Statement"].as_str().unwrap()).unwrap();
        assert_has(&statement, expected);
        assert_has(
            &statement,
            &json!({ "Sid": id, "Effect": "Allow", "Resource": format!("{ARN}:f") }),
        );
        assert_eq!(
            statement.get("Condition").is_some(),
            expected.get("Condition").is_some()
        );
        statements.push(statement);
    }
    let policy = client.get(POLICY).await;
    let document: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(
        document,
        json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements })
    );
}

#[tokio::test]
async fn policies_belong_to_what_they_were_added_to() {
    let client = Client::with_function().await;
    let publish = "/2015-03-31/functions/f/versions";
    client.done("POST", publish, &json!({})).await;
    let alias = json!({ "Name": "prod", "FunctionVersion": "1" });
    client
        .done("POST", "/2015-03-31/functions/f/aliases", &alias)
        .await;
    let of = |qualifier: &str| format!("{POLICY}?Qualifier={qualifier}");
    let none = "ResourceNotFoundException: The resource you requested does not exist.";
    let nothing = Value::Null;
    for qualifier in ["prod", "1"] {
        client
            .refused("GET", &of(qualifier), &nothing, 404, none)
            .await;
        let body = permission("id", &json!({}));
        let added = client.done("POST", &of(qualifier), &body).await;
        let statement: Value = serde_json::from_str(added["Statement"].as_str().unwrap()).unwrap();
        assert_eq!(statement["Resource"], format!("{ARN}:f:{qualifier}"));
        client.get(&of(qualifier)).await;
        client.refused("GET", POLICY, &nothing, 404, none).await;
    }
    let latest = client.get("/2015-03-31/functions/f/configuration").await["RevisionId"].clone();
    let stale = "PreconditionFailedException: The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id";
    let other = json!({ "RevisionId": "other" });
    client
        .refused("POST", POLICY, &permission("a", &other), 412, stale)
        .await;
    let first = json!({ "RevisionId": latest });
    client.done("POST", POLICY, &permission("a", &first)).await;
    client
        .refused("POST", POLICY, &permission("b", &first), 412, stale)
        .await;
    let revision = json!({ "RevisionId": client.get(POLICY).await["RevisionId"] });
    client
        .done("POST", POLICY, &permission("b", &revision))
        .await;
    let removed = |id: &str| format!("{POLICY}/{id}");
    let (a_stale, unknown) = (format!("{POLICY}/a?RevisionId=other"), removed("none"));
    let (absent, of_alias) = (of("none"), format!("{POLICY}/a?Qualifier=none"));
    let rows = [
        (
            "POST",
            POLICY,
            permission("a", &json!({})),
            409,
            "ResourceConflictException: The statement id (a) provided already exists. Please provide a new statement id, or remove the existing statement.",
        ),
        (
            "POST",
            POLICY,
            permission("a.b", &json!({})),
            400,
            "ValidationException: 1 validation error detected: Value 'a.b' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
        ),
        (
            "POST",
            POLICY,
            permission("c", &json!({ "Principal": "me" })),
            400,
            "InvalidParameterValueException: The provided principal was invalid. Please check the principal and try again.",
        ),
        (
            "POST",
            POLICY,
            permission("c", &json!({ "Action": "s3:Get" })),
            400,
            "ValidationException: 1 validation error detected: Value 's3:Get' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])",
        ),
        (
            "POST",
            "/2015-03-31/functions/f/policy?Qualifier=$LATEST",
            permission("c", &json!({})),
            400,
            "InvalidParameterValueException: We currently do not support adding policies for $LATEST.",
        ),
        (
            "POST",
            "/2015-03-31/functions/g/policy",
            permission("c", &json!({})),
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g",
        ),
        (
            "POST",
            "/2015-03-31/functions/f/policy?Qualifier=42",
            permission("c", &json!({})),
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:42",
        ),
        (
            "POST",
            &absent,
            permission("c", &json!({})),
            404,
            "ResourceNotFoundException: Cannot find alias arn: arn:aws:lambda:us-east-1:123456789012:function:f:none",
        ),
        (
            "POST",
            POLICY,
            permission(
                "c",
                &json!({ "SourceArn": format!("arn:aws:s3:::{}", "b".repeat(21_000)) }),
            ),
            400,
            "PolicyLengthExceededException: The final policy size (…",
        ),
        ("DELETE", &a_stale, nothing.clone(), 412, stale),
        (
            "DELETE",
            &unknown,
            nothing.clone(),
            404,
            "ResourceNotFoundException: Statement none is not found in resource policy.",
        ),
        (
            "DELETE",
            &of_alias,
            nothing.clone(),
            404,
            "ResourceNotFoundException: Cannot find alias arn: arn:aws:lambda:us-east-1:123456789012:function:f:none",
        ),
        (
            "DELETE",
            "/2015-03-31/functions/g/policy/a",
            nothing.clone(),
            404,
            "ResourceNotFoundException: No policy found for: arn:aws:lambda:us-east-1:123456789012:function:g",
        ),
    ];
    check_refused(&client, &rows).await;
    for id in ["a", "b"] {
        client.done("DELETE", &removed(id), &nothing).await;
    }
    client.refused("GET", POLICY, &nothing, 404, none).await;
    client
        .refused(
            "DELETE",
            &removed("a"),
            &nothing,
            404,
            "ResourceNotFoundException: No policy is associated with the given resource.",
        )
        .await;
    client.get(&of("1")).await;
}

#[tokio::test]
async fn retries_are_set_for_each_qualifier() {
    let client = Client::with_function().await;
    let path = "/2019-09-25/functions/f/event-invoke-config";
    let none = format!(
        "ResourceNotFoundException: The function {ARN}:f:$LATEST doesn't have an EventInvokeConfig"
    );
    let nothing = Value::Null;
    client.refused("GET", path, &nothing, 404, &none).await;
    client.refused("DELETE", path, &nothing, 404, &none).await;
    client
        .refused(
            "POST",
            path,
            &json!({ "MaximumRetryAttempts": 1 }),
            404,
            &none,
        )
        .await;
    let put = client
        .done("PUT", path, &json!({ "MaximumRetryAttempts": 0 }))
        .await;
    let expected = json!({
        "LastModified": 1_767_225_600.0,
        "FunctionArn": format!("{ARN}:f:$LATEST"),
        "MaximumRetryAttempts": 0,
        "DestinationConfig": { "OnSuccess": {}, "OnFailure": {} },
    });
    assert_eq!(put, expected);
    let put = client
        .done("PUT", path, &json!({ "MaximumEventAgeInSeconds": 60 }))
        .await;
    assert!(put.get("MaximumRetryAttempts").is_none(), "put replaces");
    let queue = "arn:aws:sqs:us-east-1:123456789012:q";
    let update = json!({ "MaximumRetryAttempts": 1, "DestinationConfig": { "OnFailure": { "Destination": queue } } });
    let updated = client.done("POST", path, &update).await;
    assert_has(
        &updated,
        &json!({ "MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 1, "DestinationConfig": { "OnFailure": { "Destination": queue } } }),
    );
    assert_eq!(
        client.get(&format!("{path}?Qualifier=$LATEST")).await,
        updated
    );
    client
        .done("POST", "/2015-03-31/functions/f/versions", &json!({}))
        .await;
    let one = format!("{path}?Qualifier=1");
    client
        .done("PUT", &one, &json!({ "MaximumRetryAttempts": 2 }))
        .await;
    let listed = client.get(&format!("{path}/list")).await;
    assert_eq!(
        listed["FunctionEventInvokeConfigs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let destination =
        |arn: &str| json!({ "DestinationConfig": { "OnSuccess": { "Destination": arn } } });
    let unknown = format!("{ARN}:g");
    let itself = format!("{ARN}:f");
    let rows = [
        (
            "PUT",
            path,
            json!({}),
            400,
            "InvalidParameterValueException: You must specify at least one of error handling or destination setting.",
        ),
        (
            "PUT",
            path,
            json!({ "MaximumRetryAttempts": 3 }),
            400,
            "ValidationException: 1 validation error detected: Value '3' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 2",
        ),
        (
            "PUT",
            path,
            json!({ "MaximumEventAgeInSeconds": 59 }),
            400,
            "ValidationException: 1 validation error detected: Value '59' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60",
        ),
        (
            "PUT",
            path,
            destination(&unknown),
            400,
            "InvalidParameterValueException: The destination ARN arn:aws:lambda:us-east-1:123456789012:function:g is invalid.",
        ),
        (
            "PUT",
            path,
            destination(&itself),
            400,
            "InvalidParameterValueException: You can't specify the function as a destination for itself.",
        ),
        (
            "PUT",
            path,
            destination("arn:aws:iam:us-east-1:123456789012:function:f"),
            400,
            "InvalidParameterValueException: The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam:us-east-1:123456789012:function:f), onFailure=null) is invalid.",
        ),
        (
            "PUT",
            "/2019-09-25/functions/g/event-invoke-config",
            json!({ "MaximumRetryAttempts": 0 }),
            404,
            "ResourceNotFoundException: The function doesn't exist.",
        ),
    ];
    check_refused(&client, &rows).await;
    client.done("DELETE", path, &nothing).await;
    client.refused("GET", path, &nothing, 404, &none).await;
    client.get(&one).await;
}
