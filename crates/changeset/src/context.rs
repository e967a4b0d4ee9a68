//! The resource before and after a change, as far as the change set shows it.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use crate::model::ResourceChange;

/// What a member is that a context does not have.
static NULL: Value = Value::Null;

/// The contexts of one change. Each is read when it is first asked for, and once: they may be long.
pub(crate) struct Contexts<'a> {
    change: &'a ResourceChange,
    before: OnceCell<Option<Map<String, Value>>>,
    after: OnceCell<Option<Map<String, Value>>>,
}

impl<'a> Contexts<'a> {
    pub(crate) fn of(change: &'a ResourceChange) -> Self {
        Self {
            change,
            before: OnceCell::new(),
            after: OnceCell::new(),
        }
    }

    /// The member of that name in the resource before the change, `null` where it has none, `None` where that is not
    /// known.
    pub(crate) fn before(&self, member: &str) -> Option<&Value> {
        let context = || read(self.change.before_context.as_deref());
        let members = self.before.get_or_init(context).as_ref()?;
        Some(members.get(member).unwrap_or(&NULL))
    }

    /// The same of the resource after the change.
    pub(crate) fn after(&self, member: &str) -> Option<&Value> {
        let context = || read(self.change.after_context.as_deref());
        let members = self.after.get_or_init(context).as_ref()?;
        Some(members.get(member).unwrap_or(&NULL))
    }
}

fn read(context: Option<&str>) -> Option<Map<String, Value>> {
    match serde_json::from_str(context?) {
        Ok(Value::Object(members)) => Some(members),
        // It may have been cut, or nest too deeply: nothing is known of it.
        Ok(_) | Err(_) => None,
    }
}
