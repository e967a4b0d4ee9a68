//! Layers.

use super::*;

const LAYERS: &str = "/2018-10-31/layers";
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:layer";

fn layer(members: &Value) -> Value {
    let content = STANDARD.encode(zip(&[("events/a.json", "{}")]));
    let mut layer = json!({ "Content": { "ZipFile": content } });
    for (member, value) in members.as_object().unwrap() {
        layer[member] = value.clone();
    }
    layer
}

#[tokio::test]
async fn layers_have_versions_that_are_listed_from_the_last() {
    let client = Client::new().await;
    let path = format!("{LAYERS}/events/versions");
    let body = layer(
        &json!({ "Description": "events", "CompatibleRuntimes": ["python3.12"], "CompatibleArchitectures": ["x86_64"], "LicenseInfo": "MIT" }),
    );
    let one = client.done("POST", &path, &body).await;
    let expected = json!({
        "LayerArn": format!("{ARN}:events"),
        "LayerVersionArn": format!("{ARN}:events:1"),
        "Version": 1,
        "Description": "events",
        "CreatedDate": "2026-01-01T00:00:00.000+0000",
        "CompatibleRuntimes": ["python3.12"],
        "CompatibleArchitectures": ["x86_64"],
        "LicenseInfo": "MIT",
    });
    assert_has(&one, &expected);
    let two = client.done("POST", &path, &layer(&json!({}))).await;
    assert_has(
        &two,
        &json!({ "Version": 2, "Description": "", "CompatibleRuntimes": [], "CompatibleArchitectures": [] }),
    );
    assert!(two.get("LicenseInfo").is_none());
    assert_eq!(client.get(&format!("{path}/1")).await, one);
    let by_arn = format!("{LAYERS}?find=LayerVersion&Arn={ARN}:events:1");
    assert_eq!(client.get(&by_arn).await, one);
    let by_name = format!("{LAYERS}/{ARN}:events/versions/1");
    assert_eq!(client.get(&by_name).await, one);
    let location = one["Content"]["Location"].as_str().unwrap();
    let content = location.strip_prefix(client.emulator.endpoint()).unwrap();
    let content = client.send("GET", content, b"").await.body;
    assert_eq!(content, zip(&[("events/a.json", "{}")]));

    let versions = async |query: &str| -> Vec<i64> {
        let list = client.get(&format!("{path}{query}")).await;
        let list = list["LayerVersions"].as_array().unwrap().clone();
        list.iter()
            .map(|layer| layer["Version"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(versions("").await, [2, 1]);
    assert_eq!(versions("?CompatibleRuntime=python3.12").await, [1]);
    assert_eq!(versions("?CompatibleArchitecture=arm64").await, [0; 0]);
    assert_eq!(versions("?MaxItems=1").await, [2]);
    let all = client.get(LAYERS).await;
    assert_has(
        &all["Layers"][0],
        &json!({ "LayerName": "events", "LayerArn": format!("{ARN}:events"), "LatestMatchingVersion": { "Version": 2 } }),
    );
    client
        .done("DELETE", &format!("{path}/2"), &Value::Null)
        .await;
    client
        .done("DELETE", &format!("{path}/2"), &Value::Null)
        .await;
    assert_eq!(versions("").await, [1]);
    let three = client.done("POST", &path, &layer(&json!({}))).await;
    assert_eq!(three["Version"], 3, "numbers are not used again");

    let none = "ResourceNotFoundException: The resource you requested does not exist.";
    let (zero, gone, publish) = (format!("{path}/0"), format!("{path}/2"), path.as_str());
    let (unversioned, elsewhere) = (
        format!("{LAYERS}?find=LayerVersion&Arn={ARN}:events"),
        format!(
            "{LAYERS}?find=LayerVersion&Arn=arn:aws:lambda:eu-west-1:123456789012:layer:events:1"
        ),
    );
    let nothing = Value::Null;
    let rows = [
        ("GET", gone.as_str(), nothing.clone(), 404, none),
        (
            "GET",
            &zero,
            nothing.clone(),
            400,
            "InvalidParameterValueException: Layer Version Cannot be less than 1",
        ),
        (
            "DELETE",
            &zero,
            nothing.clone(),
            400,
            "InvalidParameterValueException: Layer Version Cannot be less than 1",
        ),
        (
            "GET",
            &unversioned,
            nothing.clone(),
            400,
            "ValidationException: 1 validation error detected: Value 'arn:aws:lambda:us-east-1:123456789012:layer:events' at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:…",
        ),
        ("GET", &elsewhere, nothing.clone(), 404, none),
        (
            "POST",
            publish,
            json!({}),
            400,
            "ValidationException: 1 validation error detected: Value null at 'content' failed to satisfy constraint: Member must not be null",
        ),
        (
            "POST",
            publish,
            layer(
                &json!({ "CompatibleRuntimes": ["invalidruntime"], "CompatibleArchitectures": ["invalidarch"] }),
            ),
            400,
            "ValidationException: 2 validation errors detected: Value '[invalidruntime]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x,…",
        ),
        (
            "GET",
            "/2018-10-31/layers?CompatibleArchitecture=x",
            nothing.clone(),
            400,
            "ValidationException: 1 validation error detected: Value 'x' at 'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value set: [x86_64, arm64]",
        ),
    ];
    check_refused(&client, &rows).await;
    let unknown = client.get(&format!("{LAYERS}/none/versions")).await;
    assert_eq!(unknown, json!({ "LayerVersions": [] }));
}

#[tokio::test]
async fn functions_refer_to_layers_that_exist() {
    let client = Client::with_function().await;
    for (name, count) in [("a", 2), ("b", 1), ("c", 1), ("d", 1), ("e", 1), ("f", 1)] {
        for _ in 0..count {
            let path = format!("{LAYERS}/{name}/versions");
            client.done("POST", &path, &layer(&json!({}))).await;
        }
    }
    let path = "/2015-03-31/functions/f/configuration";
    let layers = |names: &[&str]| {
        let arns: Vec<String> = names.iter().map(|name| format!("{ARN}:{name}")).collect();
        json!({ "Layers": arns })
    };
    let size = zip(&[("events/a.json", "{}")]).len();
    let updated = client.done("PUT", path, &layers(&["b:1", "a:2"])).await;
    let expected = json!([{ "Arn": format!("{ARN}:b:1"), "CodeSize": size }, { "Arn": format!("{ARN}:a:2"), "CodeSize": size }]);
    assert_eq!(updated["Layers"], expected);
    client
        .done("DELETE", &format!("{LAYERS}/b/versions/1"), &Value::Null)
        .await;
    assert_eq!(
        client.get(path).await["Layers"],
        expected,
        "kept by the function"
    );
    let six: Vec<String> = ["a:1", "b:1", "c:1", "d:1", "e:1", "f:1"]
        .map(str::to_owned)
        .to_vec();
    let six: Vec<&str> = six.iter().map(String::as_str).collect();
    let rows = [
        (
            "PUT",
            path,
            layers(&["none:1"]),
            400,
            "InvalidParameterValueException: Layer version arn:aws:lambda:us-east-1:123456789012:layer:none:1 does not exist.",
        ),
        (
            "PUT",
            path,
            layers(&["a:9"]),
            400,
            "InvalidParameterValueException: Layer version arn:aws:lambda:us-east-1:123456789012:layer:a:9 does not exist.",
        ),
        (
            "PUT",
            path,
            layers(&["a:1", "a:2"]),
            400,
            "InvalidParameterValueException: Two different versions of the same layer are not allowed to be referenced in the same function. arn:aws:lambda:us-east-1:123456789012:layer:a:1 and arn:aws:lambda:us-east-1:123456789012:layer:a:2 are versions of the same layer.",
        ),
        (
            "PUT",
            path,
            layers(&six),
            400,
            "InvalidParameterValueException: Cannot reference more than 5 layers.",
        ),
        (
            "PUT",
            path,
            layers(&["a"]),
            400,
            "ValidationException: 1 validation error detected: Value '[arn:aws:lambda:us-east-1:123456789012:layer:a]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: […",
        ),
        (
            "PUT",
            path,
            json!({ "Layers": ["arn:aws:lambda:eu-west-1:123456789012:layer:a:1"] }),
            400,
            "InvalidParameterValueException: Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
        ),
    ];
    check_refused(&client, &rows).await;
    let cleared = client.done("PUT", path, &json!({ "Layers": [] })).await;
    assert!(cleared.get("Layers").is_none());
}
