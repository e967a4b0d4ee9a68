//! One description of one change set: all of its pages.

use anyhow::{Result, bail};
use changeset::ChangeSet;

use super::{Api, sdk};
use crate::aws::CallError;

/// The most pages that are read of one change set. A page is of up to 1 MB, and a stack has up to 500 resources ("AWS
/// CloudFormation quotas"): what goes on and on is not CloudFormation.
const MOST: usize = 100;

/// How a change set is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// Without the values of properties: everything is there.
    Without,
    /// With them: changes may be missing.
    With,
}

/// The first page; `stack` only where the change set is given by name.
pub(super) async fn first(
    api: &Api,
    change_set: &str,
    stack: Option<&str>,
    values: Values,
) -> Result<ChangeSet, CallError> {
    page(api, change_set, stack, values, None).await
}

/// The first page with the changes of all that follow. What the last page says of the set itself counts, because it is the
/// latest; `at` is told which page is read.
pub(super) async fn following(
    api: &Api,
    arn: &str,
    first: ChangeSet,
    values: Values,
    at: impl Fn(usize),
) -> Result<ChangeSet> {
    let mut set = first;
    let mut number = 1;
    while let Some(token) = set.next_token.take() {
        number += 1;
        if number > MOST {
            bail!(
                "{arn} has more than {MOST} pages of changes, which no stack has: check the endpoint"
            );
        }
        at(number);
        let page = page(api, arn, None, values, Some(token.clone())).await;
        let mut page = page.map_err(|error| api.failed(&error, arn))?;
        if page.next_token.as_ref() == Some(&token) {
            bail!("the page {number} of {arn} says that itself comes next: check the endpoint");
        }
        set.changes.append(&mut page.changes);
        page.changes = set.changes;
        set = page;
    }
    Ok(set)
}

async fn page(
    api: &Api,
    change_set: &str,
    stack: Option<&str>,
    values: Values,
    token: Option<String>,
) -> Result<ChangeSet, CallError> {
    let call = api
        .client
        .describe_change_set()
        .change_set_name(change_set)
        .set_stack_name(stack.map(str::to_owned))
        .set_include_property_values((values == Values::With).then_some(true))
        .set_next_token(token);
    let page = call.send().await;
    let page = page.map_err(|error| CallError::of("cloudformation:DescribeChangeSet", error))?;
    Ok(sdk::change_set(page))
}
