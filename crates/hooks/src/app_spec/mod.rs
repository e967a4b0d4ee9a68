//! The AppSpec of a Lambda deployment: which function moves from which version to which, and who validates it.

#[cfg(test)]
mod tests;
mod yaml;

use crate::lifecycle_event::LifecycleEvent;
use crate::target::{ALIAS_NAME, FUNCTION_NAME, function_name, is_alias, is_function_name};
use serde_json::{Map, Value};
pub use yaml::YamlError;

/// What the AppSpec of a Lambda deployment says.
///
/// The shape is that of "AppSpec 'resources' section" and "AppSpec 'hooks' section" for AWS Lambda in the CodeDeploy
/// User Guide. AWS's own pages spell its keys both `CurrentVersion` and `currentversion`, so their case does not
/// matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSpec {
    /// `Name`: the function's name, which Lambda would accept.
    pub function: String,
    /// `Alias`: the name of the alias that shifts, which Lambda would accept.
    pub alias: String,
    /// `CurrentVersion` as written. It need not be a published version: whoever explains a deployment wants to read
    /// the AppSpec that was wrong; the hooks refuse it.
    pub current_version: Option<String>,
    /// `TargetVersion` as written, which need not be a published version either.
    pub target_version: Option<String>,
    /// `Hooks`, in order: at most one for each lifecycle event.
    pub hooks: Vec<AppSpecHook>,
}

/// An entry of the AppSpec's `Hooks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSpecHook {
    /// What the function validates.
    pub lifecycle_event: LifecycleEvent,
    /// The function as written: a name, an ARN, or a part of one.
    pub function: String,
}

impl AppSpecHook {
    /// The function's name alone.
    pub fn function_name(&self) -> &str {
        function_name(&self.function)
    }
}

/// Why a text is not the AppSpec of a Lambda deployment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppSpecError {
    /// The text begins like JSON and is none, nests too deeply or repeats a key.
    #[error("the AppSpec is not valid JSON")]
    Json(#[source] serde_json::Error),
    /// The text is not YAML, or YAML that is not supported.
    #[error("the AppSpec is not valid YAML")]
    Yaml(#[source] YamlError),
    /// A NUL, at which YAML readers may stop.
    #[error("the AppSpec has a NUL character, and so is neither JSON nor YAML")]
    Nul,
    /// A key or its value is missing.
    #[error("the AppSpec has no {0}")]
    Missing(&'static str),
    /// A key is there twice, perhaps in another case.
    #[error("the AppSpec has {0} more than once")]
    Repeated(&'static str),
    /// The value of a key is of the wrong type.
    #[error("the AppSpec's {path} is not {expected}")]
    Type {
        /// The key.
        path: &'static str,
        /// What its value should be.
        expected: &'static str,
    },
    /// There is no resource, or more than one.
    #[error("the AppSpec has {0} resources, and a Lambda deployment has exactly one")]
    Resources(usize),
    /// The resource is something else.
    #[error("the AppSpec's resource is of type `{0}`, not `AWS::Lambda::Function`")]
    NotAFunction(String),
    /// A name is not one that Lambda would accept.
    #[error("the AppSpec's {path} is `{value}`, which is not {expected}")]
    Value {
        /// The key.
        path: &'static str,
        /// Its value.
        value: String,
        /// What its value should be.
        expected: &'static str,
    },
}

impl AppSpec {
    /// Reads an AppSpec in JSON or in YAML: what begins with `{` is JSON.
    ///
    /// What the hooks do not need (`version`, unknown keys, hooks of other lifecycle events) has no influence.
    ///
    /// # Errors
    ///
    /// The first fault: of the syntax, of the shape, or a name that is none. Repeated keys and YAML's aliases, tags and
    /// further documents are faults. Missing or impossible versions are not.
    pub fn parse(text: &str) -> Result<Self, AppSpecError> {
        let document = document(text)?;
        let document = object(&document, "text")?;
        let resource = resource(required(document, "Resources")?)?;
        let kind = text_of(required(resource, "Type")?, "Type")?;
        if kind != "AWS::Lambda::Function" {
            return Err(AppSpecError::NotAFunction(kind));
        }
        let properties = object(required(resource, "Properties")?, "Properties")?;
        let version = |name| {
            let value = optional(properties, name)?;
            value.map(|value| text_of(value, name)).transpose()
        };
        Ok(Self {
            function: name(properties, "Name", is_function_name, FUNCTION_NAME)?,
            alias: name(properties, "Alias", is_alias, ALIAS_NAME)?,
            current_version: version("CurrentVersion")?,
            target_version: version("TargetVersion")?,
            hooks: hooks(optional(document, "Hooks")?)?,
        })
    }
}

fn document(text: &str) -> Result<Value, AppSpecError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        checks::parse_json(text).map_err(AppSpecError::Json)
    } else if text.contains('\0') {
        Err(AppSpecError::Nul)
    } else {
        yaml::parse(text).map_err(AppSpecError::Yaml)
    }
}

/// `Resources` is a list of one map with one entry, whose key is any logical name.
fn resource(resources: &Value) -> Result<&Map<String, Value>, AppSpecError> {
    let mut entries = Vec::new();
    for item in list(resources, "Resources")? {
        entries.extend(object(item, "Resources")?.values());
    }
    match entries.as_slice() {
        [entry] => object(entry, "resource"),
        entries => Err(AppSpecError::Resources(entries.len())),
    }
}

/// `Hooks` is a list of maps with one entry each; one map with all of them says the same.
fn hooks(hooks: Option<&Value>) -> Result<Vec<AppSpecHook>, AppSpecError> {
    let maps = match hooks {
        None => &[],
        Some(map @ Value::Object(_)) => std::slice::from_ref(map),
        Some(maps) => list(maps, "Hooks")?,
    };
    let mut found: Vec<AppSpecHook> = Vec::new();
    for map in maps {
        for (key, function) in object(map, "Hooks")? {
            let (Some(lifecycle_event), false) = (LifecycleEvent::named(key), function.is_null())
            else {
                continue;
            };
            let path = lifecycle_event.as_str();
            if found
                .iter()
                .any(|hook| hook.lifecycle_event == lifecycle_event)
            {
                return Err(AppSpecError::Repeated(path));
            }
            found.push(AppSpecHook {
                lifecycle_event,
                function: text_of(function, path)?,
            });
        }
    }
    Ok(found)
}

fn object<'a>(
    value: &'a Value,
    path: &'static str,
) -> Result<&'a Map<String, Value>, AppSpecError> {
    let expected = "an object";
    value
        .as_object()
        .ok_or(AppSpecError::Type { path, expected })
}

fn list<'a>(value: &'a Value, path: &'static str) -> Result<&'a [Value], AppSpecError> {
    let expected = "a list";
    match value {
        Value::Array(items) => Ok(items),
        _ => Err(AppSpecError::Type { path, expected }),
    }
}

/// The value of a key in any case. Null is what a YAML key without a value has, and counts as none.
fn optional<'a>(
    map: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a Value>, AppSpecError> {
    let mut found = map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (None | Some((_, Value::Null)), None) => Ok(None),
        (Some((_, value)), None) => Ok(Some(value)),
        (_, Some(_)) => Err(AppSpecError::Repeated(name)),
    }
}

fn required<'a>(
    map: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a Value, AppSpecError> {
    optional(map, name)?.ok_or(AppSpecError::Missing(name))
}

/// A string, or a number as a string: versions are numbers to whoever writes an AppSpec by hand.
fn text_of(value: &Value, path: &'static str) -> Result<String, AppSpecError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            let expected = "a string";
            Err(AppSpecError::Type { path, expected })
        }
    }
}

fn name(
    properties: &Map<String, Value>,
    path: &'static str,
    is_valid: fn(&str) -> bool,
    expected: &'static str,
) -> Result<String, AppSpecError> {
    let value = text_of(required(properties, path)?, path)?;
    if is_valid(&value) {
        return Ok(value);
    }
    Err(AppSpecError::Value {
        path,
        value,
        expected,
    })
}
