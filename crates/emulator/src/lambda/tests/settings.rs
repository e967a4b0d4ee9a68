//! The settings of a function, one member at a time.

use super::*;

#[tokio::test]
async fn every_setting_is_shown_as_it_was_given_and_stays_with_its_version() {
    let client = Client::with_function().await;
    let path = "/2015-03-31/functions/f/configuration";
    let vpc = json!({ "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"] });
    let vpc_shown = json!({ "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": "", "Ipv6AllowedForDualStack": false });
    let same = |members: Value| (members.clone(), members);
    let rows = [
        same(json!({ "Description": "text" })),
        same(json!({ "Timeout": 900 })),
        same(json!({ "MemorySize": 10_240 })),
        same(json!({ "Handler": "other" })),
        same(json!({ "Role": "arn:aws:iam::123456789012:role/other" })),
        same(json!({ "Environment": { "Variables": { "STAGE": "/opt/here" } } })),
        same(json!({ "EphemeralStorage": { "Size": 10_240 } })),
        same(json!({ "TracingConfig": { "Mode": "Active" } })),
        same(json!({ "Runtime": "python3.12" })),
        (
            json!({ "SnapStart": { "ApplyOn": "PublishedVersions" } }),
            json!({ "SnapStart": { "ApplyOn": "PublishedVersions", "OptimizationStatus": "Off" } }),
        ),
        (
            json!({ "LoggingConfig": { "LogFormat": "JSON" } }),
            json!({ "LoggingConfig": { "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": "/aws/lambda/f" } }),
        ),
        (
            json!({ "LoggingConfig": { "SystemLogLevel": "WARN", "LogGroup": "group" } }),
            json!({ "LoggingConfig": { "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN", "LogGroup": "group" } }),
        ),
        (
            json!({ "LoggingConfig": { "LogFormat": "Text" } }),
            json!({ "LoggingConfig": { "LogFormat": "Text", "LogGroup": "group" } }),
        ),
        (
            json!({ "VpcConfig": vpc }),
            json!({ "VpcConfig": vpc_shown }),
        ),
        same(
            json!({ "DeadLetterConfig": { "TargetArn": "arn:aws:sqs:us-east-1:123456789012:q" } }),
        ),
        same(json!({ "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k" })),
        (
            json!({ "KMSKeyArn": "", "DeadLetterConfig": {} }),
            json!({ "KMSKeyArn": null, "DeadLetterConfig": null }),
        ),
        (json!({ "Environment": {} }), json!({ "Environment": null })),
        (json!({}), json!({ "Description": "text", "Timeout": 900 })),
    ];
    let mut published: Vec<(String, Value)> = Vec::new();
    for (members, expected) in rows {
        let before = client.get(path).await;
        let updated = client.done("PUT", path, &members).await;
        assert_has(&updated, &expected);
        assert_eq!(client.get(path).await, updated);
        assert_ne!(updated["RevisionId"], before["RevisionId"], "{members}");
        let version = client
            .done("POST", "/2015-03-31/functions/f/versions", &json!({}))
            .await;
        let changed = published
            .last()
            .is_none_or(|(last, _)| version["Version"] != *last);
        assert_eq!(changed, members != json!({}), "a version for {members}");
        published.push((version["Version"].as_str().unwrap().to_owned(), version));
    }
    for (number, version) in published {
        let got = client.get(&format!("{path}?Qualifier={number}")).await;
        assert_eq!(got, version);
    }
    let rows = [
        (
            "PUT",
            path,
            json!({ "Timeout": 0, "Description": "x".repeat(257) }),
            400,
            "ValidationException: 2 validation errors detected: …",
        ),
        (
            "PUT",
            path,
            json!({ "Handler": "a b" }),
            400,
            "ValidationException: 1 validation error detected: Value 'a b' at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\\s]+",
        ),
        (
            "PUT",
            path,
            json!({ "EphemeralStorage": { "Size": 511 } }),
            400,
            "ValidationException: 1 validation error detected: Value '511' at 'ephemeralStorage.size' failed to satisfy constraint: Member must have value greater than or equal to 512",
        ),
        (
            "PUT",
            path,
            json!({ "TracingConfig": { "Mode": "On" } }),
            400,
            "ValidationException: 1 validation error detected: Value 'On' at 'tracingConfig.mode' failed to satisfy constraint: Member must satisfy enum value set: [Active, PassThrough]",
        ),
        (
            "PUT",
            path,
            json!({ "VpcConfig": { "SubnetIds": ["net"] } }),
            400,
            "ValidationException: 1 validation error detected: Value '[net]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]",
        ),
        (
            "PUT",
            path,
            json!({ "ImageConfig": {} }),
            400,
            "InvalidParameterValueException: the emulator does not support ImageConfig",
        ),
        (
            "PUT",
            path,
            json!({ "CapacityProviderConfig": {} }),
            400,
            "InvalidParameterValueException: the emulator does not support CapacityProviderConfig",
        ),
    ];
    check_refused(&client, &rows).await;
}

#[tokio::test]
async fn a_description_given_with_publish_version_is_the_versions_own() {
    let client = Client::with_function().await;
    let versions = "/2015-03-31/functions/f/versions";
    let publish = async |description: &str| {
        let body = json!({ "Description": description });
        let version = client.done("POST", versions, &body).await;
        let number = version["Version"].as_str().unwrap().to_owned();
        let text = version["Description"].as_str().unwrap().to_owned();
        (number, text)
    };
    let row = |number: &str, text: &str| (number.to_owned(), text.to_owned());
    assert_eq!(publish("first").await, row("1", "first"));
    assert_eq!(
        publish("other").await,
        row("1", "first"),
        "nothing has changed"
    );
    let path = "/2015-03-31/functions/f/configuration";
    let described = json!({ "Description": "function" });
    client.done("PUT", path, &described).await;
    assert_eq!(publish("").await, row("2", "function"));
    assert_eq!(client.get(path).await["Description"], "function");
    let sha = client.get(path).await["CodeSha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let message = format!(
        "InvalidParameterValueException: CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({sha}). Please try again with the CodeSHA256 in $LATEST."
    );
    client
        .refused(
            "POST",
            versions,
            &json!({ "CodeSha256": "x" }),
            400,
            &message,
        )
        .await;
}
