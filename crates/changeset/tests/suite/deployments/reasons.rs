//! What a person is told.

use changeset::Shift;
use serde_json::{Value, json};

use super::{UPDATE, change, changed, code_of, detail, found, gated, new_version, version_of};
use crate::with;

#[test]
fn a_person_is_told_why() {
    let mut latest = gated();
    latest["Resources"]["Staging"]["Properties"]["FunctionVersion"] = json!("$LATEST");
    let policy = json!({ "Details": [
        detail("Properties", "FunctionVersion", "Dynamic", Some("OrdersVersion0123456789.Version")),
        detail("UpdatePolicy", "", "Static", None),
    ] });
    let again = detail("Properties", "Environment", "Dynamic", Some("Table.Arn"));
    type Row = (
        &'static str,
        Vec<Value>,
        Option<Value>,
        &'static [&'static str],
    );
    let rows: Vec<Row> = vec![
        ("a new version", new_version(), Some(gated()), &[]),
        (
            "a new version, without a template",
            new_version(),
            None,
            &["only the template says whether CodeDeploy shifts it: give --template"],
        ),
        (
            "no new version",
            vec![code_of("Orders")],
            Some(latest),
            &[
                "no version of it is published: whoever invokes $LATEST gets the change at once, and no alias does",
                "CodeDeploy shifts its alias prod, which does not move in this change set",
                "its alias staging is $LATEST, and serves the change at once",
            ],
        ),
        (
            "a hook",
            vec![code_of("Post")],
            Some(gated()),
            &[
                "it is a hook itself",
                "no version of it is published: whoever invokes $LATEST gets the change at once, and no alias does",
                "the template has no alias of it",
            ],
        ),
        (
            "a version and no alias",
            vec![
                code_of("Orders"),
                change("OrdersVersion0123456789", "Version", "Add"),
            ],
            None,
            &["no alias of it moves in this change set"],
        ),
        (
            "what is only looked up again",
            vec![
                with(code_of("Orders"), &json!({ "Details": [again] })),
                change("Whose", "Version", "Add"),
            ],
            None,
            &[
                "whether it changes is known when the change set is executed",
                "no alias of it moves in this change set",
            ],
        ),
        (
            "the gate changes, too",
            vec![
                with(version_of("OrdersAliasprod", "Orders", "prod"), &policy),
                change("Group", "DeploymentGroup", "Modify"),
                change("OrdersVersion0123456789", "Version", "Add"),
            ],
            Some(gated()),
            &[
                "its UpdatePolicy changes by this change set, too; what is said here is of the new one",
                "its deployment group changes by this change set, too",
            ],
        ),
        (
            "nothing checks it",
            new_version(),
            Some(changed(
                UPDATE,
                json!({ "ApplicationName": "a", "DeploymentGroupName": { "Ref": "Group" } }),
            )),
            &["CodeDeploy shifts it, and runs no hook"],
        ),
        (
            "the group is not there",
            new_version(),
            Some(changed(
                &format!("{UPDATE}/DeploymentGroupName"),
                json!("shared"),
            )),
            &[
                "the deployment group is not in the template, which would say the configuration and the alarms",
            ],
        ),
    ];
    for (name, changes, template, expected) in rows {
        let found = found(&changes, template);
        let texts: Vec<String> = found
            .iter()
            .flat_map(|deployment| {
                let unknown = |shift: &Shift| {
                    let unknown = shift
                        .code_deploy
                        .as_ref()
                        .map(|deployment| deployment.unknown.clone());
                    [shift.notes.clone(), unknown.unwrap_or_default()].concat()
                };
                let of_shifts = deployment.shifts.iter().flat_map(unknown);
                deployment
                    .reasons
                    .iter()
                    .cloned()
                    .chain(of_shifts)
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(texts, expected, "{name}");
    }
}
