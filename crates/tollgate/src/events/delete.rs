//! `tollgate events delete`.

use std::io::Write;

use anyhow::{Result, bail};
use checks::expectation_name;

use super::documents::{Documents, listed};
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
    let mut plan = Plan::default();
    plan.step(Action::Delete, &named(&documents, &args.names)?);
    plan.say(&shared.name(), args.format, out, err)?;
    let question = plan.question(Action::Delete, "Delete", push::DOCUMENTS);
    ask::unless_refused(question.as_deref(), args.yes, err).await?;
    let written = push::carry_out(&registry, &shared, &plan, &Documents::default(), err).await?;
    Ok(push::answer(&shared, &plan, Some(&written)))
}

/// The documents that the names mean, in the order of the place: one of that very name, and with a test event its expectation.
/// An expectation can be named alone.
///
/// # Errors
/// There is no document of one of the names. What is meant is not guessed where it is deleted for everybody.
fn named<'d>(documents: &'d Documents, names: &[String]) -> Result<Vec<&'d str>> {
    for name in names {
        if !documents.has(name) {
            let there: Vec<&str> = documents.names().collect();
            bail!(
                "there is no shared test event {name:?}; there are: {}",
                listed(&there)
            );
        }
    }
    let is_named = |document: &&str| {
        let is_of = |name: &String| *document == name || *document == expectation_name(name);
        names.iter().any(is_of)
    };
    Ok(documents.names().filter(is_named).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_is_what_is_named() {
        type Names<'a> = &'a [&'a str];
        let content = r#"{"components":{"examples":{
            "X.expect":{"value":1},"X":{"value":1},"Y":{"value":1},"Alone.expect":{"value":1}
        }}}"#;
        let documents = Documents::shared(Some(content)).unwrap();
        let rows: [(Names<'_>, Result<Names<'_>, &str>); 7] = [
            (&["X"], Ok(&["X.expect", "X"])),
            (&["X.expect"], Ok(&["X.expect"])),
            (&["Y", "X.expect", "Y"], Ok(&["X.expect", "Y"])),
            (&["Alone.expect"], Ok(&["Alone.expect"])),
            (&["Alone"], Err("\"Alone\"")),
            (&["Y.expect"], Err("\"Y.expect\"")),
            (&["X", "x"], Err("\"x\"")),
        ];
        for (names, expected) in rows {
            let owned: Vec<String> = names.iter().copied().map(str::to_owned).collect();
            match (named(&documents, &owned), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{names:?}"),
                (Err(error), Err(expected)) => assert_eq!(
                    error.to_string(),
                    format!(
                        "there is no shared test event {expected}; there are: X.expect, X, Y, Alone.expect"
                    )
                ),
                (found, expected) => panic!("{names:?}: {found:?} instead of {expected:?}"),
            }
        }
    }
}
