//! What CloudFormation is asked for.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{ChangeSetType, Parameter, Stack, StackStatus};

use super::local;
use crate::aws::CallError;

/// The largest template that a call takes, in bytes ("CreateChangeSet", CloudFormation API Reference).
const LARGEST: usize = 51_200;

/// The template's text.
///
/// # Errors
/// The file cannot be read, is too large for a call, or leaves code on this machine.
pub(super) fn template(path: &Path) -> Result<String> {
    let name = path.display();
    let mut text = String::new();
    File::open(path)
        .and_then(|file| {
            // One byte more says that it is too large, however large it is.
            let limited = u64::try_from(LARGEST + 1).unwrap_or(u64::MAX);
            file.take(limited).read_to_string(&mut text)
        })
        .with_context(|| format!("cannot read the template {name}"))?;
    if text.len() > LARGEST {
        bail!(
            "{name} is larger than {LARGEST} bytes, which is all that CloudFormation takes in a call: let `sam deploy \
             --no-execute-changeset` or `aws cloudformation deploy --s3-bucket BUCKET --no-execute-changeset` create the \
             change set, and give its ARN to `tollgate changeset`"
        );
    }
    if let Some(found) = local::first(&text) {
        bail!(
            "{name}:{found}, which CloudFormation does not find: give the template that `sam package` or `aws \
             cloudformation package` writes"
        );
    }
    Ok(text)
}

/// The stack as it is before the change set.
#[derive(Debug)]
pub(super) struct Before {
    /// `CREATE` of a stack that has no resources yet.
    pub(super) kind: ChangeSetType,
    /// Whether there is one at all; else the change set makes it.
    pub(super) exists: bool,
    /// The names of its parameters.
    parameters: BTreeSet<String>,
}

impl Before {
    pub(super) async fn read(client: &Client, stack: &str) -> Result<Self> {
        let found = client.describe_stacks().stack_name(stack).send().await;
        let found =
            match found.map_err(|error| CallError::of("cloudformation:DescribeStacks", error)) {
                Ok(output) => output.stacks.unwrap_or_default().into_iter().next(),
                Err(error) if error.is_no_stack() => None,
                Err(error) => return Err(error.told()),
            };
        Ok(Self::of(found))
    }

    fn of(stack: Option<Stack>) -> Self {
        let Some(stack) = stack else {
            return Self {
                kind: ChangeSetType::Create,
                exists: false,
                parameters: BTreeSet::new(),
            };
        };
        let parameters = stack.parameters.unwrap_or_default();
        Self {
            // A stack that was never more than change sets.
            kind: if stack.stack_status == Some(StackStatus::ReviewInProgress) {
                ChangeSetType::Create
            } else {
                ChangeSetType::Update
            },
            exists: true,
            parameters: parameters
                .into_iter()
                .filter_map(|parameter| parameter.parameter_key)
                .collect(),
        }
    }
}

/// The parameters of the call: those that are given, and of those that are not, the stack's own as far as the template still
/// declares them. (Of one that it does not declare, CloudFormation refuses even the previous value.)
pub(super) async fn parameters(
    client: &Client,
    before: &Before,
    given: &[(String, String)],
    template: &str,
) -> Result<Vec<Parameter>> {
    if before.parameters.iter().all(|key| is_given(given, key)) {
        return Ok(together(given, BTreeSet::new()));
    }
    let summary = client
        .get_template_summary()
        .template_body(template)
        .send()
        .await;
    let summary = summary
        .map_err(|error| CallError::of("cloudformation:GetTemplateSummary", error).told())?;
    let declared = summary.parameters.unwrap_or_default().into_iter();
    let previous = declared
        .filter_map(|declared| declared.parameter_key)
        .filter(|key| before.parameters.contains(key) && !is_given(given, key))
        .collect();
    Ok(together(given, previous))
}

fn is_given(given: &[(String, String)], key: &str) -> bool {
    given.iter().any(|(name, _)| name == key)
}

fn together(given: &[(String, String)], previous: BTreeSet<String>) -> Vec<Parameter> {
    let given = given.iter().map(|(key, value)| {
        let parameter = Parameter::builder().parameter_key(key);
        parameter.parameter_value(value).build()
    });
    let previous = previous.into_iter().map(|key| {
        let parameter = Parameter::builder().parameter_key(key);
        parameter.use_previous_value(true).build()
    });
    given.chain(previous).collect()
}
