//! Lists and their pages.

use super::*;

/// All items of a list, asked for page by page.
async fn all(client: &Client, path: &str, member: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut marker) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = client
            .get(&format!("{path}{sign}MaxItems={limit}&Marker={marker}"))
            .await;
        let found = page[member].as_array().unwrap();
        assert!(found.len() <= limit, "{path}");
        items.extend(found.clone());
        match page["NextMarker"].as_str() {
            Some(next) => marker = next.to_owned(),
            None => return items,
        }
    }
}

#[tokio::test]
async fn lists_have_everything_in_order_whatever_their_pages() {
    let client = Client::new().await;
    for name in ["b", "a", "ab"] {
        client
            .done("POST", "/2015-03-31/functions", &function(name))
            .await;
    }
    for index in 1..=12 {
        let code = json!({ "ZipFile": zip_file(&index.to_string()), "Publish": true });
        client
            .done("PUT", "/2015-03-31/functions/a/code", &code)
            .await;
        let mut alias = json!({ "Name": format!("n{index:02}"), "FunctionVersion": (1 + index % 2).to_string() });
        if index == 12 {
            alias["RoutingConfig"] = json!({ "AdditionalVersionWeights": { "2": 0.1 } });
        }
        if index > 1 {
            client
                .done("POST", "/2015-03-31/functions/a/aliases", &alias)
                .await;
        }
    }
    let texts = |items: Vec<Value>, member: &str| -> Vec<String> {
        let text = |item: &Value| item[member].as_str().unwrap().to_owned();
        items.iter().map(text).collect()
    };
    let check = async |path: &str, list: &str, member: &str, expected: Vec<String>| {
        for limit in [1, 2, 5, 50] {
            let found = all(&client, path, list, limit).await;
            assert_eq!(texts(found, member), expected, "{path} by {limit}");
        }
    };
    let functions = "/2015-03-31/functions/";
    let owned = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    check(
        functions,
        "Functions",
        "FunctionName",
        owned(&["a", "ab", "b"]),
    )
    .await;
    let mut numbers = vec!["$LATEST".to_owned()];
    numbers.extend((1..=12).map(|number| number.to_string()));
    check(
        "/2015-03-31/functions/a/versions",
        "Versions",
        "Version",
        numbers.clone(),
    )
    .await;
    let arns = |name: &str, qualifier: &String| format!("{ARN}:{name}:{qualifier}");
    let mut expected: Vec<String> = numbers.iter().map(|number| arns("a", number)).collect();
    expected.extend(["ab", "b"].map(|name| arns(name, &"$LATEST".to_owned())));
    let every = "/2015-03-31/functions?FunctionVersion=ALL";
    check(every, "Functions", "FunctionArn", expected).await;
    let aliases = |wanted: fn(u32) -> bool| -> Vec<String> {
        let indices = (2..=12).filter(|index| wanted(*index));
        indices.map(|index| format!("n{index:02}")).collect()
    };
    let path = "/2015-03-31/functions/a/aliases";
    check(path, "Aliases", "Name", aliases(|_| true)).await;
    let path = "/2015-03-31/functions/a/aliases?FunctionVersion=2";
    check(
        path,
        "Aliases",
        "Name",
        aliases(|index| index % 2 == 1 || index == 12),
    )
    .await;
    let listed = client.get(functions).await["Functions"][0].clone();
    let unlisted = ["State", "LastUpdateStatus", "RuntimeVersionConfig"];
    assert!(unlisted.iter().all(|member| listed.get(member).is_none()));
    assert_eq!(listed["FunctionArn"], format!("{ARN}:a"));
    let edge = "/2015-03-31/functions?FunctionVersion=ALL&MasterRegion=us-east-1";
    assert_eq!(client.get(edge).await, json!({ "Functions": [] }));

    let nothing = Value::Null;
    let rows = [
        (
            "GET",
            "/2015-03-31/functions?MaxItems=0",
            nothing.clone(),
            400,
            "ValidationException: 1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "GET",
            "/2015-03-31/functions?MaxItems=10001",
            nothing.clone(),
            400,
            "ValidationException: 1 validation error detected: Value '10001' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 10000",
        ),
        (
            "GET",
            "/2015-03-31/functions?MaxItems=x",
            nothing.clone(),
            400,
            "SerializationException: …",
        ),
        (
            "GET",
            "/2015-03-31/functions?Marker=***",
            nothing.clone(),
            400,
            "InvalidParameterValueException: Invalid Marker: ***",
        ),
        (
            "GET",
            "/2015-03-31/functions?FunctionVersion=invalid",
            nothing.clone(),
            400,
            "ValidationException: 1 validation error detected: Value 'invalid' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]",
        ),
        (
            "GET",
            "/2015-03-31/functions?MasterRegion=ALL",
            nothing.clone(),
            400,
            "InvalidParameterValueException: FunctionVersion must be set to ALL…",
        ),
        (
            "GET",
            "/2015-03-31/functions/c/versions",
            nothing.clone(),
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:c",
        ),
        (
            "GET",
            "/2015-03-31/functions/c/aliases",
            nothing,
            404,
            "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:123456789012:function:c",
        ),
    ];
    check_refused(&client, &rows).await;
}
