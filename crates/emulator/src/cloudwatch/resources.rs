//! What an operation acts on, as policies name it.

use serde_json::Value;

use crate::lambda::Account;

/// The ARNs that a caller of `operation` must have access to; `*` for operations without resources. Source: Service
/// Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch".
pub(crate) fn resources(
    Account { region, account_id }: &Account,
    operation: &str,
    input: &Value,
) -> Vec<String> {
    let alarm = |name: &str| format!("arn:aws:cloudwatch:{region}:{account_id}:alarm:{name}");
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    match operation {
        "PutMetricAlarm" | "SetAlarmState" | "DescribeAlarmHistory" => {
            vec![alarm(text("AlarmName").unwrap_or("*"))]
        }
        "DeleteAlarms" | "DescribeAlarms" | "EnableAlarmActions" | "DisableAlarmActions" => {
            let names = input.get("AlarmNames").and_then(Value::as_array);
            let names = names.into_iter().flatten().filter_map(Value::as_str);
            let alarms: Vec<String> = names.map(alarm).collect();
            if alarms.is_empty() {
                vec![alarm("*")]
            } else {
                alarms
            }
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            vec![text("ResourceARN").unwrap_or("*").to_owned()]
        }
        _ => vec!["*".to_owned()],
    }
}

/// The namespace of the metrics that a call puts: the value of the condition key `cloudwatch:namespace`, which only
/// `PutMetricData` has. Source: as above.
pub(crate) fn put_namespace<'a>(operation: &str, input: &'a Value) -> Option<&'a str> {
    let namespace = input.get("Namespace").and_then(Value::as_str);
    namespace.filter(|_| operation == "PutMetricData")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_have_the_resources_of_the_reference() {
        for (operation, input, expected) in [
            ("PutMetricData", json!({}), vec!["*"]),
            ("PutMetricAlarm", json!({"AlarmName": "a"}), vec!["ALARM:a"]),
            (
                "DeleteAlarms",
                json!({"AlarmNames": ["a", "b"]}),
                vec!["ALARM:a", "ALARM:b"],
            ),
            ("DescribeAlarms", json!({}), vec!["ALARM:*"]),
            ("DescribeAlarmsForMetric", json!({}), vec!["*"]),
            (
                "TagResource",
                json!({"ResourceARN": "ALARM:a"}),
                vec!["ALARM:a"],
            ),
        ] {
            let resources = resources(&Account::default(), operation, &input);
            let short: Vec<String> = resources
                .iter()
                .map(|arn| arn.replace("arn:aws:cloudwatch:us-east-1:123456789012:alarm", "ALARM"))
                .collect();
            assert_eq!(short, expected, "{operation}");
        }
    }
}
