//! `tollgate changeset create`: whatever happens, nothing is left of a review; and what is, is said.

use std::fs;

use serde_json::{Value, json};

use super::cloud::{Answer, Asked, Cloud, ROOT, added, but, check, created, removed};
use super::world::{TEMPLATE, World};
use crate::harness::Ran;

fn denied() -> Option<Answer> {
    let message = "User: x is not authorized";
    Some(Answer::Refused(403, "AccessDenied", message))
}

fn create(cloud: &Cloud, args: &[&str]) -> Ran {
    let all = ["create", "--template", TEMPLATE, "--stack", "version-demo"];
    cloud.run(&[&all[..], args].concat())
}

fn actions(cloud: &Cloud) -> Vec<String> {
    cloud
        .asked()
        .into_iter()
        .map(|asked| asked.action)
        .collect()
}

#[test]
fn a_review_leaves_nothing() {
    let failed = json!({"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "StatusReason": "Transform failed"});
    let empty = json!({
        "Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "StatusReason": "No updates are to be performed.",
    });
    let sets = [
        (created(ROOT, &[added("Audit")]), 0, "safe: "),
        (
            created(ROOT, &[removed("Orders")]),
            1,
            "--allow Orders=remove",
        ),
        (
            but(created(ROOT, &[]), failed),
            2,
            "it is FAILED: Transform failed",
        ),
        (but(created(ROOT, &[]), empty), 0, "no resource changes"),
    ];
    let befores = [
        (None, None),
        // Not by this command: it stays.
        (Some("REVIEW_IN_PROGRESS"), Some("REVIEW_IN_PROGRESS")),
        (Some("UPDATE_COMPLETE"), Some("UPDATE_COMPLETE")),
    ];
    for (set, status, said) in &sets {
        for (before, after) in befores {
            let world = World::with(before);
            let cloud = world.cloud(set, |_, _, _| None);
            let ran = create(&cloud, &[]);
            check(&ran, *status, &[said]);
            assert_eq!(world.left(), (after, false), "{said} {before:?}");
            assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
        }
    }
}

#[test]
fn one_that_is_kept_can_be_executed() {
    for (changes, status) in [(vec![added("Audit")], 0), (vec![removed("Orders")], 1)] {
        let world = World::with(Some("CREATE_COMPLETE"));
        let cloud = world.cloud(&created(ROOT, &changes), |_, _, _| None);
        let ran = create(&cloud, &["--keep", "--allow", "Config=any"]);
        let next = format!("tollgate changeset execute {ROOT} --allow Config=any");
        check(&ran, status, &[&next]);
        assert_eq!(world.left(), (Some("CREATE_COMPLETE"), true));
        // A document stays one.
        let ran = create(
            &cloud,
            &["--keep", "--allow", "Config=any", "--format", "json"],
        );
        assert_eq!(ran.json()["changeSetId"], ROOT);
        assert!(ran.stderr.contains(&next), "{}", ran.stderr);
    }
    // There is nothing in this one, and it can never be executed.
    let empty = json!({"Status": "FAILED", "StatusReason": "No updates are to be performed."});
    let world = World::with(None);
    let cloud = world.cloud(&but(created(ROOT, &[]), empty), |_, _, _| None);
    check(&create(&cloud, &["--keep"]), 0, &["no resource changes"]);
    assert_eq!(world.left(), (None, false));
}

#[test]
fn what_cannot_be_taken_away_is_said_with_the_command() {
    type Left = (Option<&'static str>, bool);
    type Unusual = fn(&World, &Asked, usize) -> Option<Answer>;
    let delete_set = "aws cloudformation delete-change-set --change-set-name arn:aws:cloudformation:eu-west-1:123456789012:changeSet/update/";
    let delete_stack = "aws cloudformation delete-stack --stack-name version-demo";
    let new = (Some("REVIEW_IN_PROGRESS"), false);
    let rows: [(Option<&'static str>, Unusual, &[&str], Left); 5] = [
        (
            Some("CREATE_COMPLETE"),
            |_, asked, _| (asked.action == "DeleteChangeSet").then(denied)?,
            &[delete_set, "allow cloudformation:DeleteChangeSet"],
            (Some("CREATE_COMPLETE"), true),
        ),
        (
            None,
            |_, asked, _| (asked.action == "DeleteStack").then(denied)?,
            &[delete_stack, "allow cloudformation:DeleteStack"],
            new,
        ),
        (
            None,
            |_, asked, _| (asked.action == "ListChangeSets").then(denied)?,
            &[delete_stack, "allow cloudformation:ListChangeSets"],
            new,
        ),
        // Somebody else has made a change set of it meanwhile.
        (
            None,
            |world, _, _| {
                world.0.lock().unwrap().other = true;
                None
            },
            &[delete_stack, "it has another change set, theirs"],
            new,
        ),
        // Somebody has executed one: the stack is theirs.
        (
            None,
            |world, asked, _| {
                if asked.action == "DeleteChangeSet" {
                    world.0.lock().unwrap().status = Some("CREATE_COMPLETE");
                }
                None
            },
            &["safe: "],
            (Some("CREATE_COMPLETE"), false),
        ),
    ];
    for (before, unusual, said, left) in rows {
        let world = World::with(before);
        let cloud = world.cloud(&created(ROOT, &[added("Audit")]), unusual);
        // The verdict stands.
        check(&create(&cloud, &[]), 0, said);
        assert_eq!(world.left(), left, "{said:?}");
    }
}

#[test]
fn one_that_is_still_being_created_is_deleted_later() {
    let world = World::with(None);
    let cloud = world.cloud(&created(ROOT, &[added("Audit")]), |world, asked, _| {
        let mut state = world.0.lock().unwrap();
        // For the first call of its kind.
        (asked.action == "DeleteChangeSet" && !std::mem::replace(&mut state.other, true))
            .then(|| Answer::Refused(400, "InvalidChangeSetStatus", "it is in CREATE_IN_PROGRESS"))
    });
    check(&create(&cloud, &[]), 0, &["it has another change set"]);
    assert!(!world.left().1);
}

#[test]
fn without_an_answer_what_may_be_there_is_taken_away() {
    let lost = |world: &World, asked: &Asked, _| {
        (asked.action == "CreateChangeSet").then(|| {
            world.answer(asked, &Value::Null);
            Answer::Stranger(500, "no")
        })
    };
    let world = World::with(Some("CREATE_COMPLETE"));
    let cloud = world.cloud(&Value::Null, lost);
    check(
        &create(&cloud, &[]),
        2,
        &["cloudformation:CreateChangeSet failed"],
    );
    assert_eq!(world.left(), (Some("CREATE_COMPLETE"), false));
    // Under a name that was given it may be somebody else's.
    let world = World::with(Some("CREATE_COMPLETE"));
    let cloud = world.cloud(&Value::Null, lost);
    check(
        &create(&cloud, &["--change-set", "mine"]),
        2,
        &[
            "aws cloudformation describe-change-set --stack-name version-demo --change-set-name mine",
        ],
    );
    assert_eq!(world.left(), (Some("CREATE_COMPLETE"), true));
}

#[test]
fn what_is_refused_has_made_nothing() {
    for (action, expected) in [
        ("DescribeStacks", &["DescribeStacks"][..]),
        (
            "GetTemplateSummary",
            &["DescribeStacks", "GetTemplateSummary"],
        ),
        (
            "CreateChangeSet",
            &["DescribeStacks", "GetTemplateSummary", "CreateChangeSet"],
        ),
    ] {
        let world = World::with(Some("CREATE_COMPLETE"));
        let cloud = world.cloud(&Value::Null, move |_, asked, _| {
            (asked.action == action).then(denied)?
        });
        let ran = create(&cloud, &["--format", "json"]);
        check(
            &ran,
            2,
            &[&format!(
                "allow cloudformation:{action} to your role or user"
            )],
        );
        assert_eq!(ran.json()["exitStatus"], 2);
        assert_eq!(actions(&cloud), expected);
    }
}

#[test]
fn the_call_says_what_the_options_say() {
    let set = created(ROOT, &[added("Audit")]);
    let cloud = World::with(Some("CREATE_COMPLETE")).cloud(&set, |_, _, _| None);
    let args = [
        "--parameters",
        "Stage=dev",
        "New=1",
        "--tags",
        "team=orders",
        "--role-arn",
        "arn:role",
    ];
    check(&create(&cloud, &args), 0, &[]);
    check(
        &create(
            &cloud,
            &["--capabilities", "CAPABILITY_IAM", "--change-set", "mine"],
        ),
        0,
        &[],
    );
    // What may be executed, a person acknowledges.
    check(&create(&cloud, &["--keep"]), 0, &[]);
    let asked = cloud.asked();
    let asked: Vec<&Asked> = asked
        .iter()
        .filter(|asked| asked.action == "CreateChangeSet")
        .collect();
    let template = fs::read_to_string(crate::harness::top_level().join(TEMPLATE)).unwrap();
    let rows = [
        (0, "StackName", "version-demo"),
        (0, "ChangeSetType", "UPDATE"),
        (0, "IncludeNestedStacks", "true"),
        (0, "Parameters.member.1.ParameterKey", "Stage"),
        (0, "Parameters.member.1.ParameterValue", "dev"),
        (0, "Parameters.member.2.ParameterKey", "New"),
        // Of what the template does not declare any more, nothing is said.
        (0, "Parameters.member.3.ParameterKey", "Size"),
        (0, "Parameters.member.3.UsePreviousValue", "true"),
        (0, "Parameters.member.4.ParameterKey", ""),
        (0, "Tags.member.1.Key", "team"),
        (0, "RoleARN", "arn:role"),
        (0, "Capabilities.member.3", "CAPABILITY_AUTO_EXPAND"),
        (1, "Parameters.member.1.ParameterKey", "Size"),
        (1, "Parameters.member.2.ParameterKey", "Stage"),
        (1, "Parameters.member.2.UsePreviousValue", "true"),
        (1, "Capabilities.member.1", "CAPABILITY_IAM"),
        (1, "Capabilities.member.2", ""),
        (1, "Tags.member.1.Key", ""),
        (1, "ChangeSetName", "mine"),
        (2, "Capabilities.member.1", ""),
    ];
    for (call, name, expected) in rows {
        assert_eq!(asked[call].get(name), expected, "{call} {name}");
    }
    assert_eq!(asked[0].get("TemplateBody"), template);
    assert!(asked[0].get("ChangeSetName").starts_with("tollgate-"));
    // Of a stack that is not there.
    let cloud = World::with(None).cloud(&set, |_, _, _| None);
    check(&create(&cloud, &[]), 0, &[]);
    assert_eq!(cloud.asked()[1].get("ChangeSetType"), "CREATE");
}

#[test]
fn a_template_that_cloudformation_would_not_take_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.yaml");
    let path = file.to_str().unwrap();
    let cloud = World::with(None).cloud(&Value::Null, |_, _, _| None);
    let code = "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: ./src}}}";
    let large = "#".repeat(51_201);
    let rows = [
        (
            code,
            "Resources.F.Properties.CodeUri is \"./src\", which CloudFormation does not find",
        ),
        (&large, "is larger than 51200 bytes"),
    ];
    for (text, said) in rows {
        fs::write(&file, text).unwrap();
        check(
            &cloud.run(&["create", "--template", path, "--stack", "s"]),
            2,
            &[path, said],
        );
    }
    check(
        &cloud.run(&["create", "--template", "nowhere.yaml", "--stack", "s"]),
        2,
        &["cannot read the template nowhere.yaml"],
    );
    assert!(cloud.asked().is_empty());
}
