//! CloudWatch's calls.

use super::Aws;
use super::error::call_error;
use crate::ports::{
    CallError, GetMetricData, MetricDataPage, MetricDataRequest, MetricDataResult, MetricDatum,
    MetricStat, PutMetricData,
};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    self, Dimension, MessageData, Metric, MetricDataQuery, ScanBy, StandardUnit,
};

impl GetMetricData for Aws {
    async fn get_metric_data(
        &self,
        request: &MetricDataRequest,
        next_token: Option<&str>,
    ) -> Result<MetricDataPage, CallError> {
        let queries = request.queries.iter().enumerate();
        let output = self
            .cloudwatch
            .get_metric_data()
            .set_metric_data_queries(Some(queries.map(query).collect()))
            .start_time(DateTime::from_secs(request.start))
            .end_time(DateTime::from_secs(request.end))
            .scan_by(ScanBy::TimestampAscending)
            .set_next_token(next_token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error("cloudwatch:GetMetricData", error))?;
        let results = output.metric_data_results.unwrap_or_default();
        Ok(MetricDataPage {
            results: results.into_iter().map(result).collect(),
            messages: messages(output.messages),
            next_token: output.next_token,
        })
    }
}

impl PutMetricData for Aws {
    async fn put_metric_data(
        &self,
        namespace: &'static str,
        data: &[MetricDatum],
    ) -> Result<(), CallError> {
        let datum = |datum: &MetricDatum| {
            types::MetricDatum::builder()
                .metric_name(datum.metric_name)
                .set_dimensions(Some(dimensions(&datum.dimensions)))
                .timestamp(DateTime::from_secs(datum.timestamp))
                .value(datum.value)
                .unit(StandardUnit::None)
                .build()
        };
        self.cloudwatch
            .put_metric_data()
            .namespace(namespace)
            .set_metric_data(Some(data.iter().map(datum).collect()))
            .send()
            .await
            .map(drop)
            .map_err(|error| call_error("cloudwatch:PutMetricData", error))
    }
}

/// An `Id` starts with a letter; the number after it is the query's index.
const ID_PREFIX: &str = "q";

fn query((index, query): (usize, &MetricStat)) -> MetricDataQuery {
    let metric = Metric::builder()
        .namespace(query.namespace)
        .metric_name(query.metric_name)
        .set_dimensions(Some(dimensions(&query.dimensions)))
        .build();
    let stat = types::MetricStat::builder()
        .metric(metric)
        .period(query.period)
        .stat(query.stat)
        .build();
    MetricDataQuery::builder()
        .id(format!("{ID_PREFIX}{index}"))
        .metric_stat(stat)
        .build()
}

fn dimensions(dimensions: &[(&'static str, String)]) -> Vec<Dimension> {
    let dimension =
        |(name, value): &(&'static str, String)| Dimension::builder().name(*name).value(value);
    dimensions
        .iter()
        .map(|one| dimension(one).build())
        .collect()
}

fn result(result: types::MetricDataResult) -> MetricDataResult {
    let id = result.id.as_deref();
    let status = result.status_code.as_ref();
    MetricDataResult {
        query: id.and_then(|id| id.strip_prefix(ID_PREFIX)?.parse().ok()),
        status_code: status.map_or_else(String::new, |status| status.as_str().to_owned()),
        messages: messages(result.messages),
        timestamps: result
            .timestamps
            .unwrap_or_default()
            .iter()
            .map(DateTime::secs)
            .collect(),
        values: result.values.unwrap_or_default(),
    }
}

fn messages(messages: Option<Vec<MessageData>>) -> Vec<String> {
    let text = |message: MessageData| {
        let parts = [message.code, message.value].into_iter().flatten();
        parts.collect::<Vec<_>>().join(": ")
    };
    messages.unwrap_or_default().into_iter().map(text).collect()
}
