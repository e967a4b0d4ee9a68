//! When each configuration shifts how much, and which configurations are refused.

use deployment::{ConfigError, DeploymentConfig, TrafficRouting, Weight};

/// The schedule as `percent@minutes`, one after the other.
fn render(config: &DeploymentConfig) -> String {
    let steps: Vec<String> = config
        .schedule()
        .iter()
        .map(|step| {
            assert_eq!(step.at.as_millis() % 60_000, 0);
            format!("{}@{}", step.weight.percent(), step.at.as_secs() / 60)
        })
        .collect();
    steps.join(" ")
}

#[test]
fn predefined() {
    let check = |name: &str, expected: &str| {
        let config = DeploymentConfig::predefined(name).unwrap();
        assert_eq!(config.name(), name);
        assert_eq!(render(&config), expected, "{name}");
        let sam_type = name.strip_prefix("CodeDeployDefault.Lambda").unwrap();
        assert_eq!(DeploymentConfig::from_sam_type(sam_type), Some(config));
        name.to_owned()
    };
    let checked = [
        check("CodeDeployDefault.LambdaAllAtOnce", "100@0"),
        check(
            "CodeDeployDefault.LambdaCanary10Percent5Minutes",
            "10@0 100@5",
        ),
        check(
            "CodeDeployDefault.LambdaCanary10Percent10Minutes",
            "10@0 100@10",
        ),
        check(
            "CodeDeployDefault.LambdaCanary10Percent15Minutes",
            "10@0 100@15",
        ),
        check(
            "CodeDeployDefault.LambdaCanary10Percent30Minutes",
            "10@0 100@30",
        ),
        check(
            "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
            "10@0 20@1 30@2 40@3 50@4 60@5 70@6 80@7 90@8 100@9",
        ),
        check(
            "CodeDeployDefault.LambdaLinear10PercentEvery2Minutes",
            "10@0 20@2 30@4 40@6 50@8 60@10 70@12 80@14 90@16 100@18",
        ),
        check(
            "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes",
            "10@0 20@3 30@6 40@9 50@12 60@15 70@18 80@21 90@24 100@27",
        ),
        check(
            "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes",
            "10@0 20@10 30@20 40@30 50@40 60@50 70@60 80@70 90@80 100@90",
        ),
    ];
    let all: Vec<String> = DeploymentConfig::all_predefined()
        .iter()
        .map(|config| config.name().to_owned())
        .collect();
    assert_eq!(all, checked);
    assert_eq!(
        DeploymentConfig::lambda_all_at_once().name(),
        "CodeDeployDefault.LambdaAllAtOnce"
    );
}

#[test]
fn names_that_are_not_predefined() {
    for name in [
        "",
        "LambdaAllAtOnce",
        "CodeDeployDefault.OneAtATime",
        "CodeDeployDefault.AllAtOnce",
        "CodeDeployDefault.LambdaLinear10PercentEvery1Minutes",
        "codedeploydefault.LambdaAllAtOnce",
        "CodeDeployDefault.ECSAllAtOnce",
        "CodeDeployDefault.LambdaAllAtOnce ",
    ] {
        assert_eq!(DeploymentConfig::predefined(name), None, "{name:?}");
    }
    for sam_type in [
        "",
        "allatonce",
        "LambdaAllAtOnce",
        "Linear10PercentEvery1Minutes",
        "Canary20Percent5Minutes",
    ] {
        assert_eq!(
            DeploymentConfig::from_sam_type(sam_type),
            None,
            "{sam_type:?}"
        );
    }
}

#[test]
fn custom() {
    let canary = |percentage, interval, expected: &str| {
        let config = DeploymentConfig::custom_canary("c", percentage, interval).unwrap();
        assert_eq!(render(&config), expected);
    };
    canary(1, 1, "1@0 100@1");
    canary(25, 60, "25@0 100@60");
    canary(99, 2880, "99@0 100@2880");

    let linear = |percentage, interval, expected: &str| {
        let config = DeploymentConfig::custom_linear("l", percentage, interval).unwrap();
        assert_eq!(render(&config), expected);
    };
    linear(25, 720, "25@0 50@720 75@1440 100@2160");
    linear(50, 1440, "50@0 100@1440");
    // What does not divide 100 leaves a smaller last step.
    linear(30, 5, "30@0 60@5 90@10 100@15");
    linear(33, 1, "33@0 66@1 99@2 100@3");
    linear(40, 2, "40@0 80@2 100@4");
    linear(51, 7, "51@0 100@7");
    linear(33, 960, "33@0 66@960 99@1920 100@2880");
    linear(99, 2880, "99@0 100@2880");
    let finest = DeploymentConfig::custom_linear("l", 1, 28)
        .unwrap()
        .schedule();
    assert_eq!(finest.len(), 100);
    assert_eq!(finest[99].at.as_secs(), 99 * 28 * 60);

    assert_eq!(
        render(&DeploymentConfig::custom_all_at_once("a").unwrap()),
        "100@0"
    );
    assert_eq!(
        DeploymentConfig::custom_canary("my.config_1", 5, 7)
            .unwrap()
            .traffic_routing(),
        TrafficRouting::TimeBasedCanary {
            percentage: 5,
            interval_minutes: 7
        }
    );
}

#[test]
fn refused_numbers() {
    let check = |result: Result<DeploymentConfig, ConfigError>, expected: &str| {
        let error = result.unwrap_err();
        assert_eq!(
            error.exception(),
            "InvalidTrafficRoutingConfigurationException"
        );
        assert_eq!(error.to_string(), expected);
    };
    for percentage in [0, 100, -1, 256, i32::MAX, i32::MIN] {
        let expected = format!("the percentage must be from 1 to 99, but is {percentage}");
        check(
            DeploymentConfig::custom_canary("c", percentage, 5),
            &expected,
        );
        check(
            DeploymentConfig::custom_linear("c", percentage, 5),
            &expected,
        );
    }
    for interval in [0, -1, 2881, 65_537, i32::MAX, i32::MIN] {
        let expected = format!("the interval must be from 1 to 2880 minutes, but is {interval}");
        check(
            DeploymentConfig::custom_canary("c", 10, interval),
            &expected,
        );
    }
    for (percentage, interval, max) in [
        (25, 721, 720),
        (10, 289, 288),
        (33, 961, 960),
        (50, 1441, 1440),
        (1, 29, 28),
        (99, 2881, 2880),
    ] {
        let expected = format!("the interval must be from 1 to {max} minutes, but is {interval}");
        check(
            DeploymentConfig::custom_linear("c", percentage, interval),
            &expected,
        );
    }
}

#[test]
fn names_of_custom_configurations() {
    let check = |name: &str, expected: Option<&str>| {
        let exception = DeploymentConfig::custom_all_at_once(name)
            .err()
            .map(|error| error.exception());
        assert_eq!(exception, expected, "{name:?}");
    };
    check("x", None);
    check("Ab0+=,.@_-", None);
    check(&"n".repeat(100), None);
    check("", Some("DeploymentConfigNameRequiredException"));
    let invalid = Some("InvalidDeploymentConfigNameException");
    check(&"n".repeat(101), invalid);
    check("a b", invalid);
    check("a/b", invalid);
    check("ü", invalid);
    check("CodeDeployDefault.Mine", invalid);
}

#[test]
fn weights() {
    assert_eq!(Weight::new(101), None);
    assert_eq!(Weight::new(100), Some(Weight::FULL));
    assert_eq!(Weight::new(0), Some(Weight::ZERO));
    for (percent, fraction) in [
        (0, 0.0),
        (10, 0.1),
        (20, 0.2),
        (30, 0.3),
        (70, 0.7),
        (90, 0.9),
        (100, 1.0),
    ] {
        let weight = Weight::new(percent).unwrap();
        // The division rounds as the literal does, so no tolerance is needed.
        assert!(weight.fraction() == fraction, "{weight}");
    }
}
