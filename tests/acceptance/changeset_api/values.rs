//! Values of properties: they explain, and do not decide.

use serde_json::{Value, json};

use super::cloud::{Answer, Cloud, ROOT, added, but, check, created, removed, table};

/// What is described without values, and with them.
fn described(plain: Value, detailed: Answer) -> Cloud {
    let detailed = std::sync::Mutex::new(Some(detailed));
    Cloud::answering(move |asked, _| {
        if asked.is_with_values() {
            detailed.lock().unwrap().take().unwrap()
        } else {
            Answer::Page(plain.clone())
        }
    })
}

#[test]
fn what_is_left_out_with_values_still_counts() {
    let plain = || created(ROOT, &[added("Audit"), removed("Orders")]);
    let reason =
        "[WARN] --include-property-values option can return incomplete ChangeSet data because: …";
    let incomplete = but(
        created(ROOT, &[added("Audit")]),
        json!({"StatusReason": reason}),
    );
    let only_detailed = created(ROOT, &[added("Audit"), removed("Orders"), removed("Ghost")]);
    let rows = [
        (
            Answer::Page(incomplete),
            &[
                "left out the values of Orders",
                "CloudFormation does not know all values: [WARN]",
            ][..],
        ),
        (Answer::Page(only_detailed), &["describes Ghost otherwise"]),
        (
            Answer::Page(created(ROOT, &[])),
            &["left out the values of Audit, Orders"],
        ),
        (
            Answer::Refused(
                400,
                "ValidationError",
                "IncludePropertyValues is not supported",
            ),
            &[
                "the values of properties are not known",
                "IncludePropertyValues is not supported",
            ],
        ),
        (
            Answer::Stranger(200, "<html>"),
            &["the values of properties are not known"],
        ),
        (
            missing_status(),
            &["the values of properties are not known"],
        ),
    ];
    for (detailed, warned) in rows {
        let ran = described(plain(), detailed).run(&[ROOT]);
        check(&ran, 1, &["blocked: 1 blocked, 0 to review, 1 safe"]);
        for warning in warned {
            assert!(
                ran.stderr.contains(warning),
                "{warning:?} is not in {}",
                ran.stderr
            );
        }
    }
}

fn missing_status() -> Answer {
    Answer::Page(but(
        created(ROOT, &[added("Audit")]),
        json!({"Status": null}),
    ))
}

#[test]
fn a_policy_counts_where_nothing_else_says_it() {
    let maybe = |members: Value| {
        let change = json!({"Action": "Modify", "Replacement": "Conditional"});
        created(ROOT, &[table("Orders", but(change, members))])
    };
    let retained = json!({"AfterContext": r#"{"UpdateReplacePolicy":"Retain","Properties":{}}"#});
    let cut = json!({"AfterContext": r#"{"UpdateReplacePolicy":"Retain","Prop"#});
    let contradicting = but(retained.clone(), json!({"Replacement": "False"}));
    for (detailed, status) in [(json!({}), 1), (retained, 0), (cut, 1), (contradicting, 1)] {
        let ran = described(maybe(json!({})), Answer::Page(maybe(detailed.clone()))).run(&[ROOT]);
        assert_eq!(
            ran.status, status,
            "{detailed}: {}{}",
            ran.stdout, ran.stderr
        );
    }
}

#[test]
fn secrets_are_shown_on_request_only() {
    let change = |target: Value, context: Value| {
        let target = but(
            json!({"Attribute": "Properties", "Name": "TableName", "RequiresRecreation": "Always"}),
            target,
        );
        let details = json!([{"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}]);
        let members = json!({
            "Action": "Modify", "Replacement": "True", "PolicyAction": "ReplaceAndDelete", "Details": details,
        });
        created(ROOT, &[table("Orders", but(members, context))])
    };
    let values =
        json!({"Path": "/Properties/TableName", "BeforeValue": "hunter2", "AfterValue": "hunter3"});
    let contexts = json!({
        "BeforeContext": r#"{"Properties":{"TableName":"hunter2","Token":"hunter2"}}"#,
        "AfterContext": r#"{"Properties":{"TableName":"hunter3","Token":"hunter3"}}"#,
    });
    for format in ["table", "markdown", "json"] {
        for show in [false, true] {
            let detailed = Answer::Page(change(values.clone(), contexts.clone()));
            let cloud = described(change(json!({}), json!({})), detailed);
            let mut args = vec![ROOT, "--format", format];
            args.extend(show.then_some("--show-values"));
            let ran = cloud.run(&args);
            check(&ran, 1, &["Orders"]);
            let text = format!("{}{}", ran.stdout, ran.stderr);
            assert_eq!(text.contains("hunter2"), show, "{args:?}: {text}");
            assert_eq!(text.contains("hunter3"), show, "{args:?}: {text}");
        }
    }
}
