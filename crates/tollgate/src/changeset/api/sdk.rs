//! From the SDK's types, which are not serde's, to those that are reviewed.

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types;
use changeset::{
    Action, Change, ChangeSet, ChangeSource, Detail, Evaluation, ExecutionStatus, Parameter,
    PolicyAction, Replacement, RequiresRecreation, ResourceChange, Status, Target,
};

/// One page of a description. Words that the SDK does not know stay as they came.
pub(super) fn change_set(page: DescribeChangeSetOutput) -> ChangeSet {
    ChangeSet {
        id: page.change_set_id,
        name: page.change_set_name,
        stack_name: page.stack_name,
        stack_id: page.stack_id,
        status: page
            .status
            .map(|word| Status::from(word.as_str().to_owned())),
        status_reason: page.status_reason,
        execution_status: page
            .execution_status
            .map(|word| ExecutionStatus::from(word.as_str().to_owned())),
        next_token: page.next_token.filter(|token| !token.is_empty()),
        parent_id: page.parent_change_set_id.filter(|id| !id.is_empty()),
        root_id: page.root_change_set_id.filter(|id| !id.is_empty()),
        parameters: list(page.parameters, parameter),
        changes: list(page.changes, change),
    }
}

fn parameter(parameter: types::Parameter) -> Parameter {
    Parameter {
        key: parameter.parameter_key,
        value: parameter.parameter_value,
        resolved: parameter.resolved_value,
    }
}

fn change(change: types::Change) -> Change {
    Change {
        kind: change.r#type.map(|word| word.as_str().to_owned()),
        resource: change.resource_change.map(resource),
    }
}

fn resource(change: types::ResourceChange) -> ResourceChange {
    ResourceChange {
        action: change
            .action
            .map(|word| Action::from(word.as_str().to_owned())),
        logical_id: change.logical_resource_id,
        physical_id: change.physical_resource_id,
        resource_type: change.resource_type,
        replacement: change
            .replacement
            .map(|word| Replacement::from(word.as_str().to_owned())),
        policy_action: change
            .policy_action
            .map(|word| PolicyAction::from(word.as_str().to_owned())),
        scope: list(change.scope, |word| word.as_str().to_owned()),
        details: list(change.details, detail),
        change_set_id: change.change_set_id.filter(|id| !id.is_empty()),
        drift_status: change
            .resource_drift_status
            .map(|word| word.as_str().to_owned()),
        before_context: change.before_context,
        after_context: change.after_context,
    }
}

fn detail(detail: types::ResourceChangeDetail) -> Detail {
    Detail {
        target: detail.target.map(target),
        evaluation: detail
            .evaluation
            .map(|word| Evaluation::from(word.as_str().to_owned())),
        change_source: detail
            .change_source
            .map(|word| ChangeSource::from(word.as_str().to_owned())),
        causing_entity: detail.causing_entity,
    }
}

fn target(target: types::ResourceTargetDefinition) -> Target {
    Target {
        attribute: target.attribute.map(|word| word.as_str().to_owned()),
        name: target.name,
        requires_recreation: target
            .requires_recreation
            .map(|word| RequiresRecreation::from(word.as_str().to_owned())),
        path: target.path,
        before_value: target.before_value,
        after_value: target.after_value,
    }
}

fn list<T, U>(items: Option<Vec<T>>, item: impl FnMut(T) -> U) -> Vec<U> {
    items.into_iter().flatten().map(item).collect()
}
