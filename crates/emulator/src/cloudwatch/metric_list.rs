//! `ListMetrics`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deployment::Timestamp;
use serde_json::{Value, json};

use super::input::{Members, Violations, validation};
use super::{Metric, MetricStore};
use crate::ServiceError;

/// How many metrics a page has (API reference).
const PAGE: usize = 500;

/// A metric is listed for two weeks after its last data point (API reference).
const LISTED: Duration = Duration::from_secs(14 * 24 * 3600);

/// With `RecentlyActive`, which has this one value: `PT3H`.
const RECENTLY: Duration = Duration::from_secs(3 * 3600);

/// Metrics by namespace, name and dimensions. AWS lists a new metric up to 15 minutes late, and in no order.
pub(super) fn list_metrics(
    store: &MetricStore,
    input: &Value,
    now: Timestamp,
) -> Result<Value, ServiceError> {
    let members = Members::of(input)?;
    if members.boolean("IncludeLinkedAccounts")? == Some(true) || members.has("OwningAccount") {
        return Err(validation(
            "IncludeLinkedAccounts and OwningAccount: there is no other account here",
        ));
    }
    let mut violations = Violations::default();
    let namespace = members.text("Namespace")?;
    violations.text(namespace, "namespace", 255);
    let metric_name = members.text("MetricName")?;
    violations.text(metric_name, "metricName", 255);
    let active = members.text("RecentlyActive")?;
    violations.named(active, "recentlyActive", &["PT3H"], |name| {
        (name == "PT3H").then_some(())
    });
    let items = members.list("Dimensions")?.unwrap_or_default();
    violations.length_at_most(items.len(), "dimensions", 10);
    let mut wanted = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let filter = Members::of(item)?;
        let path = format!("dimensions.{}.member.name", index + 1);
        let name = violations.required_text(filter.text("Name")?, &path, 255);
        wanted.push((name, filter.text("Value")?));
    }
    violations.finish()?;
    let after = members.text("NextToken")?.map(position).transpose()?;

    let newest = if active.is_some() { RECENTLY } else { LISTED };
    let is_wanted = |metric: &Metric| {
        namespace.is_none_or(|namespace| metric.namespace == namespace)
            && metric_name.is_none_or(|name| metric.metric_name == name)
            && wanted.iter().all(|(name, value)| {
                let known = metric.dimensions.get(*name);
                known.is_some_and(|known| value.is_none_or(|value| known == value))
            })
    };
    let mut found = store
        .metrics(after.as_ref())
        .filter(|(metric, last)| is_wanted(metric) && now.since(*last) <= newest)
        .map(|(metric, _)| metric);
    let page: Vec<&Metric> = found.by_ref().take(PAGE).collect();
    let mut output =
        json!({"Metrics": page.iter().map(|metric| describe(metric)).collect::<Vec<_>>()});
    if let Some(last) = page.last().filter(|_| found.next().is_some()) {
        let token = describe(last).to_string();
        output["NextToken"] = URL_SAFE_NO_PAD.encode(token).into();
    }
    Ok(output)
}

fn describe(metric: &Metric) -> Value {
    let dimensions: Vec<Value> = metric
        .dimensions
        .iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect();
    json!({"Namespace": metric.namespace, "MetricName": metric.metric_name, "Dimensions": dimensions})
}

/// The last metric of the page before.
fn position(token: &str) -> Result<Metric, ServiceError> {
    let read = || {
        let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let members = Members::of(&value).ok()?;
        let dimensions = members.dimensions("Dimensions", &mut Violations::default());
        Some(Metric {
            namespace: members.text("Namespace").ok()??.to_owned(),
            metric_name: members.text("MetricName").ok()??.to_owned(),
            dimensions: dimensions.ok()?,
        })
    };
    read().ok_or_else(|| {
        ServiceError::bad_request(
            "InvalidParameterValue",
            "The value for parameter NextToken is invalid.",
        )
    })
}
