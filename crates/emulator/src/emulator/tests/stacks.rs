//! What a stack that is published again takes back, and what of clients' it leaves.

use serde_json::{Value, json};

use super::*;
use crate::permissions::Principal;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const POLICY: &str = "/2015-03-31/functions/f/policy";

/// A template with the function `f`, whose role is `r`, with more properties of the function and more resources.
fn template(properties: &str, rest: &str) -> String {
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
{properties}
{rest}
"
    )
}

const R: &str = "      Role: !GetAtt R.Arn";
const NO_RIGHTS: &str =
    "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {}}}";
const PERMITTED: &str = "  P: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref F, \
     Principal: !GetAtt R.Arn}}";

/// Whether the role may invoke what the ARN names.
fn may(emulator: &Emulator, resource: &str) -> bool {
    let principal = Principal::Session {
        role_arn: ROLE.to_owned(),
        session: "f".to_owned(),
    };
    let state = emulator.shared.state();
    state
        .check(&principal, "lambda:InvokeFunction", resource)
        .is_ok()
}

async fn call(wire: &Wire, method: &str, path: &str, input: Value) -> Value {
    let reply = wire.rest(method, path, &input).await;
    assert!(reply.status < 300, "{method} {path}: {}", reply.text());
    reply.json()
}

/// The `Sid`s of the function's resource policy, without what CloudFormation adds to them.
async fn sids(wire: &Wire) -> Vec<String> {
    let reply = wire.rest("GET", POLICY, &Value::Null).await;
    let Some(document) = reply.json()["Policy"].as_str().map(str::to_owned) else {
        return Vec::new();
    };
    let document: Value = serde_json::from_str(&document).unwrap();
    let statements = document["Statement"].as_array().unwrap().iter();
    let sids = statements.map(|statement| statement["Sid"].as_str().unwrap());
    sids.map(|sid| sid.split('-').rev().nth(1).unwrap_or(sid).to_owned())
        .collect()
}

#[tokio::test]
async fn clients_and_templates_permissions_are_one_policy() {
    let wire = Wire::start().await;
    let deploy = |rest: &str| deploy_template(&wire.emulator, &template(R, rest));
    let both = format!("{NO_RIGHTS}\n{PERMITTED}");
    deploy(NO_RIGHTS);
    assert!(!may(&wire.emulator, FUNCTION));
    let permission =
        json!({ "StatementId": "mine", "Action": "lambda:InvokeFunction", "Principal": ROLE });
    call(&wire, "POST", POLICY, permission.clone()).await;
    assert!(may(&wire.emulator, FUNCTION));
    assert!(!may(&wire.emulator, &format!("{FUNCTION}:1")));
    deploy(&both);
    assert_eq!(sids(&wire).await, ["mine", "P"]);
    // The same again changes nothing.
    let before = call(&wire, "GET", POLICY, Value::Null).await;
    deploy(&both);
    assert_eq!(call(&wire, "GET", POLICY, Value::Null).await, before);
    call(&wire, "DELETE", &format!("{POLICY}/mine"), Value::Null).await;
    assert!(may(&wire.emulator, FUNCTION));
    deploy(&both.replace("P:", "Q:"));
    assert_eq!(sids(&wire).await, ["Q"]);
    call(&wire, "POST", POLICY, permission).await;
    deploy(NO_RIGHTS);
    assert_eq!(sids(&wire).await, ["mine"]);
    // A function takes its policy along.
    deploy(&both);
    call(&wire, "DELETE", "/2015-03-31/functions/f", Value::Null).await;
    assert!(!may(&wire.emulator, FUNCTION));
    deploy(NO_RIGHTS);
    assert!(!may(&wire.emulator, FUNCTION));
}

#[tokio::test]
async fn an_alias_takes_its_policy_along() {
    let wire = Wire::start().await;
    deploy_template(&wire.emulator, &template(R, NO_RIGHTS));
    let alias = format!("{FUNCTION}:a");
    let make = async || {
        let versions = "/2015-03-31/functions/f/versions";
        call(&wire, "POST", versions, json!({})).await;
        let alias = json!({ "Name": "a", "FunctionVersion": "1" });
        call(&wire, "POST", "/2015-03-31/functions/f/aliases", alias).await;
    };
    make().await;
    let permission =
        json!({ "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": ROLE });
    call(&wire, "POST", &format!("{POLICY}?Qualifier=a"), permission).await;
    assert!(may(&wire.emulator, &alias) && !may(&wire.emulator, FUNCTION));
    call(
        &wire,
        "DELETE",
        "/2015-03-31/functions/f/aliases/a",
        Value::Null,
    )
    .await;
    make().await;
    assert!(!may(&wire.emulator, &alias));
}

#[tokio::test]
async fn a_role_lasts_as_long_as_versions_need_it() {
    let wire = Wire::start().await;
    let deploy = |properties: &str, rest: &str| {
        deploy_template(&wire.emulator, &template(properties, rest));
    };
    deploy(&format!("{R}\n      AutoPublishAlias: live"), NO_RIGHTS);
    assert!(!may(&wire.emulator, FUNCTION));
    deploy("      AutoPublishAlias: live", "");
    assert!(!may(&wire.emulator, FUNCTION), "version 1 runs with it");
    let version = "/2015-03-31/functions/f?Qualifier=1";
    call(&wire, "DELETE", version, Value::Null).await;
    deploy("      AutoPublishAlias: live", "");
    assert!(may(&wire.emulator, FUNCTION), "nothing is known of it");
    // One that the template only names is another's.
    deploy(R, NO_RIGHTS);
    assert!(!may(&wire.emulator, FUNCTION));
    deploy(&format!("      Role: {ROLE}"), "");
    assert!(may(&wire.emulator, FUNCTION));
}

#[tokio::test]
async fn what_a_template_reserves_it_gives_back() {
    const CONCURRENCY: &str = "/2017-10-31/functions/f/concurrency";
    let wire = Wire::start().await;
    let deploy = |properties: &str| deploy_template(&wire.emulator, &template(properties, ""));
    let reserved = async || {
        let answer = call(
            &wire,
            "GET",
            "/2019-09-30/functions/f/concurrency",
            Value::Null,
        );
        answer.await["ReservedConcurrentExecutions"].as_u64()
    };
    deploy("      ReservedConcurrentExecutions: 5");
    assert_eq!(reserved().await, Some(5));
    deploy("      ReservedConcurrentExecutions: 6");
    assert_eq!(reserved().await, Some(6));
    deploy("");
    assert_eq!(reserved().await, None);
    let mine = json!({ "ReservedConcurrentExecutions": 7 });
    call(&wire, "PUT", CONCURRENCY, mine).await;
    deploy("");
    assert_eq!(reserved().await, Some(7), "the template has never said it");
}

#[tokio::test]
async fn every_version_calls_with_its_own_role() {
    let wire = Wire::start().await;
    deploy_template(&wire.emulator, &template(R, NO_RIGHTS));
    let versions = "/2015-03-31/functions/f/versions";
    call(&wire, "POST", versions, json!({})).await;
    let other = "arn:aws:iam::123456789012:role/other";
    let configuration = "/2015-03-31/functions/f/configuration";
    call(&wire, "PUT", configuration, json!({ "Role": other })).await;
    let key = |version: &str| {
        let mut state = wire.emulator.shared.state();
        let version = state.lambda.version("f", version).unwrap().clone();
        state.permissions.access_key_id(&version)
    };
    let who = async |key: &str| {
        let signature = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential={key}/20250515/us-east-1/sts/aws4_request, SignedHeaders=host, \
             Signature=0"
        );
        let form = "Content-Type: application/x-www-form-urlencoded";
        let body = b"Action=GetCallerIdentity&Version=2011-06-15";
        let reply = wire.send("POST", "/", &[form, &signature], body).await;
        reply.text().to_owned()
    };
    let (first, latest) = (key("1"), key("$LATEST"));
    for (key, role) in [(&first, "r"), (&latest, "other")] {
        let answer = who(key).await;
        let expected = format!("<Arn>arn:aws:sts::123456789012:assumed-role/{role}/f</Arn>");
        assert!(answer.contains(&expected), "{role}: {answer}");
    }
    call(&wire, "DELETE", "/2015-03-31/functions/f", Value::Null).await;
    for key in [first, latest] {
        assert!(
            who(&key)
                .await
                .contains("<Code>InvalidClientTokenId</Code>")
        );
    }
}
