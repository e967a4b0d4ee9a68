//! Change sets as CloudFormation itself describes them.
//!
//! A change set is described with all of its pages and without the values of properties: that decides, because with values
//! CloudFormation may leave changes out ("`[WARN] --include-property-values option can return incomplete ChangeSet data`").
//! It is described with values once more, for what they explain.

mod failed;
mod pages;
mod reference;
mod sdk;
mod values;
mod walk;

use std::cell::RefCell;
use std::io::Write;
use std::time::Duration;

use anyhow::{Result, anyhow};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::TemplateStage;
use changeset::ChangeSet;

use crate::aws::{self, CallError};
use crate::cli::Connection;
use crate::printable::printable;
use crate::progress;

pub(super) use reference::Reference;

/// CloudFormation in one account and Region.
pub(super) struct Api {
    /// For whatever else is done with change sets.
    pub(super) client: Client,
    /// Where that is, for people.
    place: String,
}

impl Api {
    /// # Errors
    /// An endpoint is no URL, there is no Region, or there are no credentials.
    pub(super) async fn connect(args: &Connection) -> Result<Self> {
        let config = aws::connect(args).await?;
        Ok(Self {
            client: Client::new(&config),
            place: aws::place(&config),
        })
    }

    /// The change set, then those of all stacks nested in its stack, as they are to be reviewed. While one is being
    /// created it is waited for, up to `timeout` for all; `err` gets signs of life and warnings.
    ///
    /// Of a set that cannot be reviewed ([`ChangeSet::readiness`]) nothing more is read than why: itself, and the
    /// nested sets by which it failed. The review will say so.
    ///
    /// # Errors
    /// Any of them cannot be read, or takes longer.
    pub(super) async fn describe(
        &self,
        reference: &Reference,
        timeout: Duration,
        err: &mut dyn Write,
    ) -> Result<Vec<ChangeSet>> {
        let doing = RefCell::new("asking CloudFormation …".to_owned());
        let at = |what: String| *doing.borrow_mut() = what;
        let work = walk::tree(self, reference, timeout, &at);
        let tree = progress::during(&mut *err, || printable(&doing.borrow()), work).await??;
        for warning in &tree.warnings {
            writeln!(err, "warning: {}", printable(warning))?;
        }
        Ok(tree.sets)
    }

    /// The template of a change set, with its transforms processed, as text; `None` where the caller may not read it, which
    /// `err` is told.
    ///
    /// # Errors
    /// It cannot be read for another reason.
    pub(super) async fn template(&self, arn: &str, err: &mut dyn Write) -> Result<Option<String>> {
        let call = self
            .client
            .get_template()
            .change_set_name(arn)
            .template_stage(TemplateStage::Processed);
        let answer = progress::during(
            &mut *err,
            || "reading the template …".to_owned(),
            call.send(),
        );
        match answer.await? {
            Ok(answer) => Ok(answer.template_body),
            Err(error) => {
                let error = CallError::of("cloudformation:GetTemplate", error);
                if !error.is_denied() {
                    return Err(self.failed(&error, &format!("template of the change set {arn}")));
                }
                let told = format!("{:#}", error.told());
                writeln!(err, "warning: {}", printable(&told))?;
                Ok(None)
            }
        }
    }

    /// What a refused call means, and what to do about it; `what` was to be read.
    pub(super) fn failed(&self, error: &CallError, what: &str) -> anyhow::Error {
        if error.is_missing() || error.is_no_stack() {
            return anyhow!(
                "there is no {what} in {} in this account: check the name, --region and --profile; change sets go when they \
                 are executed or deleted, and with their stack",
                self.place
            );
        }
        error.told().context(format!("cannot read {what}"))
    }
}
