//! What a team says about its own stacks.

use std::fmt;
use std::str::FromStr;

use crate::class::Class;
use crate::judge::{Conditional, Effect};

/// What a review goes by.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// What may be lost, by resource.
    pub allow: Vec<Allow>,
    /// Types of which any resource may be lost.
    pub allow_types: Vec<String>,
    /// Further types that hold data.
    pub stateful: Vec<String>,
    /// Types that hold no data worth keeping.
    pub not_stateful: Vec<String>,
    /// How maybe-replacements are taken whose fate is not known.
    pub conditional: Conditional,
}

impl Policy {
    /// The class of a type. What is said to be stateful is, also where it is said not to be; nested stacks are judged by what
    /// is in them, whatever is said.
    pub(crate) fn class(&self, resource_type: &str) -> Class {
        let says = |types: &[String]| types.iter().any(|named| named == resource_type);
        match Class::of(resource_type) {
            Class::NestedStack => Class::NestedStack,
            _ if says(&self.stateful) => Class::Stateful,
            Class::Stateful if says(&self.not_stateful) => Class::Other,
            class => class,
        }
    }
}

/// A resource that may be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Its logical ID; in a nested stack with those of the stacks around it, as in `Storage/Orders`.
    pub path: String,
    /// How.
    pub loss: Loss,
}

/// How a resource may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// By being replaced.
    Replace,
    /// By being removed.
    Remove,
    /// In any way, also one that CloudFormation cannot tell.
    Any,
}

impl Loss {
    pub(crate) fn covers(self, effect: Effect) -> bool {
        match self {
            Self::Replace => matches!(effect, Effect::Replace | Effect::MayReplace),
            Self::Remove => effect == Effect::Remove,
            Self::Any => true,
        }
    }
}

/// Why a text is no [`Allow`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected ID=replace, ID=remove or ID=any, where ID is a logical ID (of a nested stack: Nested/ID)"
)]
pub struct NotAllow;

impl FromStr for Allow {
    type Err = NotAllow;

    fn from_str(text: &str) -> Result<Self, NotAllow> {
        let (path, loss) = text.split_once('=').ok_or(NotAllow)?;
        let loss = match loss {
            "replace" => Loss::Replace,
            "remove" => Loss::Remove,
            "any" => Loss::Any,
            _ => return Err(NotAllow),
        };
        if path.is_empty() {
            return Err(NotAllow);
        }
        Ok(Self {
            path: path.to_owned(),
            loss,
        })
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loss = match self.loss {
            Loss::Replace => "replace",
            Loss::Remove => "remove",
            Loss::Any => "any",
        };
        write!(f, "{}={loss}", self.path)
    }
}
