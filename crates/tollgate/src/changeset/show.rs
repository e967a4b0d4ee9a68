//! Judging change sets as the options say, and showing that.

use std::io::Write;

use anyhow::{Result, anyhow};
use changeset::{Conditional, Policy, Review, Verdict};

use super::described::Described;
use super::{json, markdown, table};
use crate::cli::{FailOn, Judging, OfConditional, ReviewFormat};
use crate::exit::Exit;
use crate::printable::{no_commands, printable};

/// Reviews what was read: a root's change set and the nested ones. The templates only say which deployments they start.
pub(super) fn review(
    described: Result<Described>,
    args: &Judging,
    out: &mut impl Write,
) -> Result<Exit> {
    let reviewed = described.and_then(|Described { sets, templates }| {
        Ok((
            changeset::review(&sets, &policy(args))?,
            changeset::deployments(&sets, &templates)?,
        ))
    });
    let (review, deployments) = match reviewed {
        Ok(reviewed) => reviewed,
        Err(error) => {
            if args.format == ReviewFormat::Json {
                // Machines get a document in any case.
                json::write_error(out, &error)?;
            }
            return Err(shown(&error));
        }
    };
    let exit = exit(&review, args.fail_on);
    match args.format {
        ReviewFormat::Table => {
            let text = table::text(&review, &deployments, args.show_values)?;
            write!(out, "{}", no_commands(&text))?;
        }
        ReviewFormat::Json => json::write(out, &review, &deployments, exit, args.show_values)?,
        ReviewFormat::Markdown => write!(
            out,
            "{}",
            markdown::text(&review, &deployments, args.show_values)
        )?,
    }
    Ok(exit)
}

/// The error for people: reasons and names in it are others' words.
pub(super) fn shown(error: &anyhow::Error) -> anyhow::Error {
    let text = format!("{error:#}");
    let lines: Vec<String> = text.lines().map(printable).collect();
    anyhow!(no_commands(&lines.join("\n")))
}

fn policy(args: &Judging) -> Policy {
    Policy {
        allow: args.allow.clone(),
        allow_types: args.allow_type.clone(),
        stateful: args.stateful.clone(),
        not_stateful: args.not_stateful.clone(),
        conditional: match args.conditional {
            OfConditional::Block => Conditional::Block,
            OfConditional::Review => Conditional::Review,
        },
    }
}

fn exit(review: &Review, fail_on: FailOn) -> Exit {
    let fails = match fail_on {
        FailOn::Blocked => Verdict::Blocked,
        FailOn::Review => Verdict::Review,
    };
    if review.verdict >= fails {
        Exit::WouldRollBack
    } else {
        Exit::WouldShip
    }
}
