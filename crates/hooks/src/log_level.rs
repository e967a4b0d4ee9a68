//! How much a hook logs beside its report.

use tracing_subscriber::filter::LevelFilter;

/// The level that `AWS_LAMBDA_LOG_LEVEL` asks for, else `RUST_LOG`, else `WARN`; what is no level counts as unset.
///
/// Lambda sets the first for functions that log JSON, to one of `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` and `FATAL`
/// ("Log-level filtering", AWS Lambda Developer Guide). `TRACE` counts as `DEBUG`: one below it the AWS SDK logs whole
/// requests, and the payloads of test events must not reach logs.
pub(crate) fn log_level(lookup: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let level = ["AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"]
        .into_iter()
        .find_map(|name| parse(&lookup(name)?));
    level.unwrap_or(LevelFilter::WARN).min(LevelFilter::DEBUG)
}

fn parse(level: &str) -> Option<LevelFilter> {
    match level.to_ascii_uppercase().as_str() {
        "OFF" => Some(LevelFilter::OFF),
        "FATAL" | "ERROR" => Some(LevelFilter::ERROR),
        "WARN" => Some(LevelFilter::WARN),
        "INFO" => Some(LevelFilter::INFO),
        "DEBUG" => Some(LevelFilter::DEBUG),
        "TRACE" => Some(LevelFilter::TRACE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_level_comes_first_and_trace_is_never_reached() {
        use LevelFilter as L;
        let rows = [
            (None, None, L::WARN),
            (Some("INFO"), Some("debug"), L::INFO),
            (Some("FATAL"), None, L::ERROR),
            (Some("TRACE"), None, L::DEBUG),
            (Some(""), Some("debug"), L::DEBUG),
            (None, Some("error"), L::ERROR),
            (None, Some("off"), L::OFF),
            (None, Some("hooks=debug,warn"), L::WARN),
        ];
        for (lambda, rust, expected) in rows {
            let lookup = |name: &str| {
                let value = if name == "RUST_LOG" { rust } else { lambda };
                value.map(str::to_owned)
            };
            assert_eq!(log_level(lookup), expected, "{lambda:?} {rust:?}");
        }
    }
}
