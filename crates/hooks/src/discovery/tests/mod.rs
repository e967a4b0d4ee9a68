//! Discovery against every combination of what its sources may say.

mod fakes;

use super::*;
use crate::ports::CallErrorKind::{
    AccessDenied, NoAnswer, NotFound, Refused, Throttled, Unavailable,
};
use LifecycleEvent::{AfterAllowTraffic, BeforeAllowTraffic};
use fakes::{Fake, alias, progress, revision, some};

type Change = fn(&mut Fake);

const A: [&str; 2] = [
    "codedeploy:GetDeployment",
    "codedeploy:GetApplicationRevision",
];
const B: [&str; 2] = [
    "codedeploy:ListDeploymentTargets",
    "codedeploy:GetDeploymentTarget",
];

/// What `pre`, whose binary is made for BeforeAllowTraffic, discovers; and the calls that were made.
async fn play(
    hook: Hook<'_>,
    change: impl FnOnce(&mut Fake),
) -> (Result<Discovered, String>, Vec<&'static str>) {
    let mut aws = Fake::default();
    change(&mut aws);
    let found = discover(&aws, hook, "d-1").await;
    (
        found.map_err(|error| reason(&error)),
        aws.calls.into_inner().unwrap(),
    )
}

const PRE: Hook<'_> = Hook {
    lifecycle_event: BeforeAllowTraffic,
    function_name: "pre",
};

/// The shift from 2 to 3 is found with these calls, for this lifecycle event, and the notes have these parts.
async fn finds(
    hook: Hook<'_>,
    change: impl FnOnce(&mut Fake),
    calls: &[&str],
    event: LifecycleEvent,
    notes: &[&str],
) {
    let (found, made) = play(hook, change).await;
    let found = found.unwrap_or_else(|error| panic!("{notes:?}: {error}"));
    let qualifier = match event {
        BeforeAllowTraffic => "3",
        AfterAllowTraffic => "live",
    };
    let target = Target {
        function: "F".to_owned(),
        address: "F".to_owned(),
        qualifier: qualifier.to_owned(),
        alias: some("live"),
        current_version: some("2"),
        target_version: some("3"),
    };
    assert_eq!(
        (found.target, found.lifecycle_event, made.as_slice()),
        (target, event, calls)
    );
    assert_eq!(found.notes.len(), notes.len(), "{:?}", found.notes);
    for (note, part) in found.notes.iter().zip(notes) {
        assert!(note.contains(part), "{part}: {note}");
    }
}

/// Nothing is found, after these calls, and the reason has all of these parts.
async fn refuses(change: impl FnOnce(&mut Fake), calls: &[&str], parts: &[&str]) {
    let (found, made) = play(PRE, change).await;
    let error = found.expect_err("refused");
    for part in parts {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!(made, calls, "{error}");
}

#[tokio::test]
async fn the_app_spec_suffices() {
    finds(PRE, |_| {}, &A, BeforeAllowTraffic, &[]).await;
    let content = |aws: &mut Fake| {
        let revision = aws.info().revision.as_mut().unwrap();
        revision.revision_type = "AppSpecContent".to_owned();
    };
    finds(PRE, content, &A, BeforeAllowTraffic, &[]).await;
    // Neither is in the answers of old deployments.
    let bare = |aws: &mut Fake| {
        aws.info().status = None;
        aws.info().compute_platform = None;
    };
    finds(PRE, bare, &A, BeforeAllowTraffic, &[]).await;
    for status in ["Created", "Queued", "InProgress", "Baking", "Ready"] {
        let change = |aws: &mut Fake| aws.info().status = some(status);
        finds(PRE, change, &A, BeforeAllowTraffic, &[]).await;
    }
}

#[tokio::test]
async fn the_app_spec_says_which_hook_this_is() {
    let references = [
        "pre",
        "pre:live",
        "123456789012:function:pre",
        "'arn:aws:lambda:eu-west-1:123456789012:function:pre'",
        "'arn:aws:lambda:eu-west-1:123456789012:function:pre:7'",
    ];
    let note = "this is the hook for BeforeAllowTraffic, and validates AfterAllowTraffic, because its AppSpec";
    for reference in references {
        let change = |aws: &mut Fake| {
            let hooks = format!("AfterAllowTraffic: {reference}");
            aws.app_spec("BeforeAllowTraffic: pre, AfterAllowTraffic: post", &hooks);
        };
        finds(PRE, change, &A, AfterAllowTraffic, &[note]).await;
    }
    // Not named at all, for example when somebody invokes the hook by hand.
    for name in ["pre-2", "Pre", "other"] {
        for lifecycle_event in [BeforeAllowTraffic, AfterAllowTraffic] {
            let hook = Hook {
                lifecycle_event,
                function_name: name,
            };
            finds(hook, |_| {}, &A, lifecycle_event, &[]).await;
        }
    }
}

#[tokio::test]
async fn one_function_for_both_hooks_asks_which_is_in_progress() {
    let both = [A, B].concat();
    let with_alias = [both.as_slice(), &["lambda:GetAlias"]].concat();
    finds(PRE, Fake::both, &both, BeforeAllowTraffic, &[]).await;
    let note = "and validates AfterAllowTraffic";
    let after = |aws: &mut Fake| {
        aws.both();
        aws.target().lifecycle_events = progress(["Succeeded", "Succeeded", "InProgress"]);
    };
    finds(PRE, after, &both, AfterAllowTraffic, &[note]).await;

    // Where the target does not tell, the alias does.
    let silent: [Change; 4] = [
        |aws| aws.targets = Err(AccessDenied),
        |aws| aws.target = Err(Throttled),
        |aws| aws.target().lifecycle_events.clear(),
        |aws| aws.target().lifecycle_events = progress(["Unknown", "InProgress", "Unknown"]),
    ];
    for change in silent {
        for (version, event, notes) in [
            ("2", BeforeAllowTraffic, [].as_slice()),
            ("3", AfterAllowTraffic, &[note]),
        ] {
            let change = |aws: &mut Fake| {
                aws.both();
                aws.alias = alias(version, &[]);
                change(aws);
            };
            let (_, made) = play(PRE, change).await;
            assert_eq!(made.last(), Some(&"lambda:GetAlias"));
            finds(PRE, change, &made, event, notes).await;
        }
    }

    // And where neither tells, the reason has what all of them said.
    let names = "names pre for both of its hooks";
    for (points, part) in [
        (
            Err(AccessDenied),
            "its alias: denied: lambda:GetAlias failed",
        ),
        (Err(NotFound), "its alias: missing: lambda:GetAlias failed"),
        (alias("7", &[]), "its alias: it points at version 7 with 0"),
        (alias("2", &[("3", 0.1)]), "at version 2 with 1 other"),
    ] {
        let change = |aws: &mut Fake| {
            aws.both();
            aws.target().lifecycle_events.clear();
            aws.alias = points.clone();
        };
        let silent = "its deployment target: neither is in progress";
        refuses(change, &with_alias, &[names, silent, part]).await;
        let change = |aws: &mut Fake| {
            aws.both();
            aws.target = Err(AccessDenied);
            aws.alias = points;
        };
        let denied = "its deployment target: denied: codedeploy:GetDeploymentTarget failed";
        refuses(change, &with_alias, &[names, denied, part]).await;
    }
}

#[tokio::test]
async fn sources_that_contradict_each_other_are_refused() {
    let both = [A, B].concat();
    let changes: [(Change, &str); 4] = [
        (
            |aws| aws.target().function = some("G"),
            "live of G goes from version 2 to 3",
        ),
        (
            |aws| aws.target().alias = some("prod"),
            "prod of F goes from version 2 to 3",
        ),
        (
            |aws| aws.target().current_version = some("1"),
            "live of F goes from version 1 to 3",
        ),
        (
            |aws| aws.target().target_version = some("4"),
            "live of F goes from version 2 to 4",
        ),
    ];
    for (change, part) in changes {
        let part = format!("its deployment target: {part}");
        let change = |aws: &mut Fake| {
            aws.both();
            change(aws);
        };
        let said = [
            "the sources of deployment d-1 contradict each other",
            "its AppSpec: live of F goes from version 2 to 3",
            part.as_str(),
        ];
        refuses(change, &both, &said).await;
    }
    // What is not said does not contradict.
    let partial = |aws: &mut Fake| {
        aws.both();
        aws.target().current_version = None;
        aws.target().function = None;
    };
    finds(PRE, partial, &both, BeforeAllowTraffic, &[]).await;
}

#[tokio::test]
async fn the_target_stands_in_for_the_app_spec() {
    let one = [A[0], B[0], B[1]];
    let two = [A, B].concat();
    let rows: [(Change, &[&str], &str); 11] = [
        (
            |aws| aws.deployment = Err(AccessDenied),
            &one,
            "denied: codedeploy:GetDeployment failed",
        ),
        (
            |aws| aws.deployment = Err(NotFound),
            &one,
            "missing: codedeploy:GetDeployment failed",
        ),
        (
            |aws| aws.deployment = Err(NoAnswer),
            &one,
            "not available: codedeploy:GetDeployment failed",
        ),
        (
            |aws| aws.info().revision = None,
            &one,
            "missing: the deployment has no revision",
        ),
        (
            |aws| aws.info().revision.as_mut().unwrap().revision_type = "S3".to_owned(),
            &one,
            "not in CodeDeploy: the revision is of type `S3`",
        ),
        (
            |aws| aws.info().revision.as_mut().unwrap().revision_type = "GitHub".to_owned(),
            &one,
            "not in CodeDeploy: the revision is of type `GitHub`",
        ),
        (
            |aws| aws.revision = Err(AccessDenied),
            &two,
            "denied: codedeploy:GetApplicationRevision failed",
        ),
        (
            |aws| aws.revision = Ok(None),
            &two,
            "missing: the revision has no content",
        ),
        (
            |aws| aws.revision = revision(Some(" \n")),
            &two,
            "missing: the revision has no content",
        ),
        (
            |aws| aws.app_spec("Alias: live", "Alias: *live"),
            &two,
            "not understood: the AppSpec is not valid YAML",
        ),
        (
            |aws| aws.app_spec("Alias: live, ", ""),
            &two,
            "not understood: the AppSpec has no Alias",
        ),
    ];
    for (change, calls, said) in rows {
        finds(PRE, change, calls, BeforeAllowTraffic, &[said]).await;
        let after = |aws: &mut Fake| {
            aws.target().lifecycle_events = progress(["Succeeded", "Succeeded", "InProgress"]);
            change(aws);
        };
        let note = "validates AfterAllowTraffic, because that is in progress";
        finds(PRE, after, calls, AfterAllowTraffic, &[said, note]).await;
        let silent = |aws: &mut Fake| {
            aws.target().lifecycle_events.clear();
            change(aws);
        };
        finds(PRE, silent, calls, BeforeAllowTraffic, &[said]).await;

        // And when the target cannot help either, both are in the reason.
        let unknown = "cannot find out what deployment d-1 deploys";
        let first = format!("its AppSpec: {said}");
        let blind: [(Change, &str); 9] = [
            (
                |aws| aws.target = Err(AccessDenied),
                "denied: codedeploy:GetDeploymentTarget failed",
            ),
            (
                |aws| aws.target = Err(NotFound),
                "missing: codedeploy:GetDeploymentTarget failed",
            ),
            (
                |aws| aws.target = Err(Refused),
                "not available: codedeploy:GetDeploymentTarget failed",
            ),
            (
                |aws| aws.target().target_version = None,
                "not understood: there is no targetVersion",
            ),
            (
                |aws| aws.target().current_version = None,
                "not understood: there is no currentVersion",
            ),
            (
                |aws| aws.target().function = some("../F"),
                "not understood: functionName is `../F`, which is not the name of a function",
            ),
            (
                |aws| aws.target().alias = some("$LATEST"),
                "not understood: functionAlias is `$LATEST`, which is not the name of an alias",
            ),
            (
                |aws| aws.target().target_version = some("$LATEST"),
                "not understood: targetVersion is `$LATEST`, which is not a published version",
            ),
            (
                |aws| aws.target().target_version = some("2"),
                "not understood: its current and target version are both 2",
            ),
        ];
        for (blind, second) in blind {
            let second = format!("its deployment target: {second}");
            let change = |aws: &mut Fake| {
                change(aws);
                blind(aws);
            };
            refuses(change, calls, &[unknown, &first, &second]).await;
        }
    }
    for (ids, part) in [
        (vec![], "there are 0 of them"),
        (vec!["a", "b"], "there are 2"),
    ] {
        let change = |aws: &mut Fake| {
            aws.deployment = Err(Unavailable);
            aws.targets = Ok(ids.into_iter().map(str::to_owned).collect());
        };
        refuses(change, &one[..2], &[part]).await;
    }
}

#[tokio::test]
async fn what_cannot_be_gated_is_refused_without_a_second_source() {
    for (from, to, part) in [
        (
            "TargetVersion: 3",
            "TargetVersion: $LATEST",
            "the AppSpec of deployment d-1 asks for cannot be gated: TargetVersion is `$LATEST`, which is not a published version",
        ),
        (
            "CurrentVersion: 2",
            "CurrentVersion: $LATEST",
            "CurrentVersion is `$LATEST`",
        ),
        (
            "TargetVersion: 3",
            "TargetVersion: 2",
            "its current and target version are both 2, so there is no new version to check",
        ),
        (", TargetVersion: 3", "", "there is no TargetVersion"),
        ("CurrentVersion: 2,", "", "there is no CurrentVersion"),
        (
            "TargetVersion: 3",
            "TargetVersion: ''",
            "TargetVersion is ``",
        ),
        (
            "TargetVersion: 3",
            "TargetVersion: 03",
            "TargetVersion is `03`",
        ),
        ("TargetVersion: 3", "TargetVersion: 3.5", "is `3.5`"),
        ("TargetVersion: 3", "TargetVersion: -3", "is `-3`"),
        (
            "Alias: live",
            "Alias: $LATEST",
            "what deployment d-1 deploys cannot be gated: the AppSpec's Alias is `$LATEST`",
        ),
        ("Name: F", "Name: ../F", "Name is `../F`"),
        (
            "AWS::Lambda::Function",
            "AWS::ECS::Service",
            "is of type `AWS::ECS::Service`",
        ),
    ] {
        refuses(|aws| aws.app_spec(from, to), &A, &[part]).await;
    }
    let ecs = |aws: &mut Fake| aws.info().compute_platform = some("ECS");
    refuses(ecs, &A[..1], &["compute platform ECS, not Lambda"]).await;
    for status in ["Succeeded", "Failed", "Stopped"] {
        let ended = |aws: &mut Fake| aws.info().status = some(status);
        let part = format!("deployment d-1 has ended already ({status})");
        refuses(ended, &A[..1], &[&part]).await;
    }
    for statuses in [
        ["Succeeded", "Succeeded", "Succeeded"],
        ["Failed", "Skipped", "Skipped"],
    ] {
        let ended = |aws: &mut Fake| {
            aws.deployment = Err(AccessDenied);
            aws.target().lifecycle_events = progress(statuses);
        };
        let part = "deployment d-1 has ended already (by all of its lifecycle events)";
        refuses(ended, &[A[0], B[0], B[1]], &[part]).await;
    }
}
