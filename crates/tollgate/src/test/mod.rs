//! `tollgate test`: a function's test events, run and judged as the hooks do it.

mod accept;
mod current;
mod generated;
mod http_suites;
mod local;
mod output;
mod run;
mod shared;
mod subjects;
mod suite;
mod target;

use std::io::Write;
use std::time::Duration;

use anyhow::{Error, Result, bail};

use crate::cli::Test;
use crate::exit::Exit;
use crate::interrupt::unless_interrupted;
use crate::progress::Progress;
use http_suites::http_suites;
use run::{Tested, run};
use subjects::{Subject, Subjects, refuse_options_of_the_template};
use target::over_http::{ApiUrl, OverHttp};

/// Runs the command: prints what was found to `out`, progress and warnings to `err`.
pub(crate) async fn test(args: &Test, out: &mut impl Write, err: &mut impl Write) -> Result<Exit> {
    if args.accept {
        let outcome = unless_interrupted(accepted(args, err)).await;
        return accept::write(args, outcome, out);
    }
    let (outcome, junit) = match output::junit(args) {
        Ok(junit) => (unless_interrupted(tested(args, err)).await, junit),
        Err(error) => (Err(error), None),
    };
    output::write(args, outcome, junit, out)
}

/// Runs what is to be run.
async fn tested(args: &Test, err: &mut impl Write) -> Result<Vec<Tested>> {
    if let Some(url) = &args.api_url {
        return over_http(args, url, err).await;
    }
    let Subjects { all, emulator } = Subjects::find(args, err).await?;
    let mut tested = Vec::new();
    for Subject {
        suite,
        target,
        schema,
    } in all
    {
        tested.push(if args.generated {
            generated::generated(suite, &schema, &target, args, err).await?
        } else {
            run(suite, &target, args, &mut Progress::on(err)).await?
        });
    }
    drop(emulator);
    unless_uninvoked(tested, |one| one.uninvoked.as_deref())
}

/// Accepts what is answered.
async fn accepted(args: &Test, err: &mut impl Write) -> Result<Vec<accept::Accepted>> {
    let Subjects { all, emulator } = Subjects::find(args, err).await?;
    let mut accepted = Vec::new();
    for Subject { suite, target, .. } in all {
        accepted.push(accept::accept(suite, &target, &mut Progress::on(err)).await?);
    }
    drop(emulator);
    unless_uninvoked(accepted, accept::Accepted::uninvoked)
}

/// Sends the HTTP requests among the events to an API.
async fn over_http(args: &Test, url: &str, err: &mut impl Write) -> Result<Vec<Tested>> {
    refuse_options_of_the_template(args)?;
    let api = ApiUrl::parse(url).map_err(Error::msg)?;
    let suites = http_suites(args)?;
    let target = OverHttp::new(api, Duration::from_secs(args.api_timeout));
    let mut progress = Progress::on(err);
    let mut tested = Vec::new();
    for suite in suites {
        tested.push(run(suite, &target, args, &mut progress).await?);
    }
    unless_uninvoked(tested, |one| one.uninvoked.as_deref())
}

/// What became of the functions.
///
/// # Errors
/// None could be invoked at all, for one reason: it is told once, and not of each event.
fn unless_uninvoked<T>(all: Vec<T>, uninvoked: impl Fn(&T) -> Option<&str>) -> Result<Vec<T>> {
    let mut reasons = all.iter().map(uninvoked);
    let first = reasons.next().flatten();
    if let Some(reason) = first.filter(|_| reasons.all(|reason| reason == first)) {
        bail!(reason.to_owned());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_one_function_is_not_lost_to_another() {
        let rows: [(&[Option<&str>], Option<&str>); 6] = [
            (&[None], None),
            (&[Some("gone")], Some("gone")),
            (&[Some("gone"), Some("gone")], Some("gone")),
            (&[Some("gone"), Some("denied")], None),
            (&[None, Some("gone")], None),
            (&[Some("gone"), None], None),
        ];
        for (all, expected) in rows {
            let outcome = unless_uninvoked(all.to_vec(), |one| *one);
            let error = outcome.err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), expected, "{all:?}");
        }
    }
}
