//! Templates, which say which deployments a change set starts.

use std::fs;

use serde_json::{Value, json};

use super::cloud::{Answer, Cloud, ROOT, check, missing};
use crate::harness::top_level;

const STACK: &str = "tests/stacks/deploys-a-gated-function";

fn text(file: &str) -> String {
    fs::read_to_string(top_level().join(file)).unwrap()
}

#[test]
fn aws_is_asked_for_the_template_where_functions_change() {
    let set = |file: &str| -> Value {
        let mut set: Value = serde_json::from_str(&text(file)).unwrap();
        set["ChangeSetId"] = ROOT.into();
        set
    };
    let functions = set(&format!("{STACK}/changeset.json"));
    let tables = set("tests/stacks/adds-a-table/changeset.json");
    let body = json!({ "TemplateBody": text(&format!("{STACK}/template.json")) });
    let denied = Answer::Refused(
        403,
        "AccessDenied",
        "not authorized to perform: cloudformation:GetTemplate",
    );
    let gated = "  VersionedOrderAPI  gated\n";
    let unknown = "  VersionedOrderAPI  not known whether gated\n";
    let rows: [(&Value, Answer, usize, &[&str]); 5] = [
        (&functions, Answer::Page(body), 1, &[gated]),
        (
            &functions,
            denied,
            1,
            &[unknown, "warning: ", "cloudformation:GetTemplate"],
        ),
        // It decides nothing, so that it stops nothing.
        (&functions, missing(), 1, &[unknown, "warning: "]),
        (
            &functions,
            Answer::Page(json!({ "TemplateBody": "Resources: [" })),
            1,
            &[unknown, "warning: the template of"],
        ),
        (&tables, missing(), 0, &["safe: "]),
    ];
    for (set, template, times, said) in rows {
        let page = set.clone();
        let cloud = Cloud::answering(move |asked, _| match &*asked.action {
            "GetTemplate" => template.clone(),
            _ => Answer::Page(page.clone()),
        });
        check(&cloud.run(&[ROOT]), 0, said);
        let asked = cloud.asked();
        let asked: Vec<_> = asked
            .iter()
            .filter(|asked| asked.action == "GetTemplate")
            .collect();
        assert_eq!(asked.len(), times);
        let is_processed = |stage: &str| stage == "Processed";
        assert!(
            asked.iter().all(|asked| asked.get("ChangeSetName") == ROOT
                && is_processed(asked.get("TemplateStage")))
        );
    }
}
