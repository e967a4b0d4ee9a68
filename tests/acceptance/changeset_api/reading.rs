//! Which change sets are read, and that all of each is.

use serde_json::{Value, json};

use super::cloud::{
    Answer, Cloud, INNERMOST, NESTED, ROOT, added, but, check, created, page, removed, stack,
};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/version-demo/0";

#[test]
fn what_is_on_a_later_page_counts() {
    let first = but(created(ROOT, &[added("Audit")]), json!({"NextToken": "1"}));
    let second = but(created(ROOT, &[added("Other")]), json!({"NextToken": "2"}));
    let third = created(ROOT, &[removed("Orders")]);
    let cloud = Cloud::with(&[(ROOT, vec![first, second, third])]);
    let ran = cloud.run(&[ROOT]);
    check(
        &ran,
        1,
        &[
            "blocked: 1 blocked, 0 to review, 2 safe",
            "Orders",
            "--allow Orders=remove",
        ],
    );
}

#[test]
fn the_arn_that_was_reviewed_is_printed() {
    let cloud = Cloud::with(&[(ROOT, vec![created(ROOT, &[added("Audit")])])]);
    for format in ["table", "markdown", "json"] {
        let ran = cloud.run(&[ROOT, "--format", format]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains(ROOT), "{format}: {}", ran.stdout);
    }
    let ran = cloud.run(&[ROOT, "--format", "json"]);
    assert_eq!(ran.json()["changeSetId"], ROOT);
}

#[test]
fn names_are_looked_up_once() {
    let cloud = Cloud::answering(|asked, _| {
        let page = created(ROOT, &[removed("Orders")]);
        match (asked.get("StackName"), asked.get("ChangeSetName")) {
            ("version-demo", "update") | ("", ROOT) => Answer::Page(page),
            other => panic!("{other:?}"),
        }
    });
    let ran = cloud.run(&["--stack", "version-demo", "--change-set", "update"]);
    check(&ran, 1, &[ROOT, "Orders"]);
    let by_name = |asked: &super::cloud::Asked| !asked.get("StackName").is_empty();
    let asked = cloud.asked();
    assert!(
        by_name(&asked[0]) && !asked[1..].iter().any(by_name),
        "{asked:?}"
    );
}

#[test]
fn a_change_set_is_asked_for_in_its_own_region() {
    let cloud = Cloud::with(&[(ROOT, vec![created(ROOT, &[])])]);
    let warning = "warning: --region says us-east-2, and the change set is of eu-west-1";
    for (args, region, is_warned) in [
        (&[ROOT][..], "eu-west-1", false),
        (&[ROOT, "--region", "eu-west-1"], "eu-west-1", false),
        (&[ROOT, "--region", "us-east-2"], "us-east-2", true),
        (
            &["--stack", STACK, "--change-set", ROOT],
            "eu-west-1",
            false,
        ),
    ] {
        let ran = cloud.run(args);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert_eq!(ran.stderr.contains(warning), is_warned, "{}", ran.stderr);
        let received = cloud.received();
        let signed = received.last().unwrap().headers["authorization"]
            .to_str()
            .unwrap();
        assert!(
            signed.contains(&format!("/{region}/cloudformation/")),
            "{signed}"
        );
    }
}

#[test]
fn nested_stacks_are_followed() {
    let root = created(ROOT, &[added("Audit"), stack("Storage", NESTED)]);
    let child = |arn, root, changes: &[Value]| {
        let members = json!({
            "ParentChangeSetId": root, "RootChangeSetId": ROOT, "ExecutionStatus": "UNAVAILABLE",
            "StatusReason": "Only executable from the root change set.",
        });
        but(created(arn, changes), members)
    };
    let nested = child(NESTED, ROOT, &[stack("Inner", INNERMOST)]);
    let innermost = child(INNERMOST, NESTED, &[removed("Orders")]);
    let circle = child(NESTED, ROOT, &[stack("Again", ROOT)]);
    let of_other = |status: &str| but(nested.clone(), json!({"Status": status}));
    let sets = |nested: &Value| vec![(ROOT, vec![root.clone()]), (NESTED, vec![nested.clone()])];
    let whole = [sets(&nested), vec![(INNERMOST, vec![innermost])]].concat();

    let rows: [(Vec<_>, i32, &[&str]); 5] = [
        (
            whole,
            1,
            &[
                "Storage/Inner/Orders",
                "--allow Storage/Inner/Orders=remove",
            ],
        ),
        // What cannot be read is never passed.
        (sets(&nested), 2, &["there is no change set ", INNERMOST]),
        (
            vec![(ROOT, vec![root.clone()])],
            2,
            &["there is no change set ", NESTED],
        ),
        (
            sets(&of_other("DELETE_COMPLETE")),
            2,
            &[NESTED, "its Status is DELETE_COMPLETE"],
        ),
        (sets(&circle), 2, &["in a circle"]),
    ];
    for (sets, status, said) in rows {
        check(&Cloud::with(&sets).run(&[ROOT]), status, said);
    }
}

#[test]
fn what_never_ends_is_ended() {
    // One token again and again; another one each time; deeper and deeper.
    let same =
        Cloud::answering(|_, _| Answer::Page(but(created(ROOT, &[]), json!({"NextToken": "1"}))));
    check(&same.run(&[ROOT]), 2, &["says that itself comes next"]);
    let other = Cloud::answering(|_, before| {
        let token = before.to_string();
        Answer::Page(but(created(ROOT, &[]), json!({"NextToken": token})))
    });
    check(&other.run(&[ROOT]), 2, &["has more than 100 pages"]);
    let deeper = Cloud::answering(|asked, _| {
        let arn = asked.get("ChangeSetName");
        Answer::Page(created(arn, &[stack("S", &format!("{arn}x"))]))
    });
    check(
        &deeper.run(&[ROOT]),
        2,
        &["nested more than 50 levels deep"],
    );
}

#[test]
fn an_answer_of_another_set_is_none() {
    let rows = [
        (created(NESTED, &[]), &["answered with ", NESTED][..]),
        (
            but(created(ROOT, &[]), json!({"ChangeSetId": null})),
            &["a change set without an ARN"],
        ),
        (
            but(created(ROOT, &[]), json!({"Status": null})),
            &["did not say the Status of ", ROOT],
        ),
        (
            created(ROOT, &[json!({"Type": "Resource"})]),
            &["change 1 is not of a resource"],
        ),
    ];
    for (answer, said) in rows {
        check(&Cloud::with(&[(ROOT, vec![answer])]).run(&[ROOT]), 2, said);
    }
}

#[test]
fn a_service_of_its_own_may_have_an_endpoint_of_its_own() {
    let cloud = Cloud::answering(|asked, _| page(&[(ROOT, vec![created(ROOT, &[])])], asked));
    let mut command = cloud.command(&[ROOT]);
    command.env_remove("AWS_ENDPOINT_URL");
    command.env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud.url());
    check(&command.output().unwrap().into(), 0, &[ROOT]);
    command.env("AWS_ENDPOINT_URL_CLOUDFORMATION", "nowhere");
    let ran = command.output().unwrap().into();
    check(
        &ran,
        2,
        &["AWS_ENDPOINT_URL_CLOUDFORMATION: \"nowhere\" is no URL"],
    );
}
