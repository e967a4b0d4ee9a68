//! `tollgate init`: the gate, written into a template.

mod edit;
mod expectations;
mod plan;
mod snippet;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{self, Component, Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use emulator::Account;
use emulator::template::{Context, Document, Function, Stack, Template};
use hooks::shell_word;
use similar::TextDiff;

use crate::cli::Init;
use crate::exit::Exit;
use crate::function_name::events_folder;
use crate::project::{STACK_NAME, hooks, watches};
use crate::whole_file::WholeFile;
use plan::Subject;
use snippet::Gate;

/// The alias of a function that has none.
const ALIAS: &str = "live";

/// The properties of `Globals` that an organization may demand, and that the gate's functions do not take over.
const DEMANDED: [&str; 5] = [
    "CodeSigningConfigArn",
    "KmsKeyArn",
    "PermissionsBoundary",
    "RolePath",
    "Tags",
];

/// Runs the command.
///
/// # Errors
/// What cannot be read or written, and a template to which the gate has to be added by hand; nothing is written then.
pub(crate) fn init(args: &Init, out: &mut impl Write, err: &mut impl Write) -> Result<Exit> {
    let file = args.template.as_path();
    let text = fs::read_to_string(file)
        .with_context(|| format!("cannot read the template {}", file.display()))?;
    let Account { region, account_id } = Account::default();
    let context = Context {
        parameters: args.parameter_overrides.iter().cloned().collect(),
        region,
        account_id,
        stack_name: STACK_NAME.to_owned(),
        versions: BTreeMap::new(),
    };
    let located = |error: String| anyhow!("{}:{error}", file.display());
    let document = Document::read(&text).map_err(|error| located(error.to_string()))?;
    let stack = Template::read(&text)
        .map_err(|error| located(error.to_string()))?
        .resolve(&context)
        .map_err(|error| located(error.to_string()))?;
    let function = chosen(&stack, args.function.as_deref())?;
    let id = function.logical_id.as_str();
    let is_gated = function
        .deployment_preference
        .as_ref()
        .is_some_and(|preference| hooks(preference).next().is_some());

    let base = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let events = match &args.events {
        Some(events) => events.clone(),
        None => base.join("events"),
    };
    let mut changed = None;
    let mut name = written_name(&document, id).map(str::to_owned);
    if let Some(name) = name.as_ref().or(args.function_name.as_ref()) {
        // Before it becomes part of what is written or shown.
        events_folder(&events, name)?;
    }
    if is_gated {
        writeln!(
            out,
            "{id} is gated already: {} stays as it is",
            file.display()
        )?;
    } else {
        let is_named = document
            .top()
            .at(&["Resources", id, "Properties", "FunctionName"])
            .is_some();
        if let (true, Some(given)) = (is_named, &args.function_name)
            && name.as_ref() != Some(given)
        {
            bail!("{id} has a FunctionName already, --function-name would be another");
        }
        if !is_named {
            name = Some(args.function_name.clone().ok_or_else(|| unnamed(id))?);
        }
        let content_uri = relative(base, &events)?;
        let alias = alias(&document, function)
            .with_context(|| format!("{id}: its AutoPublishAlias is neither text nor a !Ref"))?;
        let gate = Gate {
            function: id,
            name: name.as_deref().unwrap_or(&function.name),
            alias: &alias,
            events: &content_uri,
        };
        let subject = Subject {
            text: &text,
            context: &context,
            stack: &stack,
            function,
            gate: gate.clone(),
            adds_name: !is_named,
        };
        match plan::gated(&subject) {
            Ok(gated) => changed = Some(gated),
            Err(reason) => {
                write!(out, "{}", gate.text())?;
                bail!(
                    "{}: {reason}; nothing was written: add what is printed here by hand",
                    file.display()
                );
            }
        }
    }

    let files = match &name {
        Some(name) => expectations::missing(&events_folder(&events, name)?)?,
        None => Vec::new(),
    };
    if !args.dry_run {
        let expectations = files
            .iter()
            .map(|file| (file.as_path(), expectations::DEFAULT));
        let template = changed.iter().map(|gated| (file, gated.text.as_str()));
        write_all(expectations.chain(template))?;
    }
    if let Some(changed) = &changed {
        show(file, &text, &changed.text, args.dry_run, out)?;
        if !changed.is_on_evidence {
            writeln!(
                out,
                "{id} keeps the alarms that it has: none on the evidence of a watch is added, and no watch for it"
            )?;
        }
    }
    for file in &files {
        let verb = if args.dry_run { "would write" } else { "wrote" };
        writeln!(out, "{verb} {}", file.display())?;
    }
    if !files.is_empty() && !args.dry_run {
        writeln!(
            out,
            "An expectation of {{}} asks what is asked without it. `tollgate test --accept` fills them in from the \
             function's\nanswers."
        )?;
    }
    if let Some(changed) = &changed {
        warn(&document, id, name.is_none(), err)?;
        if !args.dry_run {
            let folder = events.join(name.as_deref().unwrap_or(&function.name));
            let watch = changed.is_on_evidence.then_some("canary-watch");
            let mut executables = ["pre-traffic", "post-traffic"].into_iter().chain(watch);
            let gate = base.join("gate");
            let is_built = executables.all(|name| gate.join(name).join("bootstrap").is_file());
            next_steps(&gate, is_built, &folder, &events, out)?;
        }
    }
    Ok(Exit::WouldShip)
}

/// The function to gate.
fn chosen<'s>(stack: &'s Stack, id: Option<&str>) -> Result<&'s Function> {
    let used: Vec<&str> = stack
        .functions
        .iter()
        .filter_map(|function| function.deployment_preference.as_ref())
        .flat_map(hooks)
        .map(|hook| hook.function_name.as_str())
        .collect();
    let is_of_the_gate = |function: &Function| {
        function.name.starts_with("CodeDeployHook_")
            || used.contains(&function.name.as_str())
            || watches(stack).any(|watch| watch.logical_id == function.logical_id)
    };
    let candidates: Vec<&Function> = stack
        .functions
        .iter()
        .filter(|function| !is_of_the_gate(function))
        .collect();
    let names = || {
        let ids: Vec<&str> = candidates
            .iter()
            .map(|function| function.logical_id.as_str())
            .collect();
        ids.join(", ")
    };
    match (id, candidates.as_slice()) {
        (Some(id), _) => candidates
            .iter()
            .find(|function| function.logical_id == id)
            .copied()
            .with_context(|| format!("--function {id}: the template has {}", names())),
        (None, [one]) => Ok(one),
        (None, []) => bail!("the template has no function beside hooks and watch"),
        (None, _) => bail!("which function? Give --function with one of {}", names()),
    }
}

fn written_name<'d>(document: &'d Document, id: &str) -> Option<&'d str> {
    let path = ["Resources", id, "Properties", "FunctionName"];
    document.top().at(&path)?.as_text()
}

/// A name cannot be made up for somebody: with it CloudFormation replaces a function that is there.
fn unnamed(id: &str) -> anyhow::Error {
    anyhow!(
        "{id} has no FunctionName, so CloudFormation makes one up, and test events go by that name: give --function-name \
         NAME to have it written. If the stack is deployed already, CloudFormation then replaces the function by a new \
         one of that name, which must not be the one that it has now: a function URL changes, event sources that are \
         streams begin anew, and whoever calls it by its old name has to change; see that name with `aws cloudformation \
         describe-stack-resource --stack-name STACK --logical-resource-id {id} --query \
         StackResourceDetail.PhysicalResourceId`"
    )
}

/// The alias as it stands within `!Sub`.
fn alias(document: &Document, function: &Function) -> Option<String> {
    if function.auto_publish_alias.is_none() {
        return Some(ALIAS.to_owned());
    }
    let own = [
        "Resources",
        &function.logical_id,
        "Properties",
        "AutoPublishAlias",
    ];
    let written = document.top().at(&own);
    let written = written.or_else(|| {
        document
            .top()
            .at(&["Globals", "Function", "AutoPublishAlias"])
    })?;
    match written.as_text() {
        Some(text) => Some(text.to_owned()),
        None => Some(format!("${{{}}}", written.get("Ref")?.as_text()?)),
    }
}

/// `folder` as seen from `base`, with a `/` at its end.
fn relative(base: &Path, folder: &Path) -> Result<String> {
    let (base, folder) = (real(base)?, real(folder)?);
    let common = base
        .components()
        .zip(folder.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = base.components().skip(common).map(|_| Component::ParentDir);
    let down = folder.components().skip(common);
    let relative: PathBuf = up.chain(down).collect();
    let text = relative
        .to_str()
        .with_context(|| format!("the name of {} is not UTF-8", relative.display()))?;
    Ok(if text.is_empty() {
        "./".to_owned()
    } else {
        format!("{text}/")
    })
}

/// The path from the root, without links and `..`; its end need not exist.
fn real(path: &Path) -> Result<PathBuf> {
    let place = || format!("cannot tell where {} is", path.display());
    let absolute = path::absolute(path).with_context(place)?;
    let (there, mut real) = absolute
        .ancestors()
        .find_map(|part| Some((part, part.canonicalize().ok()?)))
        .with_context(place)?;
    for component in absolute.strip_prefix(there)?.components() {
        if component == Component::ParentDir {
            real.pop();
        } else {
            real.push(component);
        }
    }
    Ok(real)
}

/// Writes the files; none of them, if one cannot be.
fn write_all<'a>(files: impl Iterator<Item = (&'a Path, &'a str)>) -> Result<()> {
    let cannot = |file: &Path| format!("cannot write {}", file.display());
    let taken: Vec<(WholeFile, &Path, &str)> = files
        .map(|(file, text)| {
            Ok((
                WholeFile::at(file).with_context(|| cannot(file))?,
                file,
                text,
            ))
        })
        .collect::<Result<_>>()?;
    for (whole, file, text) in taken {
        whole.write(text).with_context(|| cannot(file))?;
    }
    Ok(())
}

/// What changes, as a unified diff where that is all that is asked for.
fn show(file: &Path, old: &str, new: &str, is_dry_run: bool, out: &mut impl Write) -> Result<()> {
    let name = file.display().to_string();
    if is_dry_run {
        let diff = TextDiff::from_lines(old, new);
        write!(out, "{}", diff.unified_diff().header(&name, &name))?;
    } else {
        let added = new.lines().count() - old.lines().count();
        writeln!(out, "{name}: {added} lines added, nothing else changed")?;
    }
    Ok(())
}

fn warn(document: &Document, id: &str, is_computed: bool, err: &mut impl Write) -> Result<()> {
    if is_computed {
        writeln!(
            err,
            "warning: {id}: its FunctionName is made when the stack is deployed; each such name needs a folder of its own \
             under the test events"
        )?;
    }
    let globals = document.top().at(&["Globals", "Function"]);
    let demanded: Vec<&str> = DEMANDED
        .into_iter()
        .filter(|name| globals.is_some_and(|globals| globals.get(name).is_some()))
        .collect();
    if !demanded.is_empty() {
        writeln!(
            err,
            "warning: the gate's functions ignore Globals: give them {} of their own where your account demands it",
            demanded.join(", ")
        )?;
    }
    Ok(())
}

fn next_steps(
    gate: &Path,
    is_built: bool,
    folder: &Path,
    events: &Path,
    out: &mut impl Write,
) -> Result<()> {
    writeln!(out, "\nNext:")?;
    if !is_built {
        writeln!(
            out,
            "- In a checkout of Tollgate: cargo lambda build --release --x86-64 -p hooks --lambda-dir {}",
            command_word(&path::absolute(gate)?)
        )?;
    }
    if !folder.is_dir() {
        writeln!(
            out,
            "- Write a test event: {}",
            folder.join("<EventName>.json").display()
        )?;
        let at_the_top = fs::read_dir(events).into_iter().flatten().flatten();
        let mut names: Vec<PathBuf> = at_the_top
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
            .collect();
        names.sort();
        if let Some(first) = names.first() {
            writeln!(
                out,
                "  (for example: mkdir -p {0} && cp {1} {0}/)",
                command_word(folder),
                command_word(first)
            )?;
        }
    }
    writeln!(
        out,
        "- tollgate rehearse --current <folder of the code that is deployed now>\n\
         - sam build && sam deploy. A deployment that creates the alias runs no hooks; those after it do."
    )?;
    Ok(())
}

/// A path in a command to be pasted.
fn command_word(path: &Path) -> String {
    shell_word(&path.display().to_string())
}
