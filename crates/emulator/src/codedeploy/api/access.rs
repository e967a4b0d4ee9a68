//! Which ARNs an operation is about, for the permissions of its caller.

use serde_json::Value;

use super::super::CodeDeploy;
use super::super::records::Run;
use crate::lambda::Account;

/// How the input of an operation says what it is about (Service Authorization Reference, CodeDeploy, and for targets
/// and hooks the user guide's "permissions reference").
enum Subject {
    /// Nothing in particular.
    Any,
    /// `application:NAME`, from these members: one name, or several.
    Applications(&'static str),
    /// `deploymentgroup:APPLICATION/GROUP`, from this member: one name, or several.
    Groups(&'static str),
    /// `deploymentconfig:NAME`.
    Config,
    /// The deployment groups of these deployments: one id, or several.
    Deployments(&'static str),
    /// The resource itself is named.
    Arn,
}

fn subject(operation: &str) -> Subject {
    match operation {
        "BatchGetApplicationRevisions"
        | "CreateApplication"
        | "DeleteApplication"
        | "GetApplication"
        | "GetApplicationRevision"
        | "ListApplicationRevisions"
        | "ListDeploymentGroups"
        | "RegisterApplicationRevision"
        | "UpdateApplication" => Subject::Applications("applicationName"),
        "BatchGetApplications" => Subject::Applications("applicationNames"),
        "CreateDeployment"
        | "CreateDeploymentGroup"
        | "DeleteDeploymentGroup"
        | "GetDeploymentGroup"
        | "ListDeployments" => Subject::Groups("deploymentGroupName"),
        "UpdateDeploymentGroup" => Subject::Groups("currentDeploymentGroupName"),
        "BatchGetDeploymentGroups" => Subject::Groups("deploymentGroupNames"),
        "CreateDeploymentConfig" | "DeleteDeploymentConfig" | "GetDeploymentConfig" => {
            Subject::Config
        }
        "BatchGetDeploymentInstances"
        | "BatchGetDeploymentTargets"
        | "ContinueDeployment"
        | "GetDeployment"
        | "GetDeploymentInstance"
        | "GetDeploymentTarget"
        | "ListDeploymentInstances"
        | "ListDeploymentTargets"
        | "PutLifecycleEventHookExecutionStatus"
        | "SkipWaitTimeForInstanceTermination"
        | "StopDeployment" => Subject::Deployments("deploymentId"),
        "BatchGetDeployments" => Subject::Deployments("deploymentIds"),
        "TagResource" | "UntagResource" | "ListTagsForResource" => Subject::Arn,
        _ => Subject::Any,
    }
}

/// The ARNs, at least one; `*` where the input names nothing that is there.
pub(super) fn resources(
    codedeploy: &CodeDeploy,
    account: &Account,
    operation: &str,
    input: &Value,
) -> Vec<String> {
    let Account { region, account_id } = account;
    let prefix = format!("arn:aws:codedeploy:{region}:{account_id}");
    let group =
        |application: &str, group: &str| format!("{prefix}:deploymentgroup:{application}/{group}");
    let mut arns: Vec<String> = match subject(operation) {
        Subject::Any => Vec::new(),
        Subject::Applications(member) => texts(input, member)
            .map(|name| format!("{prefix}:application:{name}"))
            .collect(),
        Subject::Groups(member) => {
            let application = texts(input, "applicationName").next().unwrap_or("*");
            texts(input, member)
                .map(|name| group(application, name))
                .collect()
        }
        Subject::Config => texts(input, "deploymentConfigName")
            .map(|name| format!("{prefix}:deploymentconfig:{name}"))
            .collect(),
        Subject::Deployments(member) => texts(input, member)
            .filter_map(|id| codedeploy.run(id))
            .map(|run: &Run| codedeploy.names_of(run))
            .map(|(application, name)| group(application, name))
            .collect(),
        Subject::Arn => texts(input, "ResourceArn").map(str::to_owned).collect(),
    };
    arns.dedup();
    if arns.is_empty() {
        arns.push("*".to_owned());
    }
    arns
}

/// The text of a member, or the texts of its list.
fn texts<'a>(input: &'a Value, member: &str) -> impl Iterator<Item = &'a str> {
    let value = input.get(member);
    let one = value.and_then(Value::as_str);
    let many = value.and_then(Value::as_array).into_iter().flatten();
    one.into_iter().chain(many.filter_map(Value::as_str))
}

#[cfg(test)]
mod tests {
    use deployment::Timestamp;
    use serde_json::json;

    use super::super::super::records::{
        AlarmConfiguration, AutoRollbackConfiguration, GroupSettings, ServiceRole,
    };
    use super::*;

    #[test]
    fn what_an_operation_is_about() {
        let mut codedeploy = CodeDeploy::default();
        let settings = GroupSettings {
            config_name: String::new(),
            alarms: AlarmConfiguration::default(),
            auto_rollback: AutoRollbackConfiguration::default(),
            service_role: ServiceRole { arn: String::new() },
            triggers: Vec::new(),
        };
        codedeploy.put_group("app", "g", settings, Timestamp::default());
        let group = json!({ "applicationName": "app", "deploymentGroupName": "g" });
        let arn = "arn:aws:codedeploy:us-east-1:123456789012:application:app";
        for (operation, input, expected) in [
            ("GetApplication", group.clone(), "application:app"),
            (
                "CreateApplication",
                json!({ "applicationName": "new" }),
                "application:new",
            ),
            (
                "BatchGetApplications",
                json!({ "applicationNames": ["a", "b"] }),
                "application:a application:b",
            ),
            ("CreateApplication", json!({}), "*"),
            ("CreateApplication", json!({ "applicationName": 7 }), "*"),
            ("CreateDeployment", group.clone(), "deploymentgroup:app/g"),
            (
                "CreateDeploymentGroup",
                group.clone(),
                "deploymentgroup:app/g",
            ),
            (
                "UpdateDeploymentGroup",
                json!({ "applicationName": "app", "currentDeploymentGroupName": "g", "newDeploymentGroupName": "h" }),
                "deploymentgroup:app/g",
            ),
            (
                "BatchGetDeploymentGroups",
                json!({ "applicationName": "app", "deploymentGroupNames": ["g", "h"] }),
                "deploymentgroup:app/g deploymentgroup:app/h",
            ),
            ("GetApplicationRevision", group, "application:app"),
            (
                "GetDeploymentConfig",
                json!({ "deploymentConfigName": "c" }),
                "deploymentconfig:c",
            ),
            (
                "GetDeployment",
                json!({ "deploymentId": "d-ABCDEFGHI" }),
                "*",
            ),
            ("ListApplications", json!({ "applicationName": "app" }), "*"),
            (
                "TagResource",
                json!({ "ResourceArn": arn }),
                "application:app",
            ),
            ("ListDeployments", json!({}), "*"),
        ] {
            let arns = resources(&codedeploy, &Account::default(), operation, &input);
            let short = |arn: &String| {
                arn.strip_prefix("arn:aws:codedeploy:us-east-1:123456789012:")
                    .unwrap_or(arn)
                    .to_owned()
            };
            let found: Vec<String> = arns.iter().map(short).collect();
            assert_eq!(found.join(" "), expected, "{operation} {input}");
        }
    }
}
