//! `tollgate events delete`.

use std::io::Write;

use anyhow::Result;

use super::documents::{Documents, Place, Places};
use super::open::read_shared;
use super::plan::{Action, Plan};
use super::{Answer, ask, push};
use crate::cli::Delete;
use crate::function_name::events_folder;

pub(super) async fn delete(
    args: &Delete,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Answer> {
    // Only to refuse what is no function's name.
    events_folder("".as_ref(), &args.function)?;
    let (registry, shared, documents) = read_shared(&args.connection, &args.function, err).await?;
    let places = Places {
        files: Documents::default(),
        shared: documents,
    };
    let places = places.only(&args.names)?;
    let mut plan = Plan::default();
    plan.step(Action::Delete, &places.at(Place::Shared));
    plan.say(&shared.name(), args.format, out, err)?;
    let question = plan.question(Action::Delete, "Delete", push::DOCUMENTS);
    ask::unless_refused(question.as_deref(), args.yes, err).await?;
    let written = push::carry_out(&registry, &shared, &plan, &places.files, err).await?;
    Ok(push::answer(&shared, &plan, Some(&written)))
}
