//! The AWS clients of the command.

use anyhow::Result;

use crate::aws;
use crate::cli::Connection;

/// The clients of one account and Region.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) codedeploy: aws_sdk_codedeploy::Client,
    pub(super) lambda: aws_sdk_lambda::Client,
    pub(super) logs: aws_sdk_cloudwatchlogs::Client,
    pub(super) region: String,
}

impl Clients {
    /// # Errors
    /// There is no Region, or there are no credentials.
    pub(super) async fn connect(args: &Connection) -> Result<Self> {
        let config = aws::connect(args).await?;
        let region = config.region().map(ToString::to_string);
        Ok(Self {
            codedeploy: aws_sdk_codedeploy::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            region: region.unwrap_or_default(),
        })
    }
}
