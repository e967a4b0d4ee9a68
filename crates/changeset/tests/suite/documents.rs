//! Which documents are change sets, and which of them can be judged.

use changeset::{Policy, Verdict, parse, review};
use serde_json::{Value, json};

use crate::{parsed, set_of, table, with};

fn topic() -> Value {
    json!({ "Action": "Add", "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic" })
}

#[test]
fn the_export_of_the_console_is_read() {
    let export = r#" [{"type": "Resource", "hookInvocationCount": null, "resourceChange": {
        "policyAction": "ReplaceAndDelete", "action": "Modify", "logicalResourceId": "Orders",
        "physicalResourceId": "orders", "resourceType": "AWS::DynamoDB::Table", "replacement": "True",
        "moduleInfo": null, "changeSetId": null, "scope": ["Properties"],
        "details": [{"target": {"attribute": "Properties", "name": "TableName", "requiresRecreation": "Always",
            "path": "/Properties/TableName"}, "evaluation": "Static", "changeSource": "DirectModification",
            "causingEntity": null}]}}]"#;
    let review = review(&[parse(export.as_bytes()).unwrap()], &Policy::default()).unwrap();
    assert_eq!(review.verdict, Verdict::Blocked);
    let finding = &review.changes[0];
    assert_eq!(
        (&*finding.path, finding.physical_id.as_deref()),
        ("Orders", Some("orders"))
    );
    assert_eq!(
        finding.reasons,
        [
            "it is replaced, because /Properties/TableName requires replacement",
            "the old one is deleted"
        ]
    );
    assert_eq!(review.warnings.len(), 1, "{:?}", review.warnings);
}

#[test]
fn what_is_no_change_set_says_so() {
    let long = format!(
        r#"[{{"resourceChange": {{"logicalResourceId": "{}", "resourceType": "T"}}}}]"#,
        "X".repeat(256)
    );
    let rows: [(&[u8], &str); 28] = [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b"{", "EOF"),
        (b"{}", "no `Changes`"),
        (b"[]", "no `Changes`"),
        (b"null", "it is not JSON"),
        (b"3", "it is not JSON"),
        (b"[3]", "invalid type: integer"),
        (b"\xff", "it is not JSON"),
        (b"\xff\xfe{\0}\0", "it is UTF-16"),
        (b"\xfe\xff\0{\0}", "it is UTF-16"),
        (b"Changes:\n- Type: Resource\n", "--output json"),
        (b"# Orders\nResources:\n  T: {}\n", "it is a template"),
        (
            br#"{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#,
            "it is a template",
        ),
        (br#"{"Stacks": []}"#, "no `Changes`"),
        // One of what list-change-sets prints: it does not say what changes.
        (
            br#"{"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}"#,
            "no `Changes`",
        ),
        (
            br#"{"Status": "CREATE_COMPLETE", "Changes": null}"#,
            "no `Changes`",
        ),
        (br#"{"Changes": []}"#, "no `Changes`"),
        (br#"{"Status": 3}"#, "invalid type: integer"),
        (
            br#"{"Changes": [{"Type": "Deletion", "ResourceChange": {"LogicalResourceId": "T", "ResourceType": "AWS::SNS::Topic"}}]}"#,
            "is of a `Type` that is not `Resource`",
        ),
        (
            br#"{"Changes": [{"Type": "Resource"}]}"#,
            "lacks its `ResourceChange`",
        ),
        (
            br#"{"Changes": [{"ResourceChange": {"ResourceType": "T"}}]}"#,
            "change 1 ",
        ),
        (
            br#"[{"resourceChange": {"logicalResourceId": "X", "resourceType": ""}}]"#,
            "lacks its `ResourceType`",
        ),
        (
            br#"[{"resourceChange": {"logicalResourceId": "N/T", "resourceType": "T"}}]"#,
            "no template can have",
        ),
        (long.as_bytes(), "no template can have"),
        (
            br#"{"Changes": [], "Status": "FAILED"} x"#,
            "trailing characters",
        ),
        (
            br#"{"Status": "FAILED", "Status": "CREATE_COMPLETE", "Changes": []}"#,
            "duplicate field",
        ),
    ];
    for (document, expected) in rows {
        let error = parse(document).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} lacks {expected:?}");
    }
    let bomb = format!(
        r#"{{"Changes": {}1{}}}"#,
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    assert!(parse(bomb.as_bytes()).is_err());
    let beside = format!(
        r#"{{"Status": "CREATE_COMPLETE", "X": {}1{}, "Changes": []}}"#,
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    // What is not looked at may be as deep as it likes, or be refused; it must not end the process.
    drop(parse(beside.as_bytes()));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_document() {
    let document = format!("\u{feff}{}", set_of(&[topic()]));
    assert_eq!(parse(document.as_bytes()).unwrap().changes.len(), 1);
}

#[test]
fn only_what_is_still_the_plan_is_judged() {
    let no_changes = "The submitted information didn't contain changes. Submit different information to create a change set.";
    let rows = [
        (json!({}), Ok("S")),
        (
            json!({ "NextToken": "more" }),
            Err("more changes on a next page"),
        ),
        (
            json!({ "Status": "CREATE_PENDING" }),
            Err("still being created"),
        ),
        (
            json!({ "Status": "CREATE_IN_PROGRESS" }),
            Err("still being created"),
        ),
        (
            json!({ "Status": "DELETE_COMPLETE" }),
            Err("DELETE_COMPLETE"),
        ),
        (json!({ "Status": "NEW_WORD" }), Err("NEW_WORD")),
        (json!({ "Status": "FAILED" }), Err("gives no reason")),
        (
            json!({ "Status": "FAILED", "StatusReason": "Transform failed" }),
            Err("Transform failed"),
        ),
        (
            json!({ "Status": "FAILED", "StatusReason": no_changes }),
            Err("didn't contain changes"),
        ),
        (
            json!({ "Status": "FAILED", "StatusReason": no_changes, "Changes": [] }),
            Ok("S"),
        ),
        (
            json!({ "Status": "FAILED", "StatusReason": "No updates are to be performed.", "Changes": [] }),
            Ok("S"),
        ),
        (json!({ "ExecutionStatus": "OBSOLETE" }), Err("OBSOLETE")),
        (
            json!({ "ExecutionStatus": "EXECUTE_COMPLETE" }),
            Err("no longer the plan"),
        ),
        (json!({ "ExecutionStatus": "NEW_WORD" }), Err("NEW_WORD")),
        (
            json!({ "ExecutionStatus": "UNAVAILABLE" }),
            Err("UNAVAILABLE"),
        ),
        (
            json!({ "ExecutionStatus": "UNAVAILABLE", "StatusReason": "Only executable from the root change set." }),
            Ok("S"),
        ),
        (
            json!({ "ExecutionStatus": "UNAVAILABLE", "ParentChangeSetId": "arn" }),
            Ok("S"),
        ),
        (
            json!({ "ExecutionStatus": "UNAVAILABLE", "RootChangeSetId": "arn" }),
            Ok("S"),
        ),
        // A root that names itself is none the less to be executable.
        (
            json!({ "ExecutionStatus": "UNAVAILABLE", "RootChangeSetId": "self", "ChangeSetId": "self" }),
            Err("UNAVAILABLE"),
        ),
        (
            json!({ "StatusReason": "[WARN] --include-property-values option can return incomplete ChangeSet data because: x" }),
            Err("changes may be missing"),
        ),
        (
            json!({ "StatusReason": "[WARN] some resource changes were omitted" }),
            Err("changes may be missing"),
        ),
        (
            json!({ "Status": "FAILED", "StatusReason": "No updates are to be performed. But also: y", "Changes": [] }),
            Err("But also: y"),
        ),
        (json!({ "Changes": [] }), Ok("S")),
    ];
    for (members, expected) in rows {
        let set = parsed(&with(set_of(&[topic()]), &members));
        match (review(&[set], &Policy::default()), expected) {
            (Ok(review), Ok("S")) => assert_eq!(review.verdict, Verdict::Safe, "{members}"),
            (Err(error), Err(part)) => {
                let text = error.to_string();
                assert!(text.contains(part), "{members}: {text}");
            }
            (found, expected) => panic!("{members}: {found:?} is not {expected:?}"),
        }
    }
}

#[test]
fn the_review_says_which_change_set_it_is_about() {
    let review = review(
        &[parsed(&set_of(&[with(
            table("T"),
            &json!({ "Action": "Add" }),
        )]))],
        &Policy::default(),
    );
    let review = review.unwrap();
    let id = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/update/1";
    assert_eq!(review.change_set_id.as_deref(), Some(id));
    assert_eq!(review.stack.as_deref(), Some("orders"));
}
