//! A world with one function in it, and the real SDKs' clients of it.

use std::collections::BTreeMap;
use std::path::Path;

use aws_smithy_http_client::Builder;
use emulator::template::{Context, Template};
use emulator::{Account, AliasChange, Beginning, Code, CodeStore, Emulator, Program, Timestamp};

use crate::harness::BINARIES;

/// A stack of one function, `Mirror`, whose alias `live` is gated by an alarm and no hooks.
const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Timeout: { Type: Number, Default: 30 }
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
    store: CodeStore,
    template: Template,
    parameters: BTreeMap<String, String>,
}

impl World {
    pub(super) async fn new() -> Self {
        let beginning = Beginning {
            account: Account::default(),
            seed: 1,
            now: Timestamp::from_millis(1_767_225_600_000),
        };
        Self {
            emulator: Emulator::start(beginning).await.unwrap(),
            store: CodeStore::create().unwrap(),
            template: Template::read(TEMPLATE).unwrap(),
            parameters: BTreeMap::new(),
        }
    }

    /// The same with functions that may run for one second only.
    pub(super) async fn of_impatience() -> Self {
        Self {
            parameters: BTreeMap::from([("Timeout".to_owned(), "1".to_owned())]),
            ..Self::new().await
        }
    }

    /// Deploys the mirror with an argument, which it ignores and which makes it another release.
    pub(super) fn deploy(&self, release: &str) -> AliasChange {
        let binary = BINARIES
            .iter()
            .find(|(name, _)| *name == "mirror")
            .unwrap()
            .1;
        self.deploy_program(Program {
            path: binary.into(),
            args: vec![release.to_owned()],
        })
    }

    pub(super) fn deploy_program(&self, program: Program) -> AliasChange {
        let programs = BTreeMap::from([("Mirror".to_owned(), program)]);
        let code = Code {
            store: &self.store,
            programs: &programs,
            template_directory: Path::new("."),
        };
        let mut context = Context {
            parameters: self.parameters.clone(),
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
            stack_name: "test".to_owned(),
            ..Context::default()
        };
        let stack = self.template.resolve(&context).unwrap();
        context.versions = self.emulator.publish(&stack, &code).unwrap();
        let stack = self.template.resolve(&context).unwrap();
        self.emulator
            .apply(&stack, &context.versions)
            .unwrap()
            .remove("Mirror")
            .unwrap()
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
    client!(schemas, aws_sdk_schemas);
}
