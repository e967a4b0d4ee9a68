//! Requests that no well-behaved client makes, over a pipe in place of a socket.

mod arbitrary;
mod slow;
mod spelling;

use std::io::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::behind_front;
use super::connections::connection;
use super::front::Front;
use crate::emulator::Beginning;
use crate::execution::CodeStore;
use crate::lambda::Account;
use crate::shared::Shared;

/// The services of an account in which nothing is.
fn services() -> Front {
    super::services(shared())
}

/// An account in which nothing is.
fn shared() -> Arc<Shared> {
    let beginning = Beginning {
        account: Account::default(),
        seed: 1,
        now: deployment::Timestamp::from_millis(1_767_225_600_000),
        time_scale: None,
        port: 0,
        reaper: None,
        store: CodeStore::create().unwrap(),
    };
    Shared::new(beginning, "http://127.0.0.1:1".to_owned(), None).unwrap()
}

/// Everything that comes back for these bytes until the connection is closed, which the client does not do.
async fn talk(services: &Front, sent: &[u8]) -> String {
    let (mut client, server) = duplex(1 << 16);
    let served = tokio::spawn(connection(server, services.clone()));
    let mut received = Vec::new();
    let (mut from, mut to) = tokio::io::split(&mut client);
    let sending = async {
        // The server may have closed before it has read everything.
        let _ = to.write_all(sent).await;
    };
    let (_, read) = tokio::join!(sending, from.read_to_end(&mut received));
    read.unwrap();
    served.await.unwrap();
    String::from_utf8_lossy(&received).into_owned()
}

/// A request with `Host`, `Content-Length` and `Connection: close` added.
fn request(line: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n").into_bytes();
    for header in headers {
        bytes.extend(format!("{header}\r\n").into_bytes());
    }
    bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const GET_DEPLOYMENT: &str = "X-Amz-Target: CodeDeploy_20141006.GetDeployment";
const JSON: &str = "Content-Type: application/x-amz-json-1.1";
const INVOKE: &str = "POST /2015-03-31/functions/f/invocations";
const CBOR: &str = "POST /service/GraniteServiceVersion20100801/operation/DescribeAlarms";

#[tokio::test(start_paused = true)]
async fn malformed_requests_get_an_error_in_their_protocol() {
    let services = services();
    let large = vec![b' '; 5 << 20];
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let deep = "[".repeat(100_000);
    // Line, headers, body; the status, and what the answer must have.
    type Row<'a> = (&'a str, &'a [&'a str], &'a [u8], u16, &'a str);
    let rows: &[Row<'_>] = &[
        // AWS JSON
        (
            "POST /",
            &[GET_DEPLOYMENT, JSON],
            b"{}",
            400,
            r#""__type":"#,
        ),
        ("POST /", &[GET_DEPLOYMENT, JSON], b"", 400, r#""__type":"#),
        (
            "POST /",
            &[GET_DEPLOYMENT, JSON],
            b"{",
            400,
            r#""__type":"SerializationException""#,
        ),
        (
            "POST /",
            &[GET_DEPLOYMENT, JSON],
            b"[]",
            400,
            r#""__type":"#,
        ),
        (
            "POST /",
            &[GET_DEPLOYMENT, JSON],
            b"{\"deploymentId\":7}",
            400,
            r#""__type":"#,
        ),
        (
            "POST /",
            &[GET_DEPLOYMENT, JSON],
            b"\xff\xfe",
            400,
            r#""__type":"SerializationException""#,
        ),
        (
            "POST /",
            &[GET_DEPLOYMENT, JSON],
            deep.as_bytes(),
            400,
            r#""__type":"SerializationException""#,
        ),
        (
            "POST /",
            &[GET_DEPLOYMENT, JSON],
            &large,
            413,
            r#""__type":"RequestEntityTooLargeException""#,
        ),
        (
            "POST /",
            &[GET_DEPLOYMENT, "Content-Type: text/html"],
            b"{}",
            400,
            r#""__type":"#,
        ),
        (
            "POST /",
            &["X-Amz-Target: CodeDeploy_20141006.Nothing", JSON],
            b"{}",
            400,
            r#""__type":"UnknownOperationException""#,
        ),
        (
            "POST /",
            &["X-Amz-Target: nothing", JSON],
            b"{}",
            404,
            r#""__type":"UnknownOperationException""#,
        ),
        (
            "POST /",
            &["X-Amz-Target: \u{fc}", JSON],
            b"{}",
            404,
            r#""__type":"UnknownOperationException""#,
        ),
        (
            "POST /",
            &[JSON],
            b"{}",
            404,
            r#""__type":"UnknownOperationException""#,
        ),
        (
            "POST /",
            &[],
            b"",
            404,
            r#""__type":"UnknownOperationException""#,
        ),
        // REST-JSON
        (
            INVOKE,
            &[],
            b"{",
            400,
            "x-amzn-errortype: InvalidRequestContentException",
        ),
        (
            INVOKE,
            &[],
            b"{}",
            404,
            "x-amzn-errortype: ResourceNotFoundException",
        ),
        (
            INVOKE,
            &["X-Amz-Client-Context: x"],
            b"{}",
            400,
            "x-amzn-errortype: InvalidRequestContentException",
        ),
        (
            INVOKE,
            &["X-Amz-Invocation-Type: x"],
            b"{}",
            400,
            "x-amzn-errortype: ValidationException",
        ),
        (
            "POST /2015-03-31/functions/f/invocations?Qualifier=1&Qualifier=2",
            &[],
            b"{}",
            400,
            "x-amzn-errortype: ",
        ),
        (
            "POST /2015-03-31/functions/f/invocations?&&=&%zz&Qualifier=%20",
            &[],
            b"{}",
            400,
            "x-amzn-errortype: ",
        ),
        (
            "POST /2015-03-31/functions/%ff/invocations",
            &[],
            b"{}",
            400,
            "x-amzn-errortype: ",
        ),
        (
            "POST /2015-03-31/functions/%2e%2e%2f/invocations",
            &[],
            b"{}",
            400,
            "x-amzn-errortype: ValidationException",
        ),
        (
            "POST /2015-03-31/functions/a%00b/invocations",
            &[],
            b"{}",
            400,
            "x-amzn-errortype: ValidationException",
        ),
        (
            "PATCH /2015-03-31/functions/f/invocations",
            &[],
            b"",
            404,
            "x-amzn-errortype: UnknownOperationException",
        ),
        (
            "OPTIONS /2015-03-31/functions/f/invocations",
            &[],
            b"",
            404,
            "x-amzn-errortype: UnknownOperationException",
        ),
        ("FROB /", &[], b"", 404, ""),
        (
            "GET /no/such/path",
            &[],
            b"",
            404,
            "x-amzn-errortype: UnknownOperationException",
        ),
        (
            "GET //",
            &[],
            b"",
            404,
            "x-amzn-errortype: UnknownOperationException",
        ),
        (
            "HEAD /v1/registries/name/r/schemas/name/s",
            &[],
            b"",
            404,
            "x-amzn-errortype: NotFoundException",
        ),
        // CBOR
        (
            CBOR,
            &["Smithy-Protocol: rpc-v2-cbor"],
            b"\xff",
            400,
            "smithy-protocol: rpc-v2-cbor",
        ),
        (
            CBOR,
            &["Smithy-Protocol: rpc-v2-cbor"],
            &large,
            413,
            "smithy-protocol: rpc-v2-cbor",
        ),
        (
            "POST /service/X/operation/Y",
            &["Smithy-Protocol: rpc-v2-cbor"],
            b"",
            404,
            "",
        ),
        // Compression
        (
            "POST /",
            &[GET_DEPLOYMENT, "Content-Encoding: gzip"],
            b"{}",
            400,
            r#""__type":"SerializationException""#,
        ),
        (
            "POST /",
            &[GET_DEPLOYMENT, "Content-Encoding: gzip"],
            &bomb,
            413,
            r#""__type":"RequestEntityTooLargeException""#,
        ),
        (
            "POST /",
            &[GET_DEPLOYMENT, "Content-Encoding: br"],
            b"{}",
            415,
            r#""__type":"UnsupportedMediaTypeException""#,
        ),
        (
            INVOKE,
            &["Content-Encoding: zstd"],
            b"{}",
            415,
            "x-amzn-errortype: UnsupportedMediaTypeException",
        ),
        // Elsewhere
        (
            "POST /",
            &[GET_DEPLOYMENT, "Origin: https://evil.example"],
            b"{}",
            403,
            r#""__type":"AccessDeniedException""#,
        ),
        (
            INVOKE,
            &["Origin: null"],
            b"{}",
            403,
            "x-amzn-errortype: AccessDeniedException",
        ),
        (
            "POST /",
            &[
                "Origin: null",
                "Content-Type: application/x-www-form-urlencoded",
            ],
            b"Action=x",
            403,
            "<Code>AccessDeniedException</Code>",
        ),
        (
            "GET http://evil.example/",
            &[],
            b"",
            403,
            "AccessDeniedException",
        ),
        (
            "GET http://localhost/x",
            &[],
            b"",
            404,
            "UnknownOperationException",
        ),
    ];
    for (line, headers, body, status, part) in rows {
        let answer = talk(&services, &request(line, headers, body)).await;
        let what = format!("{line} {headers:?}: {answer}");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}");
        assert!(answer.contains(part), "{what}");
        assert!(answer.contains("\r\nx-amzn-requestid: "), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_http_allows_is_understood() {
    let services = services();
    let body = r#"{"deploymentId":"d-000000000"}"#;
    let head = format!("Host: localhost\r\n{GET_DEPLOYMENT}\r\n");
    let gzipped = request(
        "POST /",
        &[GET_DEPLOYMENT, "Content-Encoding: gzip"],
        &gzip(body.as_bytes()),
    );
    let one = request("POST /", &[GET_DEPLOYMENT], body.as_bytes());
    let kept = format!(
        "POST / HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let rows: Vec<(&str, Vec<u8>, usize)> = vec![
        ("gzip", gzipped, 1),
        ("plain", one.clone(), 1),
        ("pipelined", [kept.as_bytes(), kept.as_bytes(), &one].concat(), 3),
        (
            "chunked",
            format!(
                "POST / HTTP/1.1\r\n{head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n{:x};x=y\r\n{}\r\n0\r\nX: y\r\n\r\n",
                &body[..5], body.len() - 5, &body[5..]
            )
            .into_bytes(),
            1,
        ),
        (
            "expecting 100",
            format!("POST / HTTP/1.1\r\n{head}Connection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                .into_bytes(),
            1,
        ),
        (
            "HTTP/1.0",
            format!("POST / HTTP/1.0\r\n{GET_DEPLOYMENT}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes(),
            1,
        ),
    ];
    for (what, sent, answers) in rows {
        let answer = talk(&services, &sent).await;
        let found = answer.matches("DeploymentDoesNotExistException").count();
        assert_eq!(found, answers, "{what}: {answer}");
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_failure_and_nothing_more() {
    async fn panics() -> &'static str {
        panic!("as asked")
    }
    let services = behind_front(
        Router::new()
            .route("/panics", get(panics))
            .route("/works", get(|| async { "works" })),
        shared(),
    );
    let twice = "GET /panics HTTP/1.1\r\nHost: localhost\r\n\r\nGET /works HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = talk(&services, twice.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(
        answer.contains("x-amzn-errortype: InternalFailure"),
        "{answer}"
    );
    assert!(answer.ends_with("works"), "{answer}");
}
