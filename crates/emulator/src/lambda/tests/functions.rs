//! Creating, changing and deleting functions.

use sha2::{Digest as _, Sha256};

use super::*;

const FUNCTIONS: &str = "/2015-03-31/functions";
const F: &str = "/2015-03-31/functions/f";
const CODE: &str = "/2015-03-31/functions/f/code";
const CONFIGURATION: &str = "/2015-03-31/functions/f/configuration";

#[tokio::test]
async fn a_function_has_lambdas_defaults_and_the_hash_of_its_zip_file() {
    let client = Client::new().await;
    let bytes = zip(&[("bootstrap", "one")]);
    let created = client.done("POST", FUNCTIONS, &function("f")).await;
    let expected = json!({
        "FunctionName": "f",
        "FunctionArn": format!("{ARN}:f"),
        "Runtime": "provided.al2023",
        "Role": ROLE,
        "Handler": "bootstrap",
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": "$LATEST",
        "LastModified": "2026-01-01T00:00:00.000+0000",
        "CodeSha256": STANDARD.encode(Sha256::digest(&bytes)),
        "CodeSize": bytes.len(),
        "TracingConfig": { "Mode": "PassThrough" },
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": { "Size": 512 },
        "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": "/aws/lambda/f" },
        "State": "Active",
        "LastUpdateStatus": "Successful",
    });
    assert_has(&created, &expected);
    assert!(created.get("Environment").is_none() && created.get("Layers").is_none());
    let got = client.get(F).await;
    assert_eq!(got["Configuration"], created);
    assert_eq!(client.get(CONFIGURATION).await, created);
    assert!(got.get("Tags").is_none() && got.get("Concurrency").is_none());
    // The very zip file that was given.
    let location = got["Code"]["Location"].as_str().unwrap();
    let path = location.strip_prefix(client.emulator.endpoint()).unwrap();
    assert_eq!(client.send("GET", path, b"").await.body, bytes);
    let (path, token) = path.split_once('?').unwrap();
    let other = path.replace("$LATEST", "1");
    for made_up in [
        path.to_owned(),
        format!("{path}?token="),
        format!("{path}?token=0"),
        format!("{other}?{token}"),
    ] {
        assert_eq!(
            client.send("GET", &made_up, b"").await.status,
            403,
            "{made_up}"
        );
    }
}

#[tokio::test]
async fn what_lambda_does_not_create_is_refused() {
    let client = Client::with_function().await;
    let long = "f".repeat(65);
    let create = |members: Value, status: u16, expected: &'static str| {
        let body = function_with("g", &members);
        ("POST", FUNCTIONS, body, status, expected)
    };
    let rows = [
        (
            "POST",
            FUNCTIONS,
            function("f"),
            409,
            "ResourceConflictException: Function already exist: f",
        ),
        (
            "POST",
            FUNCTIONS,
            function(&format!("{ARN}:f")),
            409,
            "ResourceConflictException: Function already exist: f",
        ),
        (
            "POST",
            FUNCTIONS,
            json!({}),
            400,
            "ValidationException: 3 validation errors detected: Value null at 'functionName' failed to satisfy constraint: Member must not be null; Value null at 'role' failed to satisfy constraint: Member must not be null; Value null at 'code' failed to satisfy constraint: Member must not be null",
        ),
        (
            "POST",
            FUNCTIONS,
            function(&long),
            400,
            "InvalidParameterValueException: 1 validation error detected: Value 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64",
        ),
        (
            "POST",
            FUNCTIONS,
            function("g:1"),
            400,
            "InvalidParameterValueException: This operation is permitted on Lambda functions only.…",
        ),
        (
            "POST",
            FUNCTIONS,
            function("a b"),
            400,
            "ValidationException: 1 validation error detected: Value 'a b' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?",
        ),
        create(
            json!({ "Role": "r1" }),
            400,
            "ValidationException: 1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
        ),
        create(
            json!({ "Runtime": "PYTHON3.9" }),
            400,
            "InvalidParameterValueException: Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, python3.14,…",
        ),
        create(
            json!({ "Runtime": "go1.x" }),
            400,
            "InvalidParameterValueException: The runtime parameter of go1.x is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.",
        ),
        create(
            json!({ "Runtime": null }),
            400,
            "InvalidParameterValueException: Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ),
        create(
            json!({ "Handler": null }),
            400,
            "InvalidParameterValueException: Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ),
        create(
            json!({ "Timeout": 901 }),
            400,
            "ValidationException: 1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
        ),
        create(json!({ "Timeout": "3" }), 400, "SerializationException: …"),
        create(
            json!({ "MemorySize": 127 }),
            400,
            "ValidationException: 1 validation error detected: Value '127' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
        ),
        create(
            json!({ "MemorySize": 10_241 }),
            400,
            "ValidationException: 'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240",
        ),
        create(
            json!({ "Architectures": ["x86_64", "arm64"] }),
            400,
            "ValidationException: 1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
        ),
        create(
            json!({ "Architectures": ["X86_64"] }),
            400,
            "ValidationException: 1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
        ),
        create(
            json!({ "Code": {} }),
            400,
            "InvalidParameterValueException: Please provide a source for function code.",
        ),
        create(
            json!({ "Code": { "ZipFile": STANDARD.encode("no zip") } }),
            400,
            "InvalidParameterValueException: Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        create(
            json!({ "Code": { "ZipFile": "***" } }),
            400,
            "SerializationException: …",
        ),
        create(
            json!({ "Code": { "ZipFile": zip_file("x"), "S3Bucket": "bucket" } }),
            400,
            "InvalidParameterValueException: Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
        create(
            json!({ "Code": { "S3Bucket": "bucket", "S3Key": "key" } }),
            400,
            "InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist…",
        ),
        create(
            json!({ "Code": { "S3Bucket": "local", "S3Key": "relative" } }),
            400,
            "InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: NoSuchKey.…",
        ),
        create(
            json!({ "Code": { "S3Bucket": "local", "S3Key": "/no/such/path" } }),
            400,
            "InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: NoSuchKey.…",
        ),
        create(
            json!({ "Code": { "ImageUri": "image" } }),
            400,
            "InvalidParameterValueException: the emulator runs no container images…",
        ),
        create(
            json!({ "PackageType": "Image", "Code": { "ImageUri": "image" } }),
            400,
            "InvalidParameterValueException: the emulator runs no container images…",
        ),
        create(
            json!({ "FileSystemConfigs": [{}] }),
            400,
            "InvalidParameterValueException: the emulator does not support FileSystemConfigs",
        ),
        create(
            json!({ "Environment": { "Variables": { "AWS_REGION": "x" } } }),
            400,
            "InvalidParameterValueException: Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION",
        ),
        create(
            json!({ "Tags": (0..51).map(|n| (n.to_string(), json!(""))).collect::<serde_json::Map<_, _>>() }),
            400,
            "InvalidParameterValueException: Number of tags exceeds resource tag limit.",
        ),
        create(
            json!({ "Tags": { "aws:x": "1" } }),
            400,
            "InvalidParameterValueException: aws: prefixed tag key names are not allowed for external use.",
        ),
        create(
            json!({ "SnapStart": { "ApplyOn": "PublishedVersions" } }),
            400,
            "InvalidParameterValueException: provided.al2023 is not supported for SnapStart enabled functions.",
        ),
        create(
            json!({ "LoggingConfig": { "LogFormat": "Text", "SystemLogLevel": "WARN" } }),
            400,
            "InvalidParameterValueException: LogLevel is not supported when LogFormat is set to \"Text\".…",
        ),
        (
            "POST",
            FUNCTIONS,
            json!("text"),
            400,
            "SerializationException: …",
        ),
    ];
    check_refused(&client, &rows).await;
    let listed = client.get(FUNCTIONS).await;
    assert_eq!(
        listed["Functions"].as_array().unwrap().len(),
        1,
        "g was not created"
    );
}

#[tokio::test]
async fn code_comes_from_paths_too() {
    let client = Client::new().await;
    let around = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = around.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    write("package/bootstrap", b"one");
    write("package/data.txt", b"two");
    write("code.zip", &zip(&[("bootstrap", "one")]));
    write("program", b"one");
    for (name, path, files) in [
        ("directory", "package", vec!["bootstrap", "data.txt"]),
        ("file", "package/bootstrap", vec!["bootstrap", "data.txt"]),
        ("zip", "code.zip", vec!["bootstrap"]),
        ("program", "program", vec!["program"]),
    ] {
        let key = around.path().join(path).display().to_string();
        let code = json!({ "Code": { "S3Bucket": "local", "S3Key": key } });
        client
            .done("POST", FUNCTIONS, &function_with(name, &code))
            .await;
        let got = client.get(&format!("{FUNCTIONS}/{name}")).await;
        let location = got["Code"]["Location"].as_str().unwrap();
        let path = location.strip_prefix(client.emulator.endpoint()).unwrap();
        let package = client.send("GET", path, b"").await.body;
        let mut package = zip::ZipArchive::new(Cursor::new(package)).unwrap();
        let names: Vec<String> = (0..package.len())
            .map(|index| {
                package
                    .by_index(index)
                    .unwrap()
                    .name()
                    .unwrap()
                    .into_owned()
            })
            .collect();
        assert_eq!(names, files, "{name}");
    }
    let sha = client.get(&format!("{FUNCTIONS}/zip/configuration")).await["CodeSha256"].clone();
    let bytes = zip(&[("bootstrap", "one")]);
    assert_eq!(sha, STANDARD.encode(Sha256::digest(bytes)));
}

#[tokio::test]
async fn code_is_updated_and_published() {
    let client = Client::with_function().await;
    let first = client.get(CONFIGURATION).await;
    let two = json!({ "ZipFile": zip_file("two") });
    let dry = json!({ "ZipFile": zip_file("two"), "DryRun": true });
    let planned = client.done("PUT", CODE, &dry).await;
    assert_ne!(planned["CodeSha256"], first["CodeSha256"]);
    assert_eq!(
        client.get(CONFIGURATION).await,
        first,
        "a dry run changes nothing"
    );

    let updated = client.done("PUT", CODE, &two).await;
    assert_eq!(updated["CodeSha256"], planned["CodeSha256"]);
    assert_ne!(updated["RevisionId"], first["RevisionId"]);
    let stale = "PreconditionFailedException: The Revision Id provided does not match the latest Revision Id. Call \
                 the GetFunction/GetAlias API to retrieve the latest Revision Id";
    let rows = [
        (
            "PUT",
            CODE,
            json!({ "ZipFile": zip_file("x"), "RevisionId": first["RevisionId"] }),
            412,
            stale,
        ),
        (
            "PUT",
            CONFIGURATION,
            json!({ "Timeout": 9, "RevisionId": first["RevisionId"] }),
            412,
            stale,
        ),
        (
            "PUT",
            CODE,
            json!({ "ImageUri": "image" }),
            400,
            "InvalidParameterValueException: Please don't provide ImageUri when updating a function with packageType Zip.",
        ),
        (
            "PUT",
            CODE,
            json!({}),
            400,
            "InvalidParameterValueException: Please provide a source for function code.",
        ),
        (
            "PUT",
            "/2015-03-31/functions/g/code",
            two,
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g",
        ),
        (
            "PUT",
            "/2015-03-31/functions/g/configuration",
            json!({}),
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g",
        ),
    ];
    check_refused(&client, &rows).await;
    let publish = json!({ "ZipFile": zip_file("three"), "Publish": true, "RevisionId": updated["RevisionId"], "Architectures": ["arm64"] });
    let published = client.done("PUT", CODE, &publish).await;
    let expected =
        json!({ "Version": "1", "FunctionArn": format!("{ARN}:f:1"), "Architectures": ["arm64"] });
    assert_has(&published, &expected);
    let latest = client.get(CONFIGURATION).await;
    assert_eq!(latest["CodeSha256"], published["CodeSha256"]);
    assert_ne!(latest["RevisionId"], published["RevisionId"]);
}

#[tokio::test]
async fn a_published_version_cannot_be_changed_and_its_number_is_not_used_again() {
    let client = Client::with_function().await;
    let versions = format!("{F}/versions");
    let publish = async || client.done("POST", &versions, &json!({})).await;
    let change = async |text: &str| {
        let code = json!({ "ZipFile": zip_file(text) });
        client.done("PUT", CODE, &code).await
    };
    let one = publish().await;
    assert_eq!(publish().await["Version"], "1", "nothing has changed");
    change("two").await;
    assert_eq!(publish().await["Version"], "2");
    let got = client.get(&format!("{CONFIGURATION}?Qualifier=1")).await;
    assert_eq!(got, one);
    let only = "InvalidParameterValueException: This operation is permitted on Lambda functions only. Aliases and \
                versions do not support this operation. Please specify either a function name or an unqualified \
                function ARN.";
    let (code, settings) = (
        format!("{FUNCTIONS}/f:1/code"),
        format!("{FUNCTIONS}/{ARN}:f:1/configuration"),
    );
    let alias = json!({ "Name": "prod", "FunctionVersion": "2", "RoutingConfig": { "AdditionalVersionWeights": { "1": 0.1 } } });
    client.done("POST", &format!("{F}/aliases"), &alias).await;
    let alias = json!({ "Name": "also", "FunctionVersion": "1" });
    client.done("POST", &format!("{F}/aliases"), &alias).await;
    let version = |version: &str| format!("{F}?Qualifier={version}");
    let (v1, v2, latest, prod) = (
        version("1"),
        version("2"),
        version("$LATEST"),
        version("prod"),
    );
    let nothing = Value::Null;
    let rows = [
        (
            "PUT",
            code.as_str(),
            json!({ "ZipFile": zip_file("x") }),
            400,
            only,
        ),
        ("PUT", settings.as_str(), json!({ "Timeout": 9 }), 400, only),
        (
            "DELETE",
            &v1,
            nothing.clone(),
            409,
            "ResourceConflictException: Unable to delete version because the following aliases reference it: [also, prod]",
        ),
        (
            "DELETE",
            &v2,
            nothing.clone(),
            409,
            "ResourceConflictException: Unable to delete version because the following aliases reference it: [prod]",
        ),
        (
            "DELETE",
            &latest,
            nothing.clone(),
            400,
            "InvalidParameterValueException: $LATEST version cannot be deleted without deleting the function.",
        ),
        (
            "DELETE",
            &prod,
            nothing.clone(),
            400,
            "InvalidParameterValueException: Deletion of aliases is not currently supported.",
        ),
    ];
    check_refused(&client, &rows).await;
    for alias in ["prod", "also", "none"] {
        let path = format!("{F}/aliases/{alias}");
        client.done("DELETE", &path, &nothing).await;
    }
    for gone in ["2", "99"] {
        client.done("DELETE", &version(gone), &nothing).await;
    }
    client
        .refused(
            "GET",
            &v2,
            &nothing,
            404,
            &format!("ResourceNotFoundException: Function not found: {ARN}:f:2"),
        )
        .await;
    assert_eq!(publish().await["Version"], "3");
    client.done("DELETE", F, &nothing).await;
    let not_found = format!("ResourceNotFoundException: Function not found: {ARN}:f");
    client.refused("GET", F, &nothing, 404, &not_found).await;
    client.refused("DELETE", F, &nothing, 404, &not_found).await;
    client
        .refused("GET", &v1, &nothing, 404, &format!("{not_found}:1"))
        .await;
    client.done("POST", FUNCTIONS, &function("f")).await;
    assert_eq!(
        publish().await["Version"],
        "4",
        "even after the function was deleted"
    );
}

#[tokio::test]
async fn tags_and_concurrency_belong_to_the_function() {
    let client = Client::new().await;
    let tagged = function_with("f", &json!({ "Tags": { "a": "1" } }));
    client.done("POST", FUNCTIONS, &tagged).await;
    let tags = format!("/2017-03-31/tags/{ARN}:f");
    let more = json!({ "Tags": { "b": "2", "a": "3" } });
    client.done("POST", &tags, &more).await;
    assert_eq!(
        client.get(&tags).await,
        json!({ "Tags": { "a": "3", "b": "2" } })
    );
    let untag = format!("{tags}?tagKeys=a&tagKeys=none");
    client.done("DELETE", &untag, &Value::Null).await;
    let (put, get) = (
        "/2017-10-31/functions/f/concurrency",
        "/2019-09-30/functions/f/concurrency",
    );
    assert_eq!(client.get(get).await, json!({}));
    let reserved = json!({ "ReservedConcurrentExecutions": 900 });
    assert_eq!(client.done("PUT", put, &reserved).await, reserved);
    assert_eq!(client.get(get).await, reserved);
    let got = client.get(F).await;
    assert_has(
        &got,
        &json!({ "Tags": { "b": "2" }, "Concurrency": reserved }),
    );
    let settings = client.get("/2016-08-19/account-settings").await;
    let expected = json!({
        "AccountLimit": { "ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 100 },
        "AccountUsage": { "FunctionCount": 1, "TotalCodeSize": got["Configuration"]["CodeSize"] },
    });
    assert_has(&settings, &expected);

    let (qualified, unknown, version) = (
        "/2017-10-31/functions/f:1/concurrency",
        "/2017-10-31/functions/g/concurrency",
        format!("{tags}:1"),
    );
    let absent = format!("/2017-03-31/tags/{ARN}:g");
    let rows = [
        (
            "PUT",
            put,
            json!({ "ReservedConcurrentExecutions": 901 }),
            400,
            "InvalidParameterValueException: Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
        ),
        (
            "PUT",
            put,
            json!({}),
            400,
            "ValidationException: 1 validation error detected: Value null at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must not be null",
        ),
        (
            "PUT",
            put,
            json!({ "ReservedConcurrentExecutions": -1 }),
            400,
            "ValidationException: 1 validation error detected: Value '-1' at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 0",
        ),
        (
            "PUT",
            qualified,
            reserved.clone(),
            400,
            "InvalidParameterValueException: This operation is permitted on Lambda functions only.…",
        ),
        (
            "PUT",
            unknown,
            reserved,
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g:$LATEST",
        ),
        (
            "POST",
            &version,
            more.clone(),
            400,
            "InvalidParameterValueException: Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ),
        (
            "POST",
            &absent,
            more.clone(),
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:g",
        ),
        (
            "POST",
            "/2017-03-31/tags/arn:aws:something",
            more,
            400,
            "ValidationException: 1 validation error detected: Value 'arn:aws:something' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:…",
        ),
        (
            "POST",
            &tags,
            json!({ "Tags": {} }),
            400,
            "InvalidParameterValueException: An error occurred and the request cannot be processed.",
        ),
        (
            "POST",
            &tags,
            json!({ "Tags": { "AWS:x": "1" } }),
            400,
            "InvalidParameterValueException: aws: prefixed tag key names are not allowed for external use.",
        ),
        (
            "DELETE",
            &tags,
            Value::Null,
            400,
            "ValidationException: 1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
        ),
    ];
    check_refused(&client, &rows).await;
    client.done("DELETE", put, &Value::Null).await;
    assert_eq!(client.get(get).await, json!({}));
}
