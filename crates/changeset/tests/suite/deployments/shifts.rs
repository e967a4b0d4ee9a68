//! What shifts, and by whom.

use changeset::{Templates, deployments};
use serde_json::{Value, json};

use super::{SHIFTS, change, code_of, detail, found, gated, lines, new_version, version_of};
use crate::{parsed, set_of, with};

#[test]
fn what_a_change_set_means_with_its_template() {
    let and = |more: &[Value]| [new_version().as_slice(), more].concat();
    let without = |index: usize| {
        let mut changes = new_version();
        changes.remove(index);
        changes
    };
    let alias = |members: &Value| with(version_of("OrdersAliasprod", "Orders", "prod"), members);
    let gated_by_prod = format!("Orders gated: {SHIFTS}");
    let by_prod = || gated_by_prod.clone();
    let perhaps = || gated_by_prod.replace("CodeDeploy C", "CodeDeploy? C");
    let text = str::to_owned;
    // What is found of several functions is put apart by semicolons.
    let rows: Vec<(&str, Vec<Value>, String)> = vec![
        ("nothing", vec![], String::new()),
        ("a new version", new_version(), by_prod()),
        (
            "an alias beside it",
            and(&[version_of("Staging", "Orders", "staging")]),
            format!("{gated_by_prod}, Staging (staging) at once"),
        ),
        (
            "the hooks, too",
            and(&[code_of("Pre"), change("Post", "Function", "Modify")]),
            by_prod() + "; Pre NOT gated; Post NOT gated",
        ),
        ("without the function", without(1), by_prod()),
        ("without the alias", without(2), text("Orders NOT gated")),
        (
            "only the function",
            vec![code_of("Orders")],
            text("Orders NOT gated"),
        ),
        (
            "the version is added elsewhere",
            vec![version_of("OrdersAliasprod", "Orders", "prod")],
            perhaps(),
        ),
        (
            "a version by number",
            vec![alias(
                &json!({ "Details": [detail("Properties", "FunctionVersion", "Static", None)] }),
            )],
            by_prod(),
        ),
        (
            "another property of the alias",
            vec![alias(
                &json!({ "Details": [detail("Properties", "Description", "Static", None)] }),
            )],
            String::new(),
        ),
        (
            "a change without details",
            vec![alias(&json!({ "Details": null, "Scope": null }))],
            perhaps(),
        ),
        (
            "a value that stays",
            vec![alias(&json!({ "Details": [
                { "Target": { "Attribute": "Properties", "Name": "FunctionVersion", "BeforeValue": "3", "AfterValue": "3" } },
            ] }))],
            String::new(),
        ),
        (
            "a new alias",
            vec![
                code_of("Orders"),
                change("OrdersVersion0123456789", "Version", "Add"),
                change("OrdersAliasprod", "Alias", "Add"),
            ],
            text("Orders NOT gated: OrdersAliasprod (prod) first"),
        ),
        (
            "an alias that is replaced",
            vec![code_of("Orders"), alias(&json!({ "Replacement": "True" }))],
            text("Orders NOT gated: OrdersAliasprod (prod) replaced"),
        ),
        (
            "an alias that may be",
            vec![
                code_of("Orders"),
                alias(&json!({ "Replacement": "Conditional", "Details": null })),
            ],
            text("Orders unknown: OrdersAliasprod (prod) unknown?"),
        ),
        (
            "an alias of which CloudFormation cannot tell",
            vec![alias(&json!({ "Action": "Dynamic" }))],
            text("Orders unknown: OrdersAliasprod (prod) unknown?"),
        ),
        (
            "an alias that leaves",
            vec![
                code_of("Orders"),
                change("OrdersAliasprod", "Alias", "Remove"),
            ],
            text("Orders NOT gated"),
        ),
        (
            "an alias that the template does not have",
            vec![version_of("Other", "Shop", "live")],
            text("Shop-1A2B unknown: Other (live) unknown?"),
        ),
        (
            "a new function, one that leaves, and tags",
            vec![
                change("New", "Function", "Add"),
                change("Old", "Function", "Remove"),
                with(
                    code_of("Post"),
                    &json!({ "Details": [detail("Tags", "", "Static", None)] }),
                ),
            ],
            text("New NOT gated"),
        ),
    ];
    for (name, changes, expected) in rows {
        assert_eq!(
            lines(&found(&changes, Some(gated()))).join("; "),
            expected,
            "{name}"
        );
    }
}

#[test]
fn without_a_template_nothing_counts_as_gated() {
    let rows: Vec<(&str, Vec<Value>, &[&str])> = vec![
        (
            "a new version",
            new_version(),
            &["Orders unknown: OrdersAliasprod (prod) unknown"],
        ),
        // Neither a version nor an alias: CodeDeploy has nothing to do, whatever the template says.
        (
            "only the function",
            vec![code_of("Orders")],
            &["Orders NOT gated"],
        ),
        (
            "another function's alias",
            vec![code_of("Orders"), version_of("Live", "Shop", "live")],
            &[
                "Orders NOT gated",
                "Shop-1A2B unknown: Live (live) unknown?",
            ],
        ),
        (
            "a new alias of nobody knows which function",
            vec![
                code_of("Orders"),
                change("Live", "Alias", "Add"),
                change("New", "Function", "Add"),
            ],
            &[
                "Orders unknown",
                "New NOT gated",
                "? NOT gated: Live (?) first",
            ],
        ),
        (
            "an alias that is replaced",
            vec![with(
                version_of("Live", "Shop", "live"),
                &json!({ "Replacement": "True" }),
            )],
            &["Shop-1A2B NOT gated: Live (live) replaced"],
        ),
    ];
    for (name, changes, expected) in rows {
        assert_eq!(lines(&found(&changes, None)), expected, "{name}");
    }
}

#[test]
fn a_nested_stack_goes_by_its_own_template() {
    let root = set_of(&[json!({
        "LogicalResourceId": "Shop", "ResourceType": "AWS::CloudFormation::Stack", "Action": "Modify",
        "Replacement": "False", "ChangeSetId": "nested",
    })]);
    let nested = with(set_of(&new_version()), &json!({ "ChangeSetId": "nested" }));
    let sets = [parsed(&root), parsed(&nested)];
    let gated_in_shop = format!("Shop/Orders gated: Shop/{SHIFTS}");
    let rows = [
        (
            Templates {
                root: Some(gated()),
                ..Templates::default()
            },
            "Shop/Orders unknown: Shop/OrdersAliasprod (prod) unknown",
        ),
        (
            Templates {
                root: Some(json!({})),
                by_change_set: [("nested".to_owned(), gated())].into(),
            },
            gated_in_shop.as_str(),
        ),
    ];
    for (templates, expected) in rows {
        assert_eq!(lines(&deployments(&sets, &templates).unwrap()), [expected]);
    }
}
