//! Other templates than ours: what a rehearsal makes of stacks that are built differently.

use std::fs;

use crate::harness::{BINARIES, Copy, TOLLGATE, tollgate, write_script};

fn binary(name: &str) -> &'static str {
    BINARIES.iter().find(|(known, _)| *known == name).unwrap().1
}

#[test]
fn an_alarm_that_cannot_be_evaluated_is_no_comfort() {
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace(
            "          - !Ref CanaryEvidenceAlarm\n          - !Ref CanaryWatchErrorsAlarm\n",
            "          - another-stacks-alarm\n",
        )
    });
    let ran = copy.rehearse(&["--new", "fails-one-in-twenty"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("the alarm another-stacks-alarm could not be evaluated here"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains(
            "2 hooks reported Succeeded and no alarm watched, although version 2 failed "
        ),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr
            .contains("the alarm another-stacks-alarm is not in the template"),
        "{}",
        ran.stderr
    );
}

#[test]
fn without_requests_alarms_saw_nothing() {
    let ran = Copy::new().rehearse(&["--requests", "0"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("no requests were sent"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_watch_that_may_not_read_the_counts_is_seen_to_fail() {
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")
    });
    let failed = ["CanaryWatch failed: ", "cloudwatch:GetMetricData failed"];
    let stopped = "would roll back: the alarm <CanaryWatch-errors> fired";
    let told = " times: what it did not publish, the alarm VersionedOrderAPI-prod-canary-evidence did not see";
    let check = |copy: &Copy, status, verdict| {
        let ran = copy.rehearse(&[]);
        assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
        for part in failed.into_iter().chain([verdict]) {
            assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
        }
    };
    check(&copy, 1, stopped);
    // Where no alarm is on the watch itself.
    copy.spoil("template.yaml", |text| {
        text.replace("          - !Ref CanaryWatchErrorsAlarm\n", "")
    });
    check(&copy, 0, told);
}

#[test]
fn hooks_find_their_layer_without_being_told() {
    let copy = Copy::new();
    let variable = "          GATE_EVENTS_DIR: /opt\n";
    let alone = format!("      Environment:\n        Variables:\n{variable}");
    copy.spoil("template.yaml", |text| {
        text.replace(&alone, "").replace(variable, "")
    });
    let ran = copy.rehearse(&[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(
        ran.stdout.matches("3 of 3 events met").count(),
        2,
        "{}",
        ran.stdout
    );
}

#[test]
fn one_function_may_serve_both_hooks() {
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace(
            "PostTraffic: !Ref CodeDeployHookPostTraffic",
            "PostTraffic: !Ref CodeDeployHookPreTraffic",
        )
    });
    let ran = copy.rehearse(&["--parameter-overrides", "DeploymentType=AllAtOnce"]);
    let at = |part: &str| {
        ran.stdout
            .find(part)
            .unwrap_or_else(|| panic!("{part:?} is not in {}", ran.stdout))
    };
    let invoked = at("CodeDeployHook_PreTraffic invoked");
    assert!(
        invoked < at("3 of 3 events met") && at("3 of 3 events met") < at("AllowTraffic Succeeded"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_template_without_hooks_ships_unchecked_and_says_so() {
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace("        Hooks:\n          PreTraffic: !Ref CodeDeployHookPreTraffic\n          PostTraffic: !Ref CodeDeployHookPostTraffic\n", "")
    });
    let ran = copy.rehearse(&["--new", "lost-validation"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("would ship: the deployment succeeded unchecked"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("no hook checked anything"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_sam_built_is_played_with_its_files() {
    let copy = Copy::new();
    let built = |function: &str, name: &str| {
        let folder = copy.path(&format!(".aws-sam/build/{function}"));
        fs::create_dir_all(&folder).unwrap();
        // Each program stands beside its bootstrap, and only a package that is taken whole has it.
        fs::copy(binary(name), folder.join("main")).unwrap();
        let bootstrap = folder.join("bootstrap");
        write_script(&bootstrap, "#!/bin/sh\nexec \"$LAMBDA_TASK_ROOT/main\"\n");
    };
    built("VersionedOrderAPI", "lost-validation");
    built("CodeDeployHookPreTraffic", "pre-traffic");
    built("CodeDeployHookPostTraffic", "post-traffic");
    built("CanaryWatch", "canary-watch");
    let template = fs::read_to_string(copy.path("template.yaml")).unwrap();
    // As `sam build` writes it: a CodeUri for each function, and the layer's content where it was.
    let mut rewritten = template
        .replace("    CodeUri: .\n", "")
        .replace("ContentUri: events/", "ContentUri: ../../events");
    for function in [
        "VersionedOrderAPI",
        "CodeDeployHookPreTraffic",
        "CodeDeployHookPostTraffic",
        "CanaryWatch",
    ] {
        let head = format!("\n  {function}:\n    Type: AWS::Serverless::Function\n");
        let properties = rewritten.find(&head).unwrap()
            + rewritten
                .split(&head)
                .nth(1)
                .unwrap()
                .find("    Properties:\n")
                .unwrap()
            + head.len();
        rewritten.insert_str(
            properties + "    Properties:\n".len(),
            &format!("      CodeUri: {function}\n"),
        );
    }
    fs::write(copy.path(".aws-sam/build/template.yaml"), rewritten).unwrap();
    let output = tollgate()
        .current_dir(copy.path("."))
        .env_remove("TOLLGATE_BIN_DIR")
        .args([
            "rehearse",
            ".aws-sam/build/template.yaml",
            "--current",
            binary("release-1-0-0"),
        ])
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        stdout.contains("statusCode: expected 400, got 200"),
        "{stdout}"
    );
}

/// A second gated function beside VersionedOrderAPI, with the same hooks, which may do with it what they must.
fn with_two_gated_functions() -> Copy {
    let copy = Copy::new();
    let second = "
  Second:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: rust-cargolambda
      BuildProperties:
        Binary: order-api
    Properties:
      FunctionName: Second
      AutoPublishAlias: live
      DeploymentPreference:
        Type: AllAtOnce
        Hooks:
          PreTraffic: !Ref CodeDeployHookPreTraffic

  MayCheckSecond:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: MayCheckSecond
      Roles: [!Ref CodeDeployHookPreTrafficRole]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Action:
              - codedeploy:GetDeployment
              - codedeploy:PutLifecycleEventHookExecutionStatus
            Resource: !Sub 'arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:${ServerlessDeploymentApplication}/${SecondDeploymentGroup}'
          - Effect: Allow
            Action: lambda:InvokeFunction
            Resource: !Sub '${Second.Arn}:*'
          - Effect: Allow
            Action: schemas:DescribeSchema
            Resource: '*'

Outputs:
";
    copy.spoil("template.yaml", |text| text.replace("\nOutputs:\n", second));
    let events = copy.path("events/Second");
    fs::create_dir_all(&events).unwrap();
    fs::copy(
        copy.path("events/VersionedOrderAPI/GetOrderStatus.json"),
        events.join("GetOrderStatus.json"),
    )
    .unwrap();
    copy
}

#[test]
fn every_gated_function_of_a_stack_is_rehearsed() {
    let copy = with_two_gated_functions();
    let ran = tollgate()
        .current_dir(copy.path("."))
        .args([
            "rehearse",
            "--function",
            "Second",
            "--current",
            "release-1-0-0",
        ])
        .output()
        .unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{stdout}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(
        stdout.contains("Second:live") && stdout.contains("1 of 1 events met"),
        "{stdout}"
    );
    // Without a word on their current releases neither can be played, and both say so.
    let ran = tollgate()
        .current_dir(copy.path("."))
        .args(["rehearse", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let document: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(document["exitStatus"], 2);
    for rehearsal in document["rehearsals"].as_array().unwrap() {
        assert!(
            rehearsal["notPlayed"]
                .as_str()
                .unwrap()
                .contains("which release is deployed now?"),
            "{rehearsal}"
        );
    }
    assert_eq!(document["rehearsals"][1]["function"], "Second");
}

#[test]
fn scenarios_that_a_stack_cannot_have_are_not_counted_as_played() {
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace(
            "          - !Ref CanaryEvidenceAlarm\n          - !Ref CanaryWatchErrorsAlarm\n",
            "          - another-stacks-alarm\n",
        )
        .replace(
            "        Type: !Ref DeploymentType\n",
            "        Type: !Ref DeploymentType\n        Role: arn:aws:iam::123456789012:role/own\n",
        )
    });
    for (scenario, reason) in [
        ("alarm-active", "has no alarm that could fire here"),
        ("hook-not-invocable", "has a Role of its own"),
        ("panics", "no release is named for this"),
    ] {
        let ran = copy.rehearse(&["--scenario", scenario]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
    }
    // Outside a workspace, `--current` is all that the others need.
    let ran = copy.rehearse(&["--scenario", "hook-crashes"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_scenario_that_ends_for_another_reason_did_not_end_as_it_must() {
    let names = tempfile::tempdir().unwrap();
    for (name, path) in BINARIES {
        // Every faulty release is the one that lost its validation: PreTraffic stops them all, no alarm has to.
        let path = if name == "fails-one-in-twenty" {
            binary("lost-validation")
        } else {
            path
        };
        std::os::unix::fs::symlink(path, names.path().join(name)).unwrap();
    }
    let ran = std::process::Command::new(TOLLGATE)
        .current_dir(crate::harness::top_level())
        .env("NO_COLOR", "1")
        .args(["rehearse", "--scenario", "all", "--bin-dir"])
        .arg(names.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{stdout}");
    assert!(
        stdout.ends_with("15 of 16 scenarios ended as they must\n"),
        "{stdout}"
    );
    assert!(stdout.contains("NOT AS IT MUST"), "{stdout}");
}

#[test]
fn a_broken_workspace_is_named() {
    let copy = Copy::new();
    fs::write(copy.path("Cargo.toml"), "[workspace\n").unwrap();
    let ran = copy.rehearse(&[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("cargo cannot read the workspace") && ran.stderr.contains("Cargo.toml"),
        "{}",
        ran.stderr
    );
}

#[test]
fn reserved_variables_are_refused_as_lambda_does() {
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace(
            "          GATE_EVENTS_DIR: /opt\n",
            "          GATE_EVENTS_DIR: /opt\n          AWS_REGION: eu-west-1\n",
        )
    });
    let ran = copy.rehearse(&[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("Reserved keys used in this request: AWS_REGION"),
        "{}",
        ran.stderr
    );
}

#[test]
fn alarms_of_other_kinds_do_not_stop_a_rehearsal() {
    let alarms = "          - !Ref CanaryEvidenceAlarm\n          - !Ref CanaryWatchErrorsAlarm\n";
    let resources = "\nOutputs:\n";
    let composite = "
  Composite:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties:
      AlarmRule: ALARM(VersionedOrderAPI-prod-canary-evidence)

Outputs:
";
    let rows: [(&str, &str, &str); 3] = [
        (
            "          - !Ref Composite\n",
            composite,
            "could not be evaluated here",
        ),
        (
            "          - !ImportValue their-alarm\n",
            resources,
            "could not be evaluated here",
        ),
        (
            "          - !Ref CanaryEvidenceAlarm\n",
            resources,
            "and no alarm watched",
        ),
    ];
    for (preference, end, expected) in rows {
        let copy = Copy::new();
        copy.spoil("template.yaml", |text| {
            text.replace(alarms, preference)
                .replace(resources, end)
                .replace(
                    "      Statistic: Maximum\n",
                    "      ExtendedStatistic: p99\n",
                )
        });
        let ran = copy.rehearse(&[]);
        assert_eq!(ran.status, 0, "{preference}: {}{}", ran.stdout, ran.stderr);
        assert!(
            ran.stdout.contains(expected),
            "{preference}: {}",
            ran.stdout
        );
    }
}

#[test]
fn an_alias_that_sam_makes_too_is_refused() {
    let copy = Copy::new();
    copy.spoil("template.yaml", |text| {
        text.replace("      Name: staging\n", "      Name: prod\n")
    });
    let ran = copy.rehearse(&[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("template.yaml:") && ran.stderr.contains("Alias already exists: prod"),
        "{}",
        ran.stderr
    );
}

#[test]
fn texts_name_the_paths_that_functions_have_on_lambda() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.path("events/VersionedOrderAPI")).unwrap();
    let ran = copy.rehearse(&[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("/opt/VersionedOrderAPI/"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("tollgate-code-"), "{}", ran.stdout);
}
