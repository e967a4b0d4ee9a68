use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::package::answering;
use super::served::{Endpoint, now};

/// How many writes there are of each name.
pub(super) const WRITES: u32 = 7;

const FUNCTIONS: &str = "/2015-03-31/functions";

const CLOUDWATCH: &str = "GraniteServiceVersion20100801";

/// One write of a client.
#[derive(Clone, Debug)]
pub(super) enum Write {
    CreateAlias(String),
    /// The share of version 2, in percent.
    UpdateAlias(String, u32),
    PutMetricAlarm(String, u32),
    DeleteAlarm(String),
    PutMetricData(u32),
    /// With a zip file, of a function that answers this number.
    CreateFunction(String, u32),
    PublishVersion(String),
}

/// Everything that a client has written, as far as it has been told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    /// Percent on version 2, by alias.
    aliases: BTreeMap<String, u32>,
    /// Thresholds by name.
    alarms: BTreeMap<String, u32>,
    /// How many values of its metric, and their sum.
    data: (u32, u32),
    /// What each function answers, and whether it has version 1.
    functions: BTreeMap<String, (u32, bool)>,
}

impl Write {
    /// The `number`th write of a client.
    pub(super) fn of(client: usize, number: u32) -> Self {
        let name = format!("client-{client}-{}", number / WRITES);
        match number % WRITES {
            0 => Self::CreateAlias(name),
            1 => Self::PutMetricAlarm(name, number),
            2 => Self::PutMetricData(number),
            3 => Self::UpdateAlias(name, number % 100),
            4 => Self::CreateFunction(name, number),
            5 => Self::PublishVersion(name),
            _ if number.is_multiple_of(2) => Self::DeleteAlarm(name),
            _ => Self::PutMetricAlarm(name, number),
        }
    }

    /// Makes the request; `None` where there was no answer.
    pub(super) fn make(&self, endpoint: &Endpoint, client: usize) -> Option<Value> {
        let cloudwatch = |operation: &str, body: Value| {
            endpoint.json(&format!("{CLOUDWATCH}.{operation}"), &body)
        };
        let aliases = "/2015-03-31/functions/mirror/aliases";
        let (status, answer) = match self {
            Self::CreateAlias(name) => {
                let body = json!({ "Name": name, "FunctionVersion": "1" });
                endpoint.rest(&format!("POST {aliases}"), &body)?
            }
            Self::UpdateAlias(name, percent) => {
                let weights = json!({ "2": f64::from(*percent) / 100.0 });
                let body = json!({ "RoutingConfig": { "AdditionalVersionWeights": weights } });
                endpoint.rest(&format!("PUT {aliases}/{name}"), &body)?
            }
            Self::PutMetricAlarm(name, threshold) => cloudwatch(
                "PutMetricAlarm",
                json!({
                    "AlarmName": name, "Namespace": "N", "MetricName": "m", "Statistic": "Sum", "Period": 60,
                    "EvaluationPeriods": 1, "Threshold": threshold, "ComparisonOperator": "GreaterThanThreshold",
                }),
            )?,
            Self::DeleteAlarm(name) => cloudwatch("DeleteAlarms", json!({ "AlarmNames": [name] }))?,
            Self::CreateFunction(name, number) => {
                let function = json!({
                    "FunctionName": name, "Role": "arn:aws:iam::123456789012:role/lambda", "Handler": "bootstrap",
                    "Runtime": "provided.al2023", "Timeout": 30, "Code": { "ZipFile": answering(*number) },
                });
                endpoint.rest(&format!("POST {FUNCTIONS}"), &function)?
            }
            Self::PublishVersion(name) => {
                endpoint.rest(&format!("POST {FUNCTIONS}/{name}/versions"), &json!({}))?
            }
            Self::PutMetricData(value) => {
                put_metric_data(endpoint, &format!("client-{client}"), *value)?
            }
        };
        assert!(status < 300, "{self:?}: {answer}");
        Some(answer)
    }
}

impl Told {
    pub(super) fn note(&mut self, write: &Write) {
        match write.clone() {
            Write::CreateAlias(name) => drop(self.aliases.insert(name, 0)),
            Write::UpdateAlias(name, percent) => drop(self.aliases.insert(name, percent)),
            Write::PutMetricAlarm(name, threshold) => drop(self.alarms.insert(name, threshold)),
            Write::DeleteAlarm(name) => drop(self.alarms.remove(&name)),
            Write::CreateFunction(name, number) => {
                self.functions.insert(name, (number, false));
            }
            Write::PublishVersion(name) => {
                if let Some((_, is_published)) = self.functions.get_mut(&name) {
                    *is_published = true;
                }
            }
            Write::PutMetricData(value) => {
                self.data = (self.data.0 + 1, self.data.1 + value);
            }
        }
    }

    /// What is there of a client's, `names` being all that it has used.
    pub(super) fn found(endpoint: &Endpoint, client: usize, names: &BTreeSet<String>) -> Self {
        let mut found = Self::default();
        for name in names {
            let alias = endpoint.alias(name);
            if !alias.is_null() {
                let weight = &alias["RoutingConfig"]["AdditionalVersionWeights"]["2"];
                let percent = whole(weight.as_f64().unwrap_or_default() * 100.0);
                found.aliases.insert(name.clone(), percent);
            }
            if code_sha256(endpoint, name, "$LATEST").is_some() {
                let is_published = code_sha256(endpoint, name, "1").is_some();
                let qualifier = if is_published { "1" } else { "$LATEST" };
                let path = format!("POST {FUNCTIONS}/{name}/invocations?Qualifier={qualifier}");
                let (status, answer) = endpoint.rest(&path, &json!({})).unwrap();
                assert_eq!(status, 200, "{answer}");
                let answer = answer.as_u64().and_then(|answer| answer.try_into().ok());
                let function = (answer.unwrap(), is_published);
                found.functions.insert(name.clone(), function);
            }
        }
        let prefix = json!({ "AlarmNamePrefix": format!("client-{client}-"), "MaxRecords": 100 });
        let alarms = endpoint.ask(&format!("{CLOUDWATCH}.DescribeAlarms"), &prefix);
        assert!(
            alarms.get("NextToken").is_none(),
            "more alarms than a page has"
        );
        for alarm in alarms["MetricAlarms"].as_array().unwrap() {
            let name = alarm["AlarmName"].as_str().unwrap().to_owned();
            let threshold = alarm["Threshold"].as_f64().unwrap();
            found.alarms.insert(name, whole(threshold));
        }
        found.data = metric_data(endpoint, &format!("client-{client}"));
        found
    }
}

/// The `CodeSha256` of a function's version; `None` where there is none.
pub(super) fn code_sha256(endpoint: &Endpoint, name: &str, qualifier: &str) -> Option<String> {
    let path = format!("GET {FUNCTIONS}/{name}/configuration?Qualifier={qualifier}");
    let (status, answer) = endpoint.rest(&path, &Value::Null).unwrap();
    assert!(status == 200 || status == 404, "{answer}");
    Some(answer["CodeSha256"].as_str()?.to_owned())
}

/// Sends a value of a metric.
pub(super) fn put_metric_data(
    endpoint: &Endpoint,
    metric: &str,
    value: u32,
) -> Option<(u16, Value)> {
    let data = json!([{ "MetricName": metric, "Value": value }]);
    let body = json!({ "Namespace": "Clients", "MetricData": data });
    endpoint.json(&format!("{CLOUDWATCH}.PutMetricData"), &body)
}

/// How many values of a metric have been delivered, and their sum.
pub(super) fn metric_data(endpoint: &Endpoint, metric: &str) -> (u32, u32) {
    let day = 86_400.0;
    let query = json!({
        "Namespace": "Clients", "MetricName": metric, "Period": 86_400,
        "StartTime": now().as_secs_f64() - day, "EndTime": now().as_secs_f64() + 30.0 * day,
        "Statistics": ["SampleCount", "Sum"],
    });
    let data = endpoint.ask(&format!("{CLOUDWATCH}.GetMetricStatistics"), &query);
    let sum = |name: &str| {
        let points = data["Datapoints"].as_array().unwrap().iter();
        whole(points.map(|point| point[name].as_f64().unwrap()).sum())
    };
    (sum("SampleCount"), sum("Sum"))
}

/// A number that was whole before JSON made a fraction of it; the sum of nothing is -0.
fn whole(number: f64) -> u32 {
    format!("{:.0}", number.abs()).parse().unwrap()
}
