//! The law: never safe where the old resource is deleted and its type is stateful. Every combination of what
//! CloudFormation can say, with the absent and the unknown.

use changeset::{Action, PolicyAction, Replacement, Verdict};
use serde_json::{Value, json};

use crate::{found, with};

const CLASSES: [(&str, bool); 5] = [
    ("AWS::DynamoDB::Table", true),
    ("AWS::CloudFormation::Stack", true),
    ("AWS::Lambda::LayerVersion", false),
    ("Custom::Thing", false),
    ("AWS::SNS::Topic", false),
];

/// Every value of an enumeration, one that is not in it, and none.
fn values<'a>(known: impl Iterator<Item = &'a str>) -> Vec<Option<&'a str>> {
    known.chain(["Unheard"]).map(Some).chain([None]).collect()
}

/// Whether the old resource is, or may be, deleted: told from the words alone, in another way than the crate does.
fn may_be_deleted(
    action: Option<&str>,
    replacement: Option<&str>,
    policy_action: Option<&str>,
) -> bool {
    let keeps = match policy_action {
        Some("Retain" | "Snapshot") => Some(action == Some("Remove")),
        Some("ReplaceAndRetain" | "ReplaceAndSnapshot") => Some(action == Some("Modify")),
        Some(_) => return true,
        None => None,
    };
    match action {
        Some("Add" | "Import" | "SyncWithActual") => false,
        Some("Remove") => keeps != Some(true),
        Some("Modify") => replacement != Some("False") && keeps != Some(true),
        // What is not determined may be anything.
        _ => true,
    }
}

#[test]
fn what_may_delete_data_is_never_safe() {
    let actions = values(Action::ALL.iter().map(Action::as_str));
    let replacements = values(Replacement::ALL.iter().map(Replacement::as_str));
    let policy_actions = values(PolicyAction::ALL.iter().map(PolicyAction::as_str));
    let mut combinations = 0;
    for (resource_type, is_stateful) in CLASSES {
        for action in &actions {
            for replacement in &replacements {
                for policy_action in &policy_actions {
                    combinations += 1;
                    let said = json!({
                        "Action": action, "Replacement": replacement, "PolicyAction": policy_action,
                    });
                    let change = with(
                        json!({ "LogicalResourceId": "X", "ResourceType": resource_type }),
                        &said,
                    );
                    let finding = found(&change);
                    if may_be_deleted(*action, *replacement, *policy_action) {
                        if is_stateful {
                            assert_eq!(finding.verdict, Verdict::Blocked, "{change}");
                        } else if !matches!(
                            policy_action,
                            Some("Delete" | "ReplaceAndDelete") | None
                        ) {
                            assert!(finding.verdict >= Verdict::Review, "{change}");
                        }
                    }
                    let has_remedy = finding.remedy.is_some();
                    assert_eq!(has_remedy, finding.verdict == Verdict::Blocked, "{change}");
                    let says_why = !finding.reasons.is_empty();
                    assert!(says_why || finding.verdict == Verdict::Safe, "{change}");
                }
            }
        }
    }
    assert_eq!(combinations, 5 * 8 * 5 * 8);
}

#[test]
fn null_is_absent() {
    let bare =
        json!({ "LogicalResourceId": "X", "ResourceType": "AWS::SNS::Topic", "Action": "Add" });
    let nulls = json!({
        "Replacement": Value::Null, "PolicyAction": null, "Scope": null, "Details": null, "ChangeSetId": null,
        "BeforeContext": null, "AfterContext": null, "PhysicalResourceId": null, "ResourceDriftStatus": null,
    });
    let (one, other) = (found(&bare), found(&with(bare.clone(), &nulls)));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}
