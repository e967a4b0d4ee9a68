//! The template's functions, started on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::num::NonZeroU32;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use checks::edge_cases::EventSchema;
use emulator::template::{Function, Stack};
use emulator::{Account, Beginning, CodeStore, Emulator, Program};

use super::subjects::{Subject, Subjects};
use super::suite::Suite;
use super::target::lambda::Lambda;
use crate::cli::Test;
use crate::clock::now;
use crate::function_reference::FunctionReference;
use crate::project::{Executable, Project, Sources, hooks, watches};
use crate::{aws, reaper};

/// Builds the template's functions that have test events, and starts an emulator with them; says on `err` what is left out.
pub(super) async fn subjects(args: &Test, err: &mut impl Write) -> Result<Subjects> {
    let connection = &args.connection;
    if let Some(option) = [
        ("--region", &connection.region),
        ("--profile", &connection.profile),
        ("--endpoint-url", &connection.endpoint_url),
    ]
    .iter()
    .find_map(|(option, value)| value.as_ref().map(|_| option))
    {
        bail!(
            "{option} says where the function of --function is; without --function those of the template are tested, on \
             this machine"
        );
    }
    let project = Project::of(&args.template, &args.deployable, &args.cargo_profile)?;
    let suites = suites(args, &project.stack, err)?;
    let store = CodeStore::create()?;
    let reaper = reaper::start(&store, err)?;
    let mut executables = BTreeMap::new();
    let mut unstartable = BTreeMap::new();
    for (function, _) in &suites {
        let id = function.logical_id.as_str();
        match executable(function, &project.sources, &store).await {
            Ok(executable) => {
                executables.insert(id, executable);
            }
            Err(error) => {
                unstartable.insert(id, format!("{error:#}"));
            }
        }
    }

    let account = Account::default();
    let region = account.region.clone();
    let beginning = Beginning {
        account,
        seed: 1,
        now: now()?,
        time_scale: Some(NonZeroU32::MIN),
        port: 0,
        store,
        reaper,
    };
    let emulator = Emulator::start(beginning)
        .await
        .context("cannot listen on 127.0.0.1")?;
    project.deploy(&executables, &emulator, err).await?;
    let config = aws::emulated(emulator.endpoint(), &region)?;
    let subject = |(function, suite): (&Function, Suite)| {
        let reference = FunctionReference {
            address: function.name.clone(),
            name: function.name.clone(),
            qualifier: function.auto_publish_alias.clone(),
        };
        let target = Lambda::new(&config, reference);
        Subject {
            target: match unstartable.get(function.logical_id.as_str()) {
                Some(reason) => target.unstartable(reason.clone()),
                None => target,
            },
            suite,
            schema: EventSchema::default(),
        }
    };
    Ok(Subjects {
        all: suites.into_iter().map(subject).collect(),
        emulator: Some(emulator),
    })
}

/// What is run as the function.
///
/// # Errors
/// It cannot be run here: the others can.
async fn executable(
    function: &Function,
    sources: &Sources<'_>,
    store: &CodeStore,
) -> Result<Executable> {
    let executable = sources.of_function(function)?;
    let id = &function.logical_id;
    let Executable::File(path) = &executable else {
        return Ok(executable);
    };
    // As the deployment takes it over, which would fail for all functions.
    let snapshot = store.snapshot(&Program::new(path));
    snapshot.with_context(|| {
        format!("the code of {id} cannot be used; build it, or give --binary {id}=PATH")
    })?;
    if path.is_dir() {
        // Otherwise each event would be answered, by Lambda's own error: as if the function were not right.
        let runtime = function.runtime.as_deref().unwrap_or_default();
        let check = emulator::check_runtime_interface_client(runtime, path).await;
        check.with_context(|| format!("{id} cannot be run on this machine"))?;
    }
    Ok(executable)
}

/// The functions with their events, in the order of the template.
fn suites<'a>(
    args: &Test,
    stack: &'a Stack,
    err: &mut impl Write,
) -> Result<Vec<(&'a Function, Suite)>> {
    let (template, events) = (args.template.display(), &args.events);
    let mut folders: BTreeSet<String> = Suite::folders(events)?.into_iter().collect();
    let gates: BTreeSet<&str> = stack
        .functions
        .iter()
        .filter_map(|function| function.deployment_preference.as_ref())
        .flat_map(hooks)
        .filter_map(|hook| hook.in_template.as_deref())
        .collect();
    let mut functions = Vec::new();
    let mut suites = Vec::new();
    for function in &stack.functions {
        if !folders.remove(&function.name) {
            continue;
        }
        if gates.contains(&*function.logical_id) {
            writeln!(
                err,
                "not tested: {} is a hook of {template}: what it does takes a deployment (`tollgate rehearse`)",
                function.name
            )?;
            continue;
        }
        if watches(stack).any(|watch| watch.logical_id == function.logical_id) {
            writeln!(
                err,
                "not tested: {} watches the deployments of {template}: what it does takes one (`tollgate rehearse`)",
                function.name
            )?;
            continue;
        }
        let suite = Suite::find(events, &function.name)?;
        if suite.events.is_empty() {
            writeln!(
                err,
                "not tested: {} holds no *.json",
                suite.folder.display()
            )?;
            continue;
        }
        functions.push(function);
        suites.push(suite);
    }
    for folder in folders {
        writeln!(
            err,
            "not tested: {} is named after no function of {template}",
            events.join(folder).display()
        )?;
    }
    if suites.is_empty() {
        bail!("{}", nothing(stack, &args.template, events));
    }
    Suite::keep_only(&mut suites, &args.only)?;
    Ok(functions
        .into_iter()
        .zip(suites)
        .filter(|(_, suite)| !suite.events.is_empty())
        .collect())
}

/// That there is nothing to test, and where it would have been.
fn nothing(stack: &Stack, template: &Path, events: &Path) -> String {
    let names: Vec<&str> = stack
        .functions
        .iter()
        .map(|function| &*function.name)
        .collect();
    let names = match names.as_slice() {
        [] => "it has no functions".to_owned(),
        names => format!("it has {}", names.join(", ")),
    };
    format!(
        "no function of {} has test events, and nothing checked is not a pass: {names}; add \
         {}/<FunctionName>/<EventName>.json, or name another folder with --events",
        template.display(),
        events.display()
    )
}
