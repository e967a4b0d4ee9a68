//! `tollgate explain`.

use clap::Args;

use super::{Connection, Format};

const AFTER_EXPLAIN_HELP: &str = "\
Allow whoever runs it these actions, and all of the explanation is there:
  codedeploy:GetDeployment             on the deployment group
  codedeploy:ListDeploymentTargets     on the deployment group
  codedeploy:GetDeploymentTarget       on the deployment group
  codedeploy:GetApplicationRevision    on the application
  lambda:GetFunctionConfiguration      on the hooks
  lambda:GetAlias                      on the function that was deployed
  logs:FilterLogEvents                 on the hooks' log groups

Exit status: 0 it shipped, 1 it rolled back, failed or was stopped, 2 that could not be decided.";

/// `tollgate explain`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_EXPLAIN_HELP)]
pub(crate) struct Explain {
    /// The deployment, d-…: CloudFormation names it in the events of the alias.
    #[arg(value_name = "DEPLOYMENT_ID")]
    pub(crate) deployment_id: String,

    #[command(flatten)]
    pub(crate) connection: Connection,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
