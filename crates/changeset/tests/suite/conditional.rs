//! Settling `Conditional`: what refers to a resource that keeps its physical ID is not replaced.

use serde_json::{Value, json};

use crate::{letter, reviewed, with};

fn table(id: &str, details: &[Value]) -> Value {
    json!({
        "Action": "Modify", "LogicalResourceId": id, "ResourceType": "AWS::DynamoDB::Table",
        "Replacement": "Conditional", "Details": details,
    })
}

fn detail(source: &str, entity: &str) -> Value {
    json!({
        "Target": { "Attribute": "Properties", "Name": "P", "Path": "/Properties/P", "RequiresRecreation": "Always" },
        "Evaluation": "Dynamic", "ChangeSource": source, "CausingEntity": entity,
    })
}

fn changed(mut value: Value, pointer: &str, to: &Value) -> Value {
    *value.pointer_mut(pointer).unwrap() = to.clone();
    value
}

fn other(id: &str, action: &str, replacement: &str) -> Value {
    json!({
        "Action": action, "LogicalResourceId": id, "ResourceType": "AWS::SNS::Topic", "Replacement": replacement,
    })
}

/// The verdict on the table T with these details, beside other changes.
fn check(details: &[Value], others: &[Value], expected: &str) {
    let mut changes = vec![table("T", details)];
    changes.extend(others.iter().cloned());
    let review = reviewed(&changes);
    assert_eq!(letter(review.changes[0].verdict), expected, "{changes:#?}");
}

#[test]
fn by_what_it_refers_to() {
    let by_ref = || detail("ResourceReference", "R");
    let by_arn = || detail("ResourceAttribute", "R.Arn");
    for reference in [by_ref(), by_arn()] {
        check(std::slice::from_ref(&reference), &[], "S");
        check(
            std::slice::from_ref(&reference),
            &[other("R", "Modify", "False")],
            "S",
        );
        check(
            std::slice::from_ref(&reference),
            &[other("R", "Modify", "True")],
            "B",
        );
        check(
            std::slice::from_ref(&reference),
            &[other("R", "Modify", "Conditional")],
            "B",
        );
        check(
            std::slice::from_ref(&reference),
            &[other("R", "Add", "False")],
            "B",
        );
        check(
            std::slice::from_ref(&reference),
            &[other("R", "Remove", "False")],
            "B",
        );
        check(
            std::slice::from_ref(&reference),
            &[other("R", "Import", "False")],
            "B",
        );
        check(
            std::slice::from_ref(&reference),
            &[other("R", "Dynamic", "False")],
            "B",
        );
        // Both of one name must keep it.
        let both = [other("R", "Modify", "False"), other("R", "Add", "False")];
        check(std::slice::from_ref(&reference), &both, "B");
        let is_static = changed(reference, "/Evaluation", &json!("Static"));
        check(&[is_static], &[], "B");
    }
    check(&[by_ref(), by_arn()], &[other("R", "Modify", "False")], "S");
}

#[test]
fn what_a_custom_resource_is_nobody_knows_before() {
    for resource_type in [
        "Custom::Seed",
        "Custom::AWSCDK-EKS-Cluster",
        "AWS::CloudFormation::CustomResource",
    ] {
        for replacement in ["False", "Conditional"] {
            let custom = with(
                other("R", "Modify", replacement),
                &json!({ "ResourceType": resource_type, "Details": [detail("ResourceReference", "Elsewhere")] }),
            );
            for reference in [
                detail("ResourceReference", "R"),
                detail("ResourceAttribute", "R.Arn"),
            ] {
                check(&[reference], std::slice::from_ref(&custom), "B");
            }
        }
    }
}

#[test]
fn a_value_that_is_known_to_change_is_not_settled() {
    let valued = |before: &str, after: &str| {
        with(
            detail("ResourceReference", "R"),
            &json!({ "Target": {
                "Attribute": "Properties", "Path": "/Properties/P", "RequiresRecreation": "Always",
                "BeforeValue": before, "AfterValue": after,
            }}),
        )
    };
    let known_after_apply = "{{changeSet:KNOWN_AFTER_APPLY}}";
    for (before, after, expected) in [
        ("r", "r", "S"),
        ("r", known_after_apply, "S"),
        ("r-orders", "r-orders-v2", "B"),
        ("r-orders", "{{changeSet:KNOWN_AFTER_APPLY}}-v2", "B"),
    ] {
        check(&[valued(before, after)], &[], expected);
    }
    let masked = |value: &str| {
        with(
            changed(valued(value, value), "/Evaluation", &json!("Static")),
            &json!({ "ChangeSource": "ParameterReference" }),
        )
    };
    check(&[masked("same")], &[], "S");
    for value in ["****", "user:****", "{{resolve:ssm:name}}"] {
        check(&[masked(value)], &[], "B");
    }
}

#[test]
fn who_is_not_named_settles_nothing() {
    check(&[detail("ResourceReference", "")], &[], "B");
    // A twin is of the same property, not of any.
    let unnamed = |source: &str, entity: &str| {
        changed(
            detail(source, entity),
            "/Target",
            &json!({ "Attribute": "Properties", "RequiresRecreation": "Always" }),
        )
    };
    check(
        &[
            unnamed("ResourceReference", "R"),
            unnamed("DirectModification", ""),
        ],
        &[],
        "B",
    );
}

#[test]
fn what_no_detail_explains_is_not_settled() {
    let never = changed(
        detail("ResourceReference", "R"),
        "/Target/RequiresRecreation",
        &json!("Never"),
    );
    let of_tags = json!({ "Target": { "Attribute": "Tags" }, "Evaluation": "Static" });
    let unheard = json!({ "Target": { "Attribute": "Soul" }, "Evaluation": "Dynamic" });
    for details in [
        vec![never.clone()],
        vec![of_tags.clone()],
        vec![never.clone(), of_tags.clone()],
        vec![detail("ResourceReference", "R"), unheard],
    ] {
        check(&details, &[], "B");
    }
    check(
        &[never, of_tags, detail("ResourceReference", "R")],
        &[],
        "S",
    );
}

#[test]
fn what_is_said_to_leave_keeps_nothing() {
    let by_ref = || detail("ResourceReference", "R");
    let keeps = other("R", "Modify", "False");
    for said in [
        json!({ "PolicyAction": "ReplaceAndDelete" }),
        json!({ "PolicyAction": "ReplaceAndRetain" }),
        json!({ "ResourceDriftStatus": "DELETED" }),
    ] {
        check(&[by_ref()], &[with(keeps.clone(), &said)], "B");
        let own = reviewed(&[with(table("T", &[by_ref()]), &said)]);
        assert_ne!(letter(own.changes[0].verdict), "S", "{said}");
    }
    check(&[by_ref()], &[keeps], "S");
}

#[test]
fn other_causes_settle_nothing() {
    for (source, entity) in [
        ("ResourceAttribute", "R.StreamArn"),
        ("ResourceAttribute", "R.Outputs.Name"),
        ("ResourceAttribute", "R.Outputs.Arn"),
        ("ResourceAttribute", "R"),
        ("ResourceReference", "R.Arn"),
        ("ParameterReference", "P"),
        ("DirectModification", ""),
        ("Automatic", "R"),
        ("Unheard", "R"),
    ] {
        check(&[detail(source, entity)], &[], "B");
        check(
            &[detail("ResourceReference", "R"), detail(source, entity)],
            &[],
            if source == "DirectModification" {
                "S"
            } else {
                "B"
            },
        );
    }
    let nothing = changed(
        detail("ResourceReference", "R"),
        "/CausingEntity",
        &Value::Null,
    );
    check(&[nothing], &[], "B");
    check(&[], &[], "B");
}

#[test]
fn the_twin_of_a_reference_says_nothing_more_than_it() {
    let twin = detail("DirectModification", "");
    let reference = detail("ResourceReference", "R");
    check(&[reference.clone(), twin.clone()], &[], "S");
    check(
        &[twin.clone(), reference.clone()],
        &[other("R", "Add", "False")],
        "B",
    );
    let elsewhere = changed(twin.clone(), "/Target/Path", &json!("/Properties/Q"));
    check(&[reference.clone(), elsewhere], &[], "B");
    let is_static = changed(twin, "/Evaluation", &json!("Static"));
    check(&[reference, is_static], &[], "B");
}

#[test]
fn what_recreates_nothing_does_not_matter() {
    let never = changed(
        detail("ParameterReference", "P"),
        "/Target/RequiresRecreation",
        &json!("Never"),
    );
    check(&[never.clone(), detail("ResourceReference", "R")], &[], "S");
    let mut same = detail("ParameterReference", "P");
    same["Target"]["BeforeValue"] = json!("orders");
    same["Target"]["AfterValue"] = json!("orders");
    check(&[never, same.clone()], &[], "S");
    same["Target"]["AfterValue"] = json!("{{changeSet:KNOWN_AFTER_APPLY}}");
    same["Target"]["BeforeValue"] = same["Target"]["AfterValue"].clone();
    check(&[same], &[], "B");
}

#[test]
fn it_is_settled_through_others_and_not_in_a_circle() {
    let to = |id: &str| detail("ResourceReference", id);
    let chain = [table("R", &[to("S")]), table("S", &[to("U")])];
    check(&[to("R")], &chain, "S");
    let mut broken = chain.to_vec();
    broken.push(other("U", "Modify", "True"));
    check(&[to("R")], &broken, "B");
    check(&[to("R")], &[table("R", &[to("T")])], "B");
    check(&[to("T")], &[], "B");
}
