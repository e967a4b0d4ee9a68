//! `tollgate events push`.

use std::io::Write;

use anyhow::{Context as _, Result, bail};
use checks::registry::{self, MAX_CONTENT};
use checks::{Spelled, file_name};

use super::documents::{Documents, Place, event_of};
use super::files::Malformed;
use super::open::{Opened, SharedSchema, open};
use super::plan::{Action, Plan, Step};
use super::registry::{AwsRegistry, Registry as _, Written, write};
use super::{Answer, ask, budget};
use crate::cli::Push;
use crate::exit::Exit;
use crate::printable::shortened;
use crate::progress;

/// What a document is before anything is known about the events in it.
const EMPTY: &str = r#"{"components":{}}"#;

/// What is asked about before it is deleted.
pub(super) const DOCUMENTS: [&str; 2] = ["shared document", "shared documents"];

pub(super) async fn push(
    args: &Push,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Answer> {
    let opened = open(&args.shared, Malformed::Refused, err).await?;
    let plan = planned(&opened, args.prune)?;
    let Opened {
        registry,
        shared,
        places,
        folder,
    } = &opened;
    let title = format!("{} → {}", folder.display(), shared.name());
    plan.say(&title, args.shared.format, out, err)?;
    // Before the document is made, which takes as long as the square of what is in it.
    let added = plan.steps.iter().filter_map(|step| {
        let document = places.files.get(&step.name)?;
        Some((step.name.as_str(), document))
    });
    if let Some(exceeded) = budget::exceeded_by(added) {
        bail!(exceeded);
    }
    let draft = edited(
        shared.content().unwrap_or(EMPTY),
        &plan.steps,
        &places.files,
    )?;
    if let Some(draft) = draft.filter(|draft| draft.chars().count() > MAX_CONTENT) {
        bail!(budget::exceeded(&draft)?);
    }
    let written = if args.dry_run {
        None
    } else {
        let question = plan.question(Action::Delete, "Delete", DOCUMENTS);
        ask::unless_refused(question.as_deref(), args.yes, err).await?;
        Some(carry_out(registry, shared, &plan, &places.files, err).await?)
    };
    Ok(answer(shared, &plan, written.as_ref()))
}

fn planned(Opened { places, folder, .. }: &Opened, prune: bool) -> Result<Plan> {
    for name in places.files.names() {
        let event = event_of(name);
        if places.files.get(event).is_none() {
            bail!(
                "{} is the expectation of no test event: add {}, or remove it",
                folder.join(file_name(name)).display(),
                folder.join(file_name(event)).display(),
            );
        }
    }
    if places.files.names().next().is_none() {
        let prune = if prune {
            ", and --prune would delete all that are shared"
        } else {
            ""
        };
        // A misspelt name would otherwise gate nothing, and nobody would know.
        bail!(
            "{} has no test events{prune}: check --function, --events and --only; what is shared is deleted by name, with \
             `tollgate events delete`",
            folder.display()
        );
    }
    let mut plan = Plan {
        same: places.at(Place::Both).len(),
        ..Plan::default()
    };
    plan.step(Action::Add, &places.at(Place::Files));
    plan.step(Action::Replace, &places.at(Place::Differ));
    if prune {
        plan.step(Action::Delete, &places.at(Place::Shared));
    }
    Ok(plan)
}

/// The content after these steps; `None` when nothing is left in it.
fn edited(content: &str, steps: &[Step], files: &Documents) -> Result<Option<String>> {
    let mut content = content.to_owned();
    let mut left = true;
    for Step { action, name } in steps {
        match (action, files.get(name)) {
            (Action::Delete, _) => {
                content = registry::delete(&content, name)?;
                left = !registry::is_empty(&content)?;
            }
            (Action::Add | Action::Replace, Some(document)) => {
                content = registry::put(&content, name, &document.one_line())?;
            }
            (Action::Add | Action::Replace, None) => {}
        }
    }
    Ok(left.then_some(content))
}

/// Does what is planned, and keeps what others do meanwhile.
pub(super) async fn carry_out(
    registry: &AwsRegistry,
    shared: &SharedSchema,
    plan: &Plan,
    files: &Documents,
    err: &mut impl Write,
) -> Result<Written> {
    if plan.steps.is_empty() {
        return Ok(Written::default());
    }
    let work = async {
        let content = match shared.content() {
            Some(content) => content.to_owned(),
            None => fresh(registry, plan, files).await?,
        };
        let wanted = edited(&content, &plan.steps, files)?;
        let mut written = write(registry, shared.held.clone(), wanted).await?;
        // Where others were at odds with others, the last of them has it, and it is none of our business.
        written
            .kept
            .retain(|kept| plan.steps.iter().any(|step| step.name == *kept));
        Ok(written)
    };
    let text = || format!("writing the shared test events of {} …", shared.function);
    progress::during(err, text, work).await?
}

/// A document as SAM CLI begins it: the service describes the first event, and SAM writes that anew.
async fn fresh(registry: &AwsRegistry, plan: &Plan, files: &Documents) -> Result<String> {
    let first = plan
        .steps
        .iter()
        .filter_map(|step| files.get(&step.name))
        .next()
        .context("there is nothing to share")?;
    let discovered = registry.discovered(&first.one_line()).await?;
    let discovered = Spelled::parse(&discovered).context("GetDiscoveredSchema answered no JSON")?;
    Ok(discovered.one_line())
}

/// What is said in the end; nothing was `written` in a dry run.
pub(super) fn answer(shared: &SharedSchema, plan: &Plan, written: Option<&Written>) -> Answer {
    let mut members = shared.members();
    let mut text = String::new();
    if let (Some(members), serde_json::Value::Object(of_plan)) =
        (members.as_object_mut(), plan.members(written.is_none()))
    {
        members.extend(of_plan);
    }
    let mut exit = Exit::WouldShip;
    if let Some(written) = written {
        members["kept"] = written.kept.clone().into();
        if written.merged {
            text += "others changed shared test events meanwhile; their changes are kept\n";
        }
        for name in &written.kept {
            exit = Exit::WouldRollBack;
            text += &format!(
                "{} was changed by others meanwhile, and is as they have it: see `tollgate events diff`\n",
                shortened(name)
            );
        }
        if exit == Exit::WouldShip && !plan.steps.is_empty() {
            text += "done\n";
        }
    } else if !plan.steps.is_empty() {
        text += "nothing was done, because of --dry-run\n";
    }
    Answer {
        exit,
        text,
        members,
    }
}
