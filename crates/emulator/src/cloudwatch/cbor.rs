//! Smithy RPC v2 CBOR bodies to and from the JSON values that [`super::CloudWatch::call`] takes and gives.
//!
//! This is what aws-sdk-cloudwatch and boto3 speak with CloudWatch by default. A request is
//! `POST /service/GraniteServiceVersion20100801/operation/<Operation>` with the header
//! `smithy-protocol: rpc-v2-cbor`; responses carry that header and `content-type: application/cbor` too.
//! A failed call's body is that of [`encode_error`]; its code goes into the header `x-amzn-query-error`
//! ([`query_error`]), because the service model keeps the codes of the older Query protocol
//! (`awsQueryCompatible`) and clients match on those. Source: Smithy 2.0, "Smithy RPC v2 CBOR protocol";
//! the generated code of aws-sdk-cloudwatch 1.140.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};

use super::input::serialization;
use crate::ServiceError;

/// Members that the service model calls timestamps, in the outputs of the operations served here.
const TIMESTAMPS: &[&str] = &[
    "AlarmConfigurationUpdatedTimestamp",
    "EndTime",
    "StartTime",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "Timestamp",
    "Timestamps",
];

/// CBOR's tag for a number of seconds since the Unix epoch (RFC 8949, 3.4.2).
const EPOCH_SECONDS: u64 = 1;

/// How deep a request may nest. The deepest input of the service model has seven levels.
const DEPTH_LIMIT: usize = 64;

/// Shapes of the service model whose Query code differs from their name.
const SHAPES: &[(&str, &str)] = &[
    ("InternalServiceError", "InternalServiceFault"),
    ("InvalidFormat", "InvalidFormatFault"),
    (
        "InvalidParameterCombination",
        "InvalidParameterCombinationException",
    ),
    ("InvalidParameterValue", "InvalidParameterValueException"),
    ("LimitExceeded", "LimitExceededFault"),
    ("MissingParameter", "MissingRequiredParameterException"),
];

/// Reads a request body. An empty one is an empty structure, as operations without input send it.
///
/// Timestamps become numbers of seconds, blobs base64 text, and the floats that JSON has no number for
/// the strings that Smithy's JSON uses: `NaN`, `Infinity`, `-Infinity`.
///
/// # Errors
///
/// `SerializationException` when the body is not one CBOR item, nests too deep, or holds what the
/// protocol has no use for.
pub fn decode(body: &[u8]) -> Result<Value, ServiceError> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let mut rest = body;
    let item: Cbor = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH_LIMIT)
        .map_err(|error| {
            serialization(match error {
                ciborium::de::Error::RecursionLimitExceeded => {
                    format!("the body nests deeper than {DEPTH_LIMIT} levels")
                }
                ciborium::de::Error::Io(_) => {
                    "the body ends in the middle of a CBOR item".to_owned()
                }
                ciborium::de::Error::Syntax(offset)
                | ciborium::de::Error::Semantic(Some(offset), _) => {
                    format!("the body is not valid CBOR at offset {offset}")
                }
                ciborium::de::Error::Semantic(None, what) => {
                    format!("the body is not valid CBOR: {what}")
                }
            })
        })?;
    if !rest.is_empty() {
        return Err(serialization("the body goes on after its CBOR item"));
    }
    to_json(item)
}

/// Writes a response body: numbers as floats where they are floats in `output` and as integers where they
/// are integers, and the numbers of timestamp members as timestamps.
pub fn encode(output: &Value) -> Vec<u8> {
    bytes(&to_cbor(output, false))
}

/// Writes the body of a failed call.
pub fn encode_error(error: &ServiceError) -> Vec<u8> {
    let members = [
        ("__type", shape(error)),
        ("message", error.message.as_str()),
    ];
    bytes(&Cbor::Map(
        members
            .into_iter()
            .map(|(name, text)| (name.into(), text.into()))
            .collect(),
    ))
}

/// The name of an error's shape in the service model, which goes into `__type`.
pub(crate) fn shape(error: &ServiceError) -> &str {
    let code = error.code.as_ref();
    SHAPES
        .iter()
        .find(|(known, _)| *known == code)
        .map_or(code, |(_, shape)| shape)
}

/// The header `x-amzn-query-error` of a failed call: the code, and whose fault it is.
pub fn query_error(error: &ServiceError) -> String {
    format!(
        "{};{}",
        error.code,
        if error.status < 500 {
            "Sender"
        } else {
            "Receiver"
        }
    )
}

fn bytes(item: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Neither writing to a vector nor serializing plain data can fail.
    let _infallible = ciborium::into_writer(item, &mut bytes);
    bytes
}

fn to_json(item: Cbor) -> Result<Value, ServiceError> {
    Ok(match item {
        Cbor::Null => Value::Null,
        Cbor::Bool(value) => Value::Bool(value),
        Cbor::Text(text) => Value::String(text),
        Cbor::Bytes(bytes) => Value::String(STANDARD.encode(bytes)),
        Cbor::Integer(integer) => {
            let number = Number::from_i128(i128::from(integer));
            Value::Number(number.ok_or_else(|| serialization("an integer is beyond 64 bits"))?)
        }
        Cbor::Float(float) => match Number::from_f64(float) {
            Some(number) => Value::Number(number),
            None if float.is_nan() => "NaN".into(),
            None if float > 0.0 => "Infinity".into(),
            None => "-Infinity".into(),
        },
        Cbor::Tag(EPOCH_SECONDS, seconds) => match to_json(*seconds)? {
            seconds @ Value::Number(_) => seconds,
            _ => return Err(serialization("a timestamp is not a number of seconds")),
        },
        Cbor::Tag(tag, _) => {
            return Err(serialization(format!(
                "CBOR tag {tag} is not part of the protocol"
            )));
        }
        Cbor::Array(items) => {
            Value::Array(items.into_iter().map(to_json).collect::<Result<_, _>>()?)
        }
        Cbor::Map(entries) => {
            let mut members = Map::new();
            for (name, item) in entries {
                let Cbor::Text(name) = name else {
                    return Err(serialization("a member's name is not text"));
                };
                members.insert(name, to_json(item)?);
            }
            Value::Object(members)
        }
        _ => {
            return Err(serialization(
                "the body holds a CBOR item that is not part of the protocol",
            ));
        }
    })
}

fn to_cbor(value: &Value, timestamp: bool) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Number(number) => {
            let integer = number
                .as_i64()
                .map(Cbor::from)
                .or_else(|| number.as_u64().map(Cbor::from));
            let number =
                integer.unwrap_or_else(|| Cbor::Float(number.as_f64().unwrap_or(f64::NAN)));
            if timestamp {
                Cbor::Tag(EPOCH_SECONDS, Box::new(number))
            } else {
                number
            }
        }
        Value::Array(items) => {
            Cbor::Array(items.iter().map(|item| to_cbor(item, timestamp)).collect())
        }
        Value::Object(members) => {
            let entry = |(name, value): (&String, &Value)| {
                (
                    Cbor::Text(name.clone()),
                    to_cbor(value, TIMESTAMPS.contains(&name.as_str())),
                )
            };
            Cbor::Map(members.iter().map(entry).collect())
        }
    }
}
