//! CBOR bodies: what SDKs send, what they are answered, and what nobody should send.

use ciborium::{Value as Cbor, cbor};

use super::super::cbor::{decode, encode, encode_error, query_error};
use super::*;
use crate::ServiceError;

fn bytes(item: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(item, &mut bytes).expect("CBOR data serializes");
    bytes
}

fn read(bytes: &[u8]) -> Cbor {
    ciborium::from_reader(bytes).expect("valid CBOR")
}

#[test]
fn requests_become_json() {
    let timestamp =
        |seconds: Cbor| Cbor::Map(vec![("Timestamp".into(), Cbor::Tag(1, Box::new(seconds)))]);
    for (body, expected) in [
        (vec![], json!({})),
        (bytes(&cbor!({"AlarmNames" => ["a"], "MaxRecords" => 10}).expect("valid")), json!({"AlarmNames": ["a"], "MaxRecords": 10})),
        (bytes(&cbor!({"Value" => 2.5, "ActionsEnabled" => true, "Unit" => null}).expect("valid")), json!({"Value": 2.5, "ActionsEnabled": true, "Unit": null})),
        (bytes(&timestamp(Cbor::from(1_747_310_400))), json!({"Timestamp": 1_747_310_400})),
        (bytes(&timestamp(Cbor::Float(1_747_310_400.25))), json!({"Timestamp": 1_747_310_400.25})),
        (bytes(&Cbor::Map(vec![("Blob".into(), Cbor::Bytes(vec![1, 2, 3]))])), json!({"Blob": "AQID"})),
        (bytes(&cbor!({"a" => f64::NAN, "b" => f64::INFINITY, "c" => f64::NEG_INFINITY}).expect("valid")), json!({"a": "NaN", "b": "Infinity", "c": "-Infinity"})),
        // As aws-smithy-cbor writes it: a map of indefinite length, a text in chunks, an indefinite list.
        (b"\xbf\x69AlarmName\x7f\x61a\x61b\xff\x61l\x9f\x01\x20\xff\xff".to_vec(), json!({"AlarmName": "ab", "l": [1, -1]})),
        (b"\xa1\x61b\x5f\x41\x01\x41\x02\xff".to_vec(), json!({"b": "AQI="})),
        // A half and a single float, and the largest integers.
        (b"\x84\xf9\x3c\x00\xfa\x40\x20\x00\x00\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x3b\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec(), json!([1.0, 2.5, u64::MAX, i64::MIN])),
    ] {
        assert_eq!(decode(&body), Ok(expected), "{body:02x?}");
    }
}

#[test]
fn hostile_bodies_are_refused() {
    let nested = |levels| [vec![0x81; levels], vec![0x00]].concat();
    assert!(decode(&nested(60)).is_ok());
    assert!(decode(&nested(65)).is_err());

    for (body, expected) in [
        (vec![0x81; 100_000], "the body nests deeper than 64 levels"),
        (vec![0x9f; 100_000], "the body nests deeper than 64 levels"),
        (vec![0xc1; 100_000], "the body nests deeper than 64 levels"),
        (
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            "the body ends in the middle of a CBOR item",
        ),
        (
            b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            "the body ends in the middle of a CBOR item",
        ),
        (
            b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            "the body ends in the middle of a CBOR item",
        ),
        (
            b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            "the body ends in the middle of a CBOR item",
        ),
        (
            b"\xbf\x61a\x01".to_vec(),
            "the body ends in the middle of a CBOR item",
        ),
        (
            b"\xa1\x61\xff\x01".to_vec(),
            "the body is not valid CBOR at offset 1",
        ),
        (
            b"\xff".to_vec(),
            "the body is not valid CBOR: invalid type: break, expected non-break",
        ),
        (b"\x1c".to_vec(), "the body is not valid CBOR at offset 0"),
        (
            b"{\"a\":1}".to_vec(),
            "the body ends in the middle of a CBOR item",
        ),
        (b"\xa0\xa0".to_vec(), "the body goes on after its CBOR item"),
        (b"\xa1\x01\x01".to_vec(), "a member's name is not text"),
        (
            b"\xa1\x61t\xc0\x61x".to_vec(),
            "CBOR tag 0 is not part of the protocol",
        ),
        (
            b"\xa1\x61t\xc1\x61x".to_vec(),
            "a timestamp is not a number of seconds",
        ),
        (
            b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            "an integer is beyond 64 bits",
        ),
    ] {
        let error = decode(&body).expect_err(expected);
        assert_eq!(
            error,
            ServiceError::bad_request("SerializationException", expected),
            "{:02x?}",
            &body[..body.len().min(16)]
        );
    }
}

#[test]
fn responses_carry_timestamps_and_doubles_as_clients_expect_them() {
    let output = json!({
        "MetricAlarms": [{"AlarmName": "a", "Period": 60, "Threshold": 2.0, "StateUpdatedTimestamp": 1_747_310_400.5, "OKActions": []}],
        "Timestamps": [1_747_310_400.0, 1_747_310_460.0],
        "Values": [1.0],
        "NextToken": null,
    });
    let seconds = |seconds: f64| Cbor::Tag(1, Box::new(Cbor::Float(seconds)));
    let alarm = Cbor::Map(vec![
        ("AlarmName".into(), "a".into()),
        ("Period".into(), 60.into()),
        ("Threshold".into(), Cbor::Float(2.0)),
        ("StateUpdatedTimestamp".into(), seconds(1_747_310_400.5)),
        ("OKActions".into(), Cbor::Array(vec![])),
    ]);
    let expected = Cbor::Map(vec![
        ("MetricAlarms".into(), Cbor::Array(vec![alarm])),
        (
            "Timestamps".into(),
            Cbor::Array(vec![seconds(1_747_310_400.0), seconds(1_747_310_460.0)]),
        ),
        ("Values".into(), Cbor::Array(vec![Cbor::Float(1.0)])),
        ("NextToken".into(), Cbor::Null),
    ]);
    assert_eq!(read(&encode(&output)), expected);
    assert_eq!(decode(&encode(&output)), Ok(output), "and back");
}

#[test]
fn every_timestamp_of_a_real_answer_is_tagged() {
    let mut cloudwatch = cloudwatch(0);
    invoke(&mut cloudwatch, after(0), Duration::ZERO, true);
    put_alarm(&mut cloudwatch, json!({}), after(60));
    let query = json!({
        "Namespace": "AWS/Lambda", "MetricName": "Errors", "Period": 60, "Statistics": ["Sum"],
        "StartTime": after(0).epoch_seconds(), "EndTime": after(60).epoch_seconds(),
    });
    for (operation, input, timestamps) in [
        ("DescribeAlarms", json!({}), 3),
        ("DescribeAlarmHistory", json!({}), 1),
        ("GetMetricStatistics", query, 1),
    ] {
        let output = cloudwatch
            .call(operation, &input, after(120))
            .expect(operation);
        assert_eq!(tags(&read(&encode(&output))), timestamps, "{operation}");
    }
}

fn tags(item: &Cbor) -> usize {
    match item {
        Cbor::Tag(1, _) => 1,
        Cbor::Array(items) => items.iter().map(tags).sum(),
        Cbor::Map(entries) => entries.iter().map(|(_, item)| tags(item)).sum(),
        _ => 0,
    }
}

#[test]
fn errors_carry_the_shape_and_the_code() {
    for (error, shape, header) in [
        (
            ServiceError::bad_request("InvalidParameterValue", "m"),
            "InvalidParameterValueException",
            "InvalidParameterValue;Sender",
        ),
        (
            ServiceError::bad_request("ValidationError", "m"),
            "ValidationError",
            "ValidationError;Sender",
        ),
        (
            ServiceError::with_status(404, "ResourceNotFound", "m"),
            "ResourceNotFound",
            "ResourceNotFound;Sender",
        ),
        (
            ServiceError::with_status(500, "InternalServiceError", "m"),
            "InternalServiceFault",
            "InternalServiceError;Receiver",
        ),
    ] {
        let expected = Cbor::Map(vec![
            ("__type".into(), shape.into()),
            ("message".into(), "m".into()),
        ]);
        assert_eq!(read(&encode_error(&error)), expected);
        assert_eq!(query_error(&error), header);
    }
}

/// AWS JSON, which botocore chooses: errors are told apart by the codes of the Query protocol here, too.
#[tokio::test]
async fn json_errors_carry_the_shape_and_the_code() {
    let wire = crate::testing::Wire::start().await;
    let target = "GraniteServiceVersion20100801.GetMetricStatistics";
    let reply = wire.json(target, &json!({"Namespace": "N"})).await;
    let expected = json!({
        "__type": "MissingRequiredParameterException",
        "message": "The parameter MetricName is required.",
    });
    assert_eq!((reply.status, reply.json()), (400, expected));
    let header = "x-amzn-query-error: MissingParameter;Sender\r\n";
    assert!(reply.headers.contains(header), "{}", reply.headers);
}
