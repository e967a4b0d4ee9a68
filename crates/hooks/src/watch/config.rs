//! The `WATCH_…` variables.

use super::answer::WatchedAlias;
use crate::target::{is_alias, is_function_name};

/// The variable that names the CodeDeploy application whose deployment groups are watched.
pub const WATCH_APPLICATION: &str = "WATCH_APPLICATION";

/// The variable that names aliases to watch: `VersionedOrderAPI:prod,Other:live`.
pub const WATCH_ALIASES: &str = "WATCH_ALIASES";

/// What is watched.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Config {
    /// `WATCH_APPLICATION`: a CodeDeploy application, whose deployment groups say which aliases shift.
    pub(super) application: Option<String>,
    /// `WATCH_ALIASES`: aliases that say themselves whether they shift; none of them twice.
    pub(super) aliases: Vec<WatchedAlias>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error(
        "neither WATCH_APPLICATION nor WATCH_ALIASES is set, so there is nothing to watch; set WATCH_APPLICATION to the CodeDeploy application of the stack (!Ref ServerlessDeploymentApplication)"
    )]
    Nothing,
    #[error(
        "WATCH_APPLICATION is `{0}`, which is not the name of a CodeDeploy application: up to 100 letters, digits and any of `.`, `_`, `+`, `=`, `,`, `@`, `-`"
    )]
    Application(String),
    #[error(
        "WATCH_ALIASES has `{0}`, which is not a function's name and an alias, such as `VersionedOrderAPI:prod`; several are separated by commas"
    )]
    Alias(String),
}

impl Config {
    /// Reads the variables through `lookup`; an unset variable and an empty one mean the same.
    pub(super) fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let set = |name| lookup(name).filter(|value| !value.trim().is_empty());
        let application = set(WATCH_APPLICATION).map(application).transpose()?;
        let aliases = set(WATCH_ALIASES).map_or(Ok(Vec::new()), |list| aliases(&list))?;
        if application.is_none() && aliases.is_empty() {
            return Err(ConfigError::Nothing);
        }
        Ok(Self {
            application,
            aliases,
        })
    }
}

/// The characters are those of "Applications" (CodeDeploy quotas, CodeDeploy User Guide).
fn application(name: String) -> Result<String, ConfigError> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"._+=,@-".contains(&byte);
    if name.len() <= 100 && name.bytes().all(is_known) {
        Ok(name)
    } else {
        Err(ConfigError::Application(name))
    }
}

fn aliases(list: &str) -> Result<Vec<WatchedAlias>, ConfigError> {
    let mut aliases = Vec::new();
    for entry in list.split(',').map(str::trim) {
        let alias = entry
            .split_once(':')
            .filter(|(function, alias)| is_function_name(function) && is_alias(alias))
            .map(|(function, alias)| WatchedAlias {
                function: function.to_owned(),
                alias: alias.to_owned(),
            })
            .ok_or_else(|| ConfigError::Alias(entry.to_owned()))?;
        if !aliases.contains(&alias) {
            aliases.push(alias);
        }
    }
    Ok(aliases)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::parse(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn check(variables: &[(&str, &str)], application: Option<&str>, aliases: &[&str]) {
        let found = parse(variables).unwrap();
        assert_eq!(found.application.as_deref(), application, "{variables:?}");
        let names: Vec<String> = found.aliases.iter().map(ToString::to_string).collect();
        assert_eq!(names, aliases, "{variables:?}");
    }

    fn check_error(variables: &[(&str, &str)], expected: &str) {
        let text = parse(variables).unwrap_err().to_string();
        assert!(text.contains(expected), "{variables:?}: {text}");
    }

    #[test]
    fn reads_either_variable_and_both() {
        let app = ("WATCH_APPLICATION", "stack-App-1X+=,@._");
        check(&[app], Some(app.1), &[]);
        check(&[("WATCH_ALIASES", "F:live")], None, &["F:live"]);
        let list = " F:live , G_2:prod,F:live";
        check(
            &[app, ("WATCH_ALIASES", list)],
            Some(app.1),
            &["F:live", "G_2:prod"],
        );
        check(&[app, ("WATCH_ALIASES", "")], Some(app.1), &[]);
    }

    #[test]
    fn refuses_nothing_and_nonsense_by_name() {
        for nothing in [
            &[][..],
            &[("WATCH_APPLICATION", ""), ("WATCH_ALIASES", " ")][..],
        ] {
            check_error(
                nothing,
                "neither WATCH_APPLICATION nor WATCH_ALIASES is set",
            );
        }
        let long = "a".repeat(101);
        for value in [
            "a b",
            "arn:aws:codedeploy:r:1:application:a",
            "a/b",
            "ä",
            &long,
        ] {
            check_error(&[("WATCH_APPLICATION", value)], "WATCH_APPLICATION is `");
        }
        for value in [
            "F",
            "F:",
            ":live",
            "F:7",
            "F:live,",
            ",",
            "F:live:x",
            "F:$LATEST",
            "a b:live",
        ] {
            check_error(&[("WATCH_ALIASES", value)], "WATCH_ALIASES has `");
        }
    }
}
