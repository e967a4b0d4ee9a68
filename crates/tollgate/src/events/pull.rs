//! `tollgate events pull`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use checks::Expectation;

use super::documents::{Documents, Place, Places, event_of};
use super::files::{self, Malformed};
use super::names::{clashes, unsafe_for_a_file};
use super::open::{Opened, open};
use super::plan::{Action, LeftOut, Plan};
use super::registry::Written;
use super::{Answer, ask, push};
use crate::cli::Pull;
use crate::exit::Exit;
use crate::printable::shortened;

pub(super) async fn pull(
    args: &Pull,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Answer> {
    let opened = open(&args.shared, Malformed::Differs, err).await?;
    let Opened {
        shared,
        places,
        folder,
        ..
    } = &opened;
    let plan = planned(places);
    let title = format!("{} → {}", shared.name(), folder.display());
    plan.say(&title, args.shared.format, out, err)?;
    let mut written = Written::default();
    if !args.dry_run {
        let question = plan.question(Action::Replace, "Overwrite", ["file", "files"]);
        ask::unless_refused(question.as_deref(), args.yes, err).await?;
        let documents = plan.steps.iter().filter_map(|step| {
            let document = places.shared.get(&step.name)?;
            Some((step.name.as_str(), document))
        });
        if !plan.steps.is_empty() {
            // What somebody edited since it was read stays: nobody has agreed to overwrite that.
            files::write_unless(folder, documents, || {
                let edited = edited(&plan, &places.files, folder, &args.shared.only)?;
                written.kept = edited.iter().cloned().collect();
                Ok(edited)
            })?;
        }
    }
    let mut answer = push::answer(shared, &plan, (!args.dry_run).then_some(&written));
    if !plan.left_out.is_empty() {
        answer.exit = Exit::WouldRollBack;
    }
    Ok(answer)
}

/// The documents of the plan whose files are not as they were.
fn edited(
    plan: &Plan,
    files: &Documents,
    folder: &Path,
    only: &[String],
) -> Result<BTreeSet<String>> {
    let now = files::read(folder, Malformed::Differs, only)?;
    let names = plan.steps.iter().map(|step| step.name.clone());
    Ok(names.filter(|name| !now.agrees(files, name)).collect())
}

fn planned(places: &Places) -> Plan {
    let mut plan = Plan {
        same: places.at(Place::Both).len(),
        ..Plan::default()
    };
    let clashes = clashes(places.events());
    for (place, action) in [
        (Place::Shared, Action::Add),
        (Place::Differ, Action::Replace),
    ] {
        for name in places.at(place) {
            match left_out(places, name, &clashes) {
                None => plan.step(action, &[name]),
                Some(reason) => plan.left_out.push(LeftOut {
                    name: name.to_owned(),
                    reason,
                }),
            }
        }
    }
    plan
}

/// Why a document gets no file.
fn left_out(places: &Places, name: &str, clashes: &BTreeMap<&str, &str>) -> Option<String> {
    // An expectation goes where its event goes.
    let event = event_of(name);
    if let Some(reason) = unsafe_for_a_file(name).or_else(|| unsafe_for_a_file(event)) {
        return Some(format!("{reason}; rename it in the registry"));
    }
    if let Some(other) = clashes.get(event) {
        return Some(format!(
            "its file would also be that of {} where file names have no case; rename one",
            shortened(other)
        ));
    }
    if places.place(event).is_none() {
        let reason = "it is the expectation of no test event; delete it, or share its event";
        return Some(reason.to_owned());
    }
    // As a file it would fail a deployment, and every command that reads the folder.
    let text = places.shared.get(name).filter(|_| event != name)?;
    let error = Expectation::parse(&text.one_line()).err()?;
    Some(format!(
        "it is no expectation: {}; mend or delete it in the registry",
        shortened(&error.to_string())
    ))
}
