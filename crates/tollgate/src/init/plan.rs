//! What has to be added to a template, and where.

use emulator::template::{Context, Document, Function, Stack, Template, Written};
use serde_json::Value;

use super::edit::Edit;
use super::snippet::{Gate, Snippet, columns};
use crate::project::{hooks, is_watched, on_evidence};

const PRE_TRAFFIC: &str = "CodeDeployHookPreTraffic";
const POST_TRAFFIC: &str = "CodeDeployHookPostTraffic";
const EVENTS_LAYER: &str = "GateEvents";
const WATCH: &str = "CanaryWatch";
const WATCH_ALARM: &str = "CanaryWatchErrorsAlarm";

/// A template, and the function that is to be gated.
pub(crate) struct Subject<'a> {
    pub(crate) text: &'a str,
    pub(crate) context: &'a Context,
    pub(crate) stack: &'a Stack,
    pub(crate) function: &'a Function,
    pub(crate) gate: Gate<'a>,
    /// Whether `FunctionName` is to be added.
    pub(crate) adds_name: bool,
}

/// Where the parts go that are added, as paths in the template.
type Paths = Vec<Vec<String>>;

/// The template with the gate.
pub(crate) struct Gated {
    pub(crate) text: String,
    /// Whether an alarm of the function looks at the watch's evidence. Where the function had other alarms, none does.
    pub(crate) is_on_evidence: bool,
}

/// The template with the gate, or why a person has to write it.
pub(crate) fn gated(subject: &Subject<'_>) -> Result<Gated, String> {
    if subject.text.trim_start().starts_with('{') {
        return Err("the template is JSON".to_owned());
    }
    let document = Document::read(subject.text).map_err(|error| error.to_string())?;
    let snippet = Snippet::of(&subject.gate).map_err(|error| error.to_string())?;
    let planner = Planner {
        lines: subject.text.lines().collect(),
        top: document.top(),
        subject,
        snippet: &snippet,
    };
    let (edit, paths) = planner.plan()?;
    let text = edit.apply(subject.text);
    let is_on_evidence = check(subject, document, &text, &paths)?;
    Ok(Gated {
        text,
        is_on_evidence,
    })
}

/// That nothing but `added` is new, that the function is gated now, and that what its alarms look at is published if it
/// is the watch's evidence; gives whether it is.
fn check(
    subject: &Subject<'_>,
    before: Document,
    text: &str,
    added: &[Vec<String>],
) -> Result<bool, String> {
    let odd = "the way in which it is written is not understood well enough to add to it";
    let failed = |error: String| format!("{odd} ({error})");
    let mut after = Document::read(text)
        .map_err(|error| failed(error.to_string()))?
        .into_json();
    for path in added {
        remove(&mut after, path);
    }
    if after != before.into_json() {
        return Err(odd.to_owned());
    }
    let stack = Template::read(text)
        .map_err(|error| failed(error.to_string()))?
        .resolve(subject.context)
        .map_err(|error| failed(error.to_string()))?;
    let id = &subject.function.logical_id;
    let function = stack
        .functions
        .iter()
        .find(|one| one.logical_id == *id)
        .ok_or_else(|| failed(format!("{id} is gone")))?;
    let in_template = function
        .deployment_preference
        .iter()
        .flat_map(hooks)
        .filter(|hook| hook.in_template.is_some());
    if in_template.count() != 2 {
        return Err(failed(format!("{id} has no hooks")));
    }
    let is_on_evidence = on_evidence(function, &stack).next().is_some();
    if has_own_alarms(subject.function) != Some(true) && !is_on_evidence {
        return Err(failed(format!("{id} has no alarm on the evidence")));
    }
    if is_on_evidence && !is_watched(&stack) {
        return Err(failed(format!("nothing publishes the evidence of {id}")));
    }
    Ok(is_on_evidence)
}

/// Whether the function has alarms already; `None` where it has no deployment preference.
fn has_own_alarms(function: &Function) -> Option<bool> {
    let preference = function.deployment_preference.as_ref()?;
    Some(!preference.alarms.is_empty())
}

/// Takes out what was put in; of a list, its first item.
fn remove(tree: &mut Value, path: &[String]) {
    let Some((last, above)) = path.split_last() else {
        return;
    };
    let part = above
        .iter()
        .try_fold(tree, |part, key| part.get_mut(key.as_str()));
    match part {
        Some(Value::Object(map)) => {
            map.shift_remove(last);
        }
        Some(Value::Array(items)) if !items.is_empty() => {
            items.remove(0);
        }
        Some(_) | None => {}
    }
}

struct Planner<'a> {
    lines: Vec<&'a str>,
    top: Written<'a>,
    subject: &'a Subject<'a>,
    snippet: &'a Snippet,
}

impl Planner<'_> {
    fn plan(&self) -> Result<(Edit, Paths), String> {
        let id = self.subject.function.logical_id.as_str();
        let properties = ["Resources", id, "Properties"];
        if self.top.at(&["Resources", id, "Condition"]).is_some() {
            return Err(format!(
                "{id} has a Condition, which what belongs to the gate needs, too"
            ));
        }
        let (mut edit, mut paths) = (Edit::default(), Paths::new());
        let add =
            |above: &[&str], key: &str, edit: &mut Edit, paths: &mut Paths| -> Result<(), String> {
                let (line, indent) = self.block(above)?;
                let step = self.step();
                let path: Vec<&str> = above.iter().copied().chain([key]).collect();
                edit.add(line, self.snippet.part(&path, indent, step));
                paths.push(path.into_iter().map(str::to_owned).collect());
                Ok(())
            };
        if self.subject.adds_name {
            add(&properties, "FunctionName", &mut edit, &mut paths)?;
        }
        if self.subject.function.auto_publish_alias.is_none() {
            add(&properties, "AutoPublishAlias", &mut edit, &mut paths)?;
        }
        let preference = ["Resources", id, "Properties", "DeploymentPreference"];
        let has_alarms = has_own_alarms(self.subject.function);
        if self.top.at(&preference).is_some() {
            if has_alarms.is_none() {
                return Err(format!("the DeploymentPreference of {id} is not enabled"));
            }
            if has_alarms != Some(true) {
                add(&preference, "Alarms", &mut edit, &mut paths)?;
            }
            add(&preference, "Hooks", &mut edit, &mut paths)?;
        } else if has_alarms.is_some() {
            return Err(format!(
                "{id} has its DeploymentPreference from Globals, where Hooks and Alarms would be those of every function: give it a \
                 DeploymentPreference of its own, or write them there"
            ));
        } else {
            add(&properties, "DeploymentPreference", &mut edit, &mut paths)?;
        }
        let mut resources = Vec::new();
        if has_alarms != Some(true) {
            resources.push(format!("{id}CanaryEvidenceAlarm"));
        }
        resources.push(format!("{id}GatePolicy"));
        if self.has_hooks() {
            for hook in [PRE_TRAFFIC, POST_TRAFFIC] {
                let path = ["Resources", hook, "Properties", "Policies"];
                let (line, indent) = self.block(&path)?;
                edit.add(line, vec![format!("{:indent$}- !Ref {id}GatePolicy", "")]);
                paths.push(path.into_iter().chain(["0"]).map(str::to_owned).collect());
            }
        } else {
            let shared = [EVENTS_LAYER, PRE_TRAFFIC, POST_TRAFFIC];
            resources.extend(shared.map(str::to_owned));
        }
        if self.needs_watch() {
            resources.push(WATCH.to_owned());
        }
        // The one that another function has brought is shared, as the watch is.
        if has_alarms != Some(true) && self.top.at(&["Resources", WATCH_ALARM]).is_none() {
            resources.push(WATCH_ALARM.to_owned());
        }
        self.append(&resources, &mut edit)?;
        paths.extend(
            resources
                .into_iter()
                .map(|id| vec!["Resources".to_owned(), id]),
        );
        Ok((edit, paths))
    }

    /// Whether another function has brought the hooks.
    fn has_hooks(&self) -> bool {
        let functions = &self.subject.stack.functions;
        let mut hooks = functions
            .iter()
            .filter_map(|function| function.deployment_preference.as_ref())
            .flat_map(hooks)
            .filter_map(|hook| hook.in_template.as_deref());
        hooks.any(|hook| hook == PRE_TRAFFIC)
    }

    /// Whether an alarm of the function looks at evidence that nothing publishes yet. A watch at which no alarm looks
    /// would only cost.
    fn needs_watch(&self) -> bool {
        let (function, stack) = (self.subject.function, self.subject.stack);
        let is_on_evidence =
            has_own_alarms(function) != Some(true) || on_evidence(function, stack).next().is_some();
        is_on_evidence && !is_watched(stack)
    }

    /// The line after which the entries of a block begin, and their column.
    fn block(&self, path: &[&str]) -> Result<(usize, usize), String> {
        let odd = |line: usize| {
            format!(
                "{} (line {line}) is not written as a block of its own, a key on each line",
                path.join(".")
            )
        };
        let part = self
            .top
            .at(path)
            .ok_or_else(|| format!("there is no {}", path.join(".")))?;
        let line = part.place().line;
        let entries = part.entries().map(|(_, entry)| entry);
        let below = entries.chain(part.items().unwrap_or_default());
        let first = below.map(|entry| entry.place().line).min();
        let key = self.lines[line - 1].split(" #").next().unwrap_or_default();
        match first {
            Some(first) if first > line && !key.contains(['{', '[']) => {
                Ok((line, columns(self.lines[first - 1])))
            }
            _ => Err(odd(line)),
        }
    }

    /// How many columns deeper each level is: as the first resource.
    fn step(&self) -> usize {
        self.block(&["Resources"])
            .map_or(2, |(_, column)| column.max(1))
    }

    /// Adds whole resources at the end of the section.
    fn append(&self, ids: &[String], edit: &mut Edit) -> Result<(), String> {
        let (line, indent) = self.block(&["Resources"])?;
        if let Some(taken) = ids
            .iter()
            .find_map(|id| Some((id, self.top.at(&["Resources", id])?.place().line)))
        {
            let (id, line) = taken;
            return Err(format!("there is a resource {id} already (line {line})"));
        }
        let next = self
            .top
            .entries()
            .map(|(_, section)| section.place().line)
            .filter(|next| *next > line)
            .min();
        let next = next.unwrap_or(self.lines.len() + 1);
        // A comment at the margin belongs to the section that follows.
        let is_between = |line: &&str| {
            line.trim().is_empty() || line.starts_with(['#', '\u{feff}']) || line.starts_with("...")
        };
        let between = self.lines[..next - 1]
            .iter()
            .rev()
            .take_while(|line| is_between(line));
        let end = next - 1 - between.count();
        for id in ids {
            let mut lines = vec![String::new()];
            lines.extend(self.snippet.part(&["Resources", id], indent, self.step()));
            edit.add(end, lines);
        }
        Ok(())
    }
}
