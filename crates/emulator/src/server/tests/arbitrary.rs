//! Any requests and any bytes: no answer blames the server, and it goes on.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Front, request, services, talk};

/// Parts of requests, so that many reach an operation.
fn any_request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![
        Just("GET"),
        Just("POST"),
        Just("PUT"),
        Just("DELETE"),
        Just("HEAD"),
        Just("OPTIONS")
    ];
    let piece = prop_oneof![
        Just("/2015-03-31/functions".to_owned()),
        Just("/f:1".to_owned()),
        Just("/invocations".to_owned()),
        Just("/versions".to_owned()),
        Just("/aliases".to_owned()),
        Just("/configuration".to_owned()),
        Just("/service/GraniteServiceVersion20100801/operation/PutMetricData".to_owned()),
        Just("/v1/registries/name/r/schemas/name/s".to_owned()),
        Just("?Qualifier=1".to_owned()),
        Just("&Marker=".to_owned()),
        "/[!-~&&[^#?]]{0,12}",
        "/(%[0-9a-f]{2}){1,4}",
    ];
    let target = prop_oneof![
        Just("X-Amz-Target: CodeDeploy_20141006.GetDeployment".to_owned()),
        Just("X-Amz-Target: CodeDeploy_20141006.BatchGetDeploymentTargets".to_owned()),
        Just("X-Amz-Target: Logs_20140328.FilterLogEvents".to_owned()),
        Just("X-Amz-Target: GraniteServiceVersion20100801.PutMetricAlarm".to_owned()),
        Just("X-Amz-Target: GraniteServiceVersion20100801.GetMetricStatistics".to_owned()),
        Just("Smithy-Protocol: rpc-v2-cbor".to_owned()),
        Just("Content-Type: application/x-www-form-urlencoded".to_owned()),
        Just("Content-Encoding: gzip".to_owned()),
        "X-Amz-[A-Z][a-z]{1,8}: [ -~]{0,20}",
    ];
    let body = prop_oneof![
        Just(Vec::new()),
        Just(b"{}".to_vec()),
        Just(b"{\"deploymentId\":\"d-000000000\",\"targetIds\":[null]}".to_vec()),
        Just(b"{\"logGroupName\":\"g\",\"limit\":-1,\"startTime\":1e300}".to_vec()),
        Just(b"{\"Namespace\":\"n\",\"MetricName\":\"m\",\"Period\":0,\"StartTime\":1e18,\"EndTime\":-1,\"Statistics\":[]}".to_vec()),
        "\\PC{0,40}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..64),
    ];
    let path = prop::collection::vec(piece, 0..5)
        .prop_map(|pieces| format!("/{}", pieces.concat().trim_start_matches('/')));
    (method, path, prop::collection::vec(target, 0..3), body).prop_map(
        |(method, path, headers, body)| {
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            request(&format!("{method} {path}"), &headers, &body)
        },
    )
}

/// Whatever the requests do to them, they must go on.
static SERVICES: LazyLock<Front> = LazyLock::new(services);

/// What comes back for these bytes.
fn answer(sent: &[u8]) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(talk(&SERVICES, sent))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_request_is_answered_with_5xx(sent in any_request()) {
        let answer = answer(&sent);
        prop_assert!(answer.starts_with("HTTP/1.1 ") && !answer.starts_with("HTTP/1.1 5"), "{answer}");
    }

    #[test]
    fn no_bytes_are_answered_with_5xx(sent in prop::collection::vec(any::<u8>(), 0..200)) {
        let answer = answer(&sent);
        prop_assert!(!answer.starts_with("HTTP/1.1 5"), "{answer}");
    }
}
