//! What clients drop or ignore, and the service models say all the same.

use axum::http::{HeaderMap, header};

use crate::server::{aws_json_version, message_member};

#[test]
fn an_answer_in_aws_json_has_the_version_of_its_request() {
    for (asked, expected) in [
        (
            Some("application/x-amz-json-1.0"),
            "application/x-amz-json-1.0",
        ),
        (
            Some("application/x-amz-json-1.1"),
            "application/x-amz-json-1.1",
        ),
        (Some("text/html"), "application/x-amz-json-1.1"),
        (None, "application/x-amz-json-1.1"),
    ] {
        let mut request = HeaderMap::new();
        if let Some(asked) = asked {
            request.insert(header::CONTENT_TYPE, asked.parse().unwrap());
        }
        assert_eq!(aws_json_version(&request), expected, "{asked:?}");
    }
}

#[test]
fn the_message_is_spelled_as_the_service_model_spells_it() {
    for (code, expected) in [
        ("ResourceNotFoundException", "Message"),
        ("ServiceException", "Message"),
        ("ResourceConflictException", "message"),
        ("InvalidParameterValueException", "message"),
    ] {
        assert_eq!(message_member(code), expected, "{code}");
    }
}
