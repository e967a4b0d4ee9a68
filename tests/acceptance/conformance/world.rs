//! A world with one function in it, and the real SDKs' clients of it.

use std::collections::BTreeMap;
use std::path::Path;

use aws_smithy_http_client::Builder;
use emulator::{AliasChange, Emulator, Program};

use crate::stack::{Stack, emulator, program};

/// A stack of one function, `Mirror`, whose alias `live` is gated by an alarm and no hooks.
const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Timeout: { Type: Number, Default: 30 }
  LogFormat: { Type: String, Default: Text }
  LogGroup: { Type: String, Default: '' }
Conditions:
  HasLogGroup: !Not [!Equals [!Ref LogGroup, '']]
Resources:
  Mirror:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mirror
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      Timeout: !Ref Timeout
      MemorySize: 256
      Environment:
        Variables: { STAGE: test }
      LoggingConfig:
        LogFormat: !Ref LogFormat
        LogGroup: !If [HasLogGroup, !Ref LogGroup, !Ref AWS::NoValue]
      AutoPublishAlias: live
      DeploymentPreference:
        Type: Canary10Percent5Minutes
        Alarms: [!Ref Errors]
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: errors
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions:
        - { Name: FunctionName, Value: mirror }
        - { Name: Resource, Value: 'mirror:live' }
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
";

pub(super) struct World {
    pub(super) emulator: Emulator,
    stack: Stack,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The same with functions that may run for one second only.
    pub(super) async fn of_impatience() -> Self {
        Self::with(&[("Timeout", "1")]).await
    }

    /// The same with other parameters of the template.
    pub(super) async fn with(parameters: &[(&str, &str)]) -> Self {
        Self {
            emulator: emulator().await,
            stack: Stack::new(TEMPLATE, Path::new("."), parameters),
        }
    }

    /// A world of another template, whose relative paths begin at `directory`; nothing is deployed yet.
    pub(super) async fn of(template: &str, directory: &Path) -> Self {
        Self {
            emulator: emulator().await,
            stack: Stack::new(template, directory, &[]),
        }
    }

    /// Deploys the template's functions.
    pub(super) fn deploy_all(&self, programs: &BTreeMap<String, Program>) {
        self.stack.deploy(&self.emulator, programs);
    }

    /// Publishes versions of the template's functions, and leaves the aliases where they are.
    pub(super) fn publish(&self, programs: &BTreeMap<String, Program>) {
        self.stack.publish(&self.emulator, programs);
    }

    /// Deploys the mirror with an argument, which it ignores and which makes it another release.
    pub(super) fn deploy(&self, release: &str) -> AliasChange {
        self.deploy_program(program("mirror", &[release]))
    }

    pub(super) fn deploy_program(&self, program: Program) -> AliasChange {
        let programs = BTreeMap::from([("Mirror".to_owned(), program)]);
        let mut changes = self.stack.deploy(&self.emulator, &programs);
        changes.remove("Mirror").unwrap()
    }
}

/// The real SDK's client of one service, led to the emulator.
macro_rules! client {
    ($name:ident, $sdk:ident) => {
        pub(super) fn $name(&self) -> $sdk::Client {
            let credentials = $sdk::config::Credentials::new("test", "test", None, None, "test");
            let config = $sdk::Config::builder()
                .behavior_version_latest()
                .region($sdk::config::Region::new("us-east-1"))
                .credentials_provider(credentials)
                .http_client(Builder::new().build_http())
                .endpoint_url(self.emulator.endpoint());
            $sdk::Client::from_conf(config.build())
        }
    };
}

impl World {
    client!(lambda, aws_sdk_lambda);
    client!(codedeploy, aws_sdk_codedeploy);
    client!(cloudwatch, aws_sdk_cloudwatch);
    client!(cloudwatch_logs, aws_sdk_cloudwatchlogs);
    client!(schemas, aws_sdk_schemas);
}
