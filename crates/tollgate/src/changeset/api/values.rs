//! The values of properties, put beside the changes that were described without them.
//!
//! They explain. Which changes there are, and what `Action`, `Replacement` and `PolicyAction` say, comes from the
//! description without values alone. A judgement goes by values in two places: by the policies in a change's context where the
//! change has no `PolicyAction`, and by a property that is the same before and after where the change is `Conditional`. So
//! they are taken over only where both descriptions agree on what the change is, and where they are not known the judgement
//! assumes the worst.

use std::collections::BTreeMap;

use changeset::{Action, Change, ChangeSet, Detail, RequiresRecreation, ResourceChange, Target};

/// How many logical IDs a warning names.
const NAMED: usize = 5;

/// Takes what explains the changes of `plain` over from the same set's description with values; warnings for people about
/// what could not be.
pub(super) fn explain(plain: &mut ChangeSet, detailed: ChangeSet) -> Vec<String> {
    let mut by_id: BTreeMap<String, Vec<ResourceChange>> = BTreeMap::new();
    for change in detailed.changes.into_iter().filter_map(|one| one.resource) {
        let id = change.logical_id.clone().unwrap_or_default();
        by_id.entry(id).or_default().push(change);
    }
    let mut missing = Vec::new();
    let mut different = Vec::new();
    for change in resources(&mut plain.changes) {
        let id = change.logical_id.clone().unwrap_or_default();
        let Some(candidates) = by_id.get_mut(&id) else {
            missing.push(id);
            continue;
        };
        match candidates.iter().position(|other| is_same(change, other)) {
            Some(index) => take_over(change, candidates.swap_remove(index)),
            None => different.push(id),
        }
    }
    // What is described with values only.
    let left = by_id.into_iter().filter(|(_, left)| !left.is_empty());
    different.extend(left.map(|(id, _)| id));
    different.sort_unstable();
    different.dedup();

    let mut warnings = Vec::new();
    if let Some(reason) = detailed.status_reason
        && reason.contains("[WARN]")
    {
        warnings.push(format!("CloudFormation does not know all values: {reason}"));
    }
    if !missing.is_empty() {
        warnings.push(format!(
            "CloudFormation left out the values of {}; the changes themselves are all reviewed",
            some(&missing)
        ));
    }
    if !different.is_empty() {
        warnings.push(format!(
            "with values, CloudFormation describes {} otherwise than without; what it says without them counts",
            some(&different)
        ));
    }
    warnings
}

fn resources(changes: &mut [Change]) -> impl Iterator<Item = &mut ResourceChange> {
    changes
        .iter_mut()
        .filter_map(|change| change.resource.as_mut())
}

/// Whether both describe one change.
fn is_same(plain: &ResourceChange, detailed: &ResourceChange) -> bool {
    plain.action == detailed.action
        && plain.resource_type == detailed.resource_type
        && plain.physical_id == detailed.physical_id
        && plain.policy_action == detailed.policy_action
        // Of an `Add` it says nothing, and comes only with values.
        && (plain.action == Some(Action::Add) || plain.replacement == detailed.replacement)
}

fn take_over(plain: &mut ResourceChange, detailed: ResourceChange) {
    plain.before_context = plain.before_context.take().or(detailed.before_context);
    plain.after_context = plain.after_context.take().or(detailed.after_context);
    let mut by_property: BTreeMap<Property, Vec<Detail>> =
        grouped(detailed.details).into_iter().collect();
    let mut details = Vec::with_capacity(plain.details.len());
    for (property, rows) in grouped(std::mem::take(&mut plain.details)) {
        match by_property.remove(&property) {
            Some(detailed) => details.extend(explained(rows, detailed)),
            None => details.extend(rows),
        }
    }
    plain.details = details;
}

/// What of a resource changes: an attribute, and of its properties which.
type Property = (Option<String>, Option<String>);

/// The details of each property, in their order.
fn grouped(details: Vec<Detail>) -> Vec<(Property, Vec<Detail>)> {
    let mut places: BTreeMap<Property, usize> = BTreeMap::new();
    let mut groups: Vec<(Property, Vec<Detail>)> = Vec::new();
    for detail in details {
        let target = detail.target.as_ref();
        let property = target.map_or((None, None), |target| {
            (target.attribute.clone(), target.name.clone())
        });
        let place = *places.entry(property.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(detail),
            None => groups.push((property, vec![detail])),
        }
    }
    groups
}

/// The details of one property with its values. With values there may be one row for each place within the property: these
/// are shown instead, unless they are among those by which a maybe-replacement is settled.
fn explained(mut plain: Vec<Detail>, mut detailed: Vec<Detail>) -> Vec<Detail> {
    let order = |detail: &Detail| (cause(detail), path(detail).map(str::to_owned));
    plain.sort_by_cached_key(order);
    detailed.sort_by_cached_key(order);
    let is_same = |(plain, detailed): (&Detail, &Detail)| {
        cause(plain) == cause(detailed) && (path(plain).is_none() || path(plain) == path(detailed))
    };
    if plain.len() == detailed.len() && plain.iter().zip(&detailed).all(is_same) {
        for (plain, detailed) in plain.iter_mut().zip(detailed) {
            if let (Some(plain), Some(detailed)) = (&mut plain.target, detailed.target) {
                plain.path = plain.path.take().or(detailed.path);
                plain.before_value = detailed.before_value;
                plain.after_value = detailed.after_value;
            }
        }
        return plain;
    }
    let never_recreates = |detail: &Detail| {
        let target = detail.target.as_ref();
        target.and_then(|target| target.requires_recreation.as_ref())
            == Some(&RequiresRecreation::Never)
    };
    let mut causes: Vec<Vec<String>> = plain.iter().map(cause).collect();
    let mut others: Vec<Vec<String>> = detailed.iter().map(cause).collect();
    causes.dedup();
    others.dedup();
    if causes == others && plain.iter().all(never_recreates) {
        return detailed;
    }
    plain
}

/// The place within the property; without values it may not be said.
fn path(detail: &Detail) -> Option<&str> {
    detail.target.as_ref()?.path.as_deref()
}

/// All that a detail says beside the place within the property and the values.
fn cause(detail: &Detail) -> Vec<String> {
    let recreation = detail
        .target
        .as_ref()
        .and_then(|target: &Target| target.requires_recreation.as_ref());
    let words = [
        recreation.map(|word| word.as_str()),
        detail.evaluation.as_ref().map(|word| word.as_str()),
        detail.change_source.as_ref().map(|word| word.as_str()),
        detail.causing_entity.as_deref(),
    ];
    words
        .into_iter()
        .map(|word| word.unwrap_or_default().to_owned())
        .collect()
}

/// `A, B, C, D, E and 3 more`
fn some(ids: &[String]) -> String {
    let mut text = ids[..ids.len().min(NAMED)].join(", ");
    if ids.len() > NAMED {
        text.push_str(&format!(" and {} more", ids.len() - NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn set(changes: &[Value]) -> ChangeSet {
        let changes = changes
            .iter()
            .map(|change| json!({"ResourceChange": change}));
        let changes: Vec<Value> = changes.collect();
        let document = json!({"Status": "CREATE_COMPLETE", "Changes": changes});
        ::changeset::parse(document.to_string().as_bytes()).unwrap()
    }

    /// A table that may be replaced, with these members, too.
    fn table(members: Value) -> Value {
        let mut table = json!({
            "Action": "Modify", "LogicalResourceId": "Orders", "PhysicalResourceId": "orders",
            "ResourceType": "AWS::DynamoDB::Table", "Replacement": "Conditional",
        });
        let (Value::Object(table_members), Value::Object(members)) = (&mut table, members) else {
            unreachable!()
        };
        table_members.extend(members);
        table
    }

    /// A detail of a property, with its place within it and its values.
    fn row(name: &str, recreation: &str, place: Option<(&str, &str, &str)>) -> Value {
        let mut target =
            json!({"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation});
        if let Some((path, before, after)) = place {
            target["Path"] = path.into();
            target["BeforeValue"] = before.into();
            target["AfterValue"] = after.into();
        }
        json!({"Target": target, "Evaluation": "Dynamic", "ChangeSource": "DirectModification"})
    }

    fn check(plain: &[Value], detailed: &[Value], expected: &[Value], warned: &[&str]) {
        let mut explained = set(plain);
        let warnings = explain(&mut explained, set(detailed));
        assert_eq!(
            format!("{explained:?}"),
            format!("{:?}", set(expected)),
            "{plain:?} with {detailed:?}"
        );
        assert_eq!(warnings.len(), warned.len(), "{warnings:?}");
        for (warning, part) in warnings.iter().zip(warned) {
            assert!(warning.contains(part), "{warning}");
        }
    }

    #[test]
    fn values_explain_and_decide_nothing() {
        let retained = json!({"AfterContext": r#"{"UpdateReplacePolicy":"Retain"}"#});
        let plain = table(json!({}));
        let explained = table(retained.clone());
        let left_out = "left out the values of Orders";
        let otherwise = "describes Orders otherwise";
        check(
            std::slice::from_ref(&plain),
            std::slice::from_ref(&explained),
            std::slice::from_ref(&explained),
            &[],
        );
        // A row that is not there, or only with values.
        check(
            std::slice::from_ref(&plain),
            &[],
            std::slice::from_ref(&plain),
            &[left_out],
        );
        check(&[], std::slice::from_ref(&explained), &[], &[otherwise]);
        // Another change, from which nothing is taken.
        for (member, value) in [
            ("Action", "Add"),
            ("Replacement", "False"),
            ("PolicyAction", "ReplaceAndRetain"),
            ("PhysicalResourceId", "other"),
            ("ResourceType", "AWS::DynamoDB::GlobalTable"),
        ] {
            let mut other = explained.clone();
            other[member] = value.into();
            check(
                std::slice::from_ref(&plain),
                &[other],
                std::slice::from_ref(&plain),
                &[otherwise],
            );
        }
        // Of an `Add` CloudFormation says `Replacement` with values only.
        let add = |members: Value| {
            let mut add = table(members);
            add["Action"] = "Add".into();
            add["Replacement"] = Value::Null;
            add
        };
        let mut replaced = add(retained.clone());
        replaced["Replacement"] = "True".into();
        check(&[add(json!({}))], &[replaced], &[add(retained)], &[]);
    }

    #[test]
    fn details_get_their_values_where_they_are_the_same() {
        let values = |place| Some((place, "old", "new"));
        let name = |place| row("TableName", "Always", place);
        let tags = |place| row("Tags", "Never", place);
        let rows = [
            (
                vec![name(None)],
                vec![name(values("/Properties/TableName"))],
                None,
            ),
            // In any order.
            (
                vec![name(None), tags(None)],
                vec![
                    tags(values("/Properties/Tags")),
                    name(values("/Properties/TableName")),
                ],
                Some(vec![
                    name(values("/Properties/TableName")),
                    tags(values("/Properties/Tags")),
                ]),
            ),
            // More places of one property are all shown, unless they could settle a replacement.
            (
                vec![tags(None)],
                vec![
                    tags(values("/Properties/Tags/0")),
                    tags(values("/Properties/Tags/1")),
                ],
                None,
            ),
            (
                vec![name(None)],
                vec![
                    name(values("/Properties/TableName/0")),
                    name(values("/Properties/TableName/1")),
                ],
                Some(vec![name(None)]),
            ),
            // Another cause.
            (
                vec![name(None)],
                vec![row("TableName", "Never", values("/p"))],
                Some(vec![name(None)]),
            ),
            (
                vec![tags(None)],
                vec![row("Tags", "Always", values("/p"))],
                Some(vec![tags(None)]),
            ),
            // None, or one more.
            (vec![name(None)], vec![], Some(vec![name(None)])),
            (
                vec![name(None)],
                vec![tags(values("/p"))],
                Some(vec![name(None)]),
            ),
            (vec![], vec![tags(values("/p"))], Some(vec![])),
        ];
        for (plain, detailed, expected) in rows {
            let details = |rows: Vec<Value>| [table(json!({"Details": rows}))];
            let expected = expected.unwrap_or_else(|| detailed.clone());
            check(&details(plain), &details(detailed), &details(expected), &[]);
        }
    }

    #[test]
    fn what_cloudformation_warns_of_is_passed_on() {
        let mut detailed = set(&[]);
        detailed.status_reason = Some("[WARN] --include-property-values option …".to_owned());
        let ids = ["A", "B", "C", "D", "E", "F", "G"];
        let changes = ids.map(|id| {
            let mut change = table(json!({}));
            change["LogicalResourceId"] = id.into();
            change
        });
        let warnings = explain(&mut set(&changes), detailed);
        assert!(
            warnings[0].ends_with("[WARN] --include-property-values option …"),
            "{warnings:?}"
        );
        assert!(
            warnings[1].contains("A, B, C, D, E and 2 more"),
            "{warnings:?}"
        );
    }
}
