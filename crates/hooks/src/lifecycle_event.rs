//! Which hook this is.

use std::fmt;

/// The lifecycle events of a Lambda deployment that CodeDeploy lets a hook validate.
///
/// The names are those of the AppSpec's `Hooks` section ("AppSpec 'hooks' section", CodeDeploy User Guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleEvent {
    /// Before any traffic reaches the target version; AWS SAM calls its hook `PreTraffic`.
    BeforeAllowTraffic,
    /// After all traffic has reached the target version; AWS SAM calls its hook `PostTraffic`.
    AfterAllowTraffic,
}

impl LifecycleEvent {
    /// The name as CodeDeploy spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }

    /// The lifecycle event of this name, in any case, as the keys of an AppSpec are; `None` for those without a hook.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::BeforeAllowTraffic, Self::AfterAllowTraffic]
            .into_iter()
            .find(|event| name.eq_ignore_ascii_case(event.as_str()))
    }
}

impl fmt::Display for LifecycleEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
