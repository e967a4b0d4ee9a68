//! `tollgate changeset create`: a change set that is there for its review.
//!
//! What it makes in AWS does not go away with the process. So there is one place where something is made, which notes it, and one
//! at the end which takes it away, whatever has happened in between: an error, a refusal, Ctrl-C. Only a process that is killed
//! leaves it, under a name that says from whom it is.

mod cleanup;
mod local;
mod request;

use std::io::Write;
use std::time::{Duration, SystemTime};

use ::changeset::{ChangeSet, Readiness};
use anyhow::{Context as _, Result, bail};
use aws_sdk_cloudformation::types::{Capability, Tag};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use self::cleanup::{Left, Made};
use self::request::Before;
use super::api::{Api, Reference};
use super::described::Described;
use super::{command, show};
use crate::aws::CallError;
use crate::cli::{CreateChangeset, ReviewFormat};
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::printable::{no_commands, printable};
use crate::progress::Progress;

/// What a template may do where nothing is said, and the change set is only looked at: everything, because without that
/// CloudFormation would not say what changes. Macros (`CAPABILITY_AUTO_EXPAND`) run while it is created.
const CAPABILITIES: [Capability; 3] = [
    Capability::CapabilityIam,
    Capability::CapabilityNamedIam,
    Capability::CapabilityAutoExpand,
];

pub(super) async fn create(
    args: &CreateChangeset,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let mut made = None;
    let described = match interrupts.unless(Api::connect(&args.connection)).await {
        Ok(Ok(api)) => {
            let described = make_and_read(&api, args, &mut made, &mut interrupts, err).await;
            Ok((api, described))
        }
        Ok(Err(error)) | Err(error) => Err(error),
    };
    let (api, described) = match described {
        Ok(found) => found,
        Err(error) => return show::review(Err(error), &args.judging, out),
    };
    let executable = described
        .as_ref()
        .is_ok_and(|described| is_executable(&described.sets));
    let reviewed = show::review(described, &args.judging, out);
    let Some(made) = made else {
        return reviewed;
    };
    if let Ok(exit) = &reviewed
        && args.keep
        && executable
    {
        say_next(args, &made, *exit, out, err)?;
    } else {
        let left = {
            let mut progress = Progress::on(err);
            let work = cleanup::clean_up(&api.client, &made, &args.connection);
            let doing = format!("deleting the change set {}", made.change_set);
            interrupts.reluctantly(&mut progress, &doing, work).await?
        };
        let left = left.unwrap_or_else(|| made.left("interrupted", &args.connection));
        tell(&left, err)?;
        if left.is_empty() && executable && args.judging.format == ReviewFormat::Table {
            writeln!(out, "\ndeleted again; --keep keeps it, to be executed")?;
        }
    }
    reviewed
}

/// Whether there is a root that CloudFormation would execute: the others are worth nothing to whoever keeps them.
fn is_executable(sets: &[ChangeSet]) -> bool {
    sets.iter()
        .find(|set| !set.is_nested())
        .is_some_and(|root| root.readiness() == Readiness::Ready)
}

/// The change sets, the root's and the nested ones; `made` says from when on there is something to take away.
async fn make_and_read(
    api: &Api,
    args: &CreateChangeset,
    made: &mut Option<Made>,
    interrupts: &mut Interrupts,
    err: &mut impl Write,
) -> Result<Described> {
    let template = request::template(&args.template)?;
    let (before, parameters) = interrupts
        .unless(async {
            let before = Before::read(&api.client, &args.stack).await?;
            let parameters =
                request::parameters(&api.client, &before, &args.parameters, &template).await?;
            anyhow::Ok((before, parameters))
        })
        .await??;
    let name = match &args.change_set {
        Some(name) => name.clone(),
        None => name_of(SystemTime::now())?,
    };
    let tags = args.tags.iter();
    let tags: Vec<Tag> = tags
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let call = api
        .client
        .create_change_set()
        .stack_name(&args.stack)
        .change_set_name(&name)
        .change_set_type(before.kind.clone())
        // An attempt that is made again makes no second one.
        .client_token(&name)
        .description("Created by `tollgate changeset create` for a review")
        .template_body(template)
        .set_parameters((!parameters.is_empty()).then_some(parameters))
        .set_capabilities(Some(capabilities(args)))
        // Without any, those that the stack has stay.
        .set_tags((!tags.is_empty()).then_some(tags))
        .set_role_arn(args.role_arn.clone())
        .include_nested_stacks(true);
    let answer = {
        let mut progress = Progress::on(err);
        let doing = format!("creating the change set {name}");
        interrupts
            .reluctantly(&mut progress, &doing, call.send())
            .await?
    };
    // What there may be, even where nobody says so; a name that was given may be somebody else's.
    let possible = args.change_set.is_none().then(|| Made {
        change_set: name.clone(),
        stack: args.stack.clone(),
        new_stack: (!before.exists).then(|| args.stack.clone()),
    });
    let Some(answer) = answer else {
        *made = possible;
        bail!(
            "interrupted before CloudFormation had answered{}",
            look(args)
        );
    };
    let answer =
        match answer.map_err(|error| CallError::of("cloudformation:CreateChangeSet", error)) {
            Ok(answer) => answer,
            // An earlier attempt of the same call may have got through, where nobody else could have used the name.
            Err(error) if error.is_refusal() && (possible.is_none() || !error.is_conflict()) => {
                return Err(error.told());
            }
            Err(error) => {
                *made = possible;
                bail!("{:#}{}", error.told(), look(args));
            }
        };
    let arn = answer.id.unwrap_or(name);
    *made = Some(Made {
        change_set: arn.clone(),
        stack: args.stack.clone(),
        new_stack: answer.stack_id.filter(|_| !before.exists),
    });
    let reference = Reference::of_arn(&arn)
        .with_context(|| format!("CloudFormation names the change set {arn:?}, which is no ARN"))?;
    let timeout = Duration::from_secs(args.timeout.get().into());
    interrupts
        .unless(Described::by_aws(api, &reference, timeout, None, err))
        .await?
}

/// What to do where it cannot be told whether a change set under a given name is there, and whose it is.
fn look(args: &CreateChangeset) -> String {
    let Some(name) = &args.change_set else {
        return String::new();
    };
    let words = [
        "aws",
        "cloudformation",
        "describe-change-set",
        "--stack-name",
        &args.stack,
    ];
    let words = [&words[..], &["--change-set-name", name]].concat();
    format!(
        "; look whether it is there: {}",
        command::command(&words, &args.connection)
    )
}

fn capabilities(args: &CreateChangeset) -> Vec<Capability> {
    if args.capabilities.is_empty() && !args.keep {
        return CAPABILITIES.to_vec();
    }
    let given = args.capabilities.iter();
    given.map(|name| Capability::from(name.as_str())).collect()
}

/// `tollgate-20261123T025008-4f2a`: when, and apart from others of the same second.
fn name_of(time: SystemTime) -> Result<String> {
    let time = DateTime::from(time).fmt(Format::DateTime)?;
    let time: String = time
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take("20261123T025008".len())
        .collect();
    Ok(format!("tollgate-{time}-{:04x}", fastrand::u16(..)))
}

/// What to do with a set that was kept.
fn say_next(
    args: &CreateChangeset,
    made: &Made,
    exit: Exit,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<()> {
    let when = if exit == Exit::WouldShip {
        "to execute exactly this one"
    } else {
        "to execute exactly this one, with what lets it pass"
    };
    let judging = command::judging(&args.judging);
    let mut words = vec!["tollgate", "changeset", "execute", &made.change_set];
    words.extend(judging.iter().map(String::as_str));
    let next = command::command(&words, &args.connection);
    match args.judging.format {
        ReviewFormat::Table => writeln!(out, "\nkept; {when}:\n  {next}")?,
        // Documents stay documents.
        ReviewFormat::Json | ReviewFormat::Markdown => writeln!(err, "kept; {when}: {next}")?,
    }
    Ok(())
}

fn tell(left: &[Left], err: &mut impl Write) -> Result<()> {
    for Left { what, why, command } in left {
        let line = format!(
            "warning: {} may still be there: {}; to delete it: {command}\n",
            printable(what),
            printable(why)
        );
        write!(err, "{}", no_commands(&line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::name_of;

    #[test]
    fn a_name_says_when_and_is_one_of_cloudformation() {
        let time = UNIX_EPOCH + Duration::from_millis(1_764_000_000_123);
        let name = name_of(time).unwrap();
        assert!(name.starts_with("tollgate-20251124T160000-"), "{name}");
        assert!(
            name.chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '-')
        );
    }
}
