//! Clients that take their time, and bytes that are no HTTP.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use tokio::io::{AsyncWriteExt as _, duplex};
use tokio::time::Instant;

use super::super::connections::connection;
use super::super::{behind_front, body};
use super::{services, shared, talk};

#[tokio::test(start_paused = true)]
async fn garbage_and_slow_clients_are_given_up() {
    let services = services();
    // What is sent before the client falls silent, the status, and after how many seconds at most.
    let rows: [(&str, &str, u64); 8] = [
        ("", "", 60),
        ("POST / HTT", "", 60),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "", 60),
        (
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc",
            "HTTP/1.1 408 ",
            20,
        ),
        (
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
            "HTTP/1.1 408 ",
            20,
        ),
        ("\u{0}\u{1}\u{2}\r\n\r\n", "HTTP/1.1 400 ", 0),
        (
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 400 ",
            0,
        ),
        (
            "POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 10\r\n\r\n",
            "HTTP/1.1 403 ",
            0,
        ),
    ];
    for (sent, status, seconds) in rows {
        let begun = Instant::now();
        let answer = talk(&services, sent.as_bytes()).await;
        assert!(answer.starts_with(status), "{sent:?}: {answer}");
        let expected = Duration::from_secs(seconds);
        let took = begun.elapsed();
        assert!(
            took >= expected && took < expected + Duration::from_secs(1),
            "{sent:?}: {took:?}"
        );
        if status.contains("408") {
            assert!(
                answer.contains(r#""__type":"RequestTimeoutException""#),
                "{answer}"
            );
            assert!(answer.contains("connection: close"), "{answer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_in_is_given_up_at_last() {
    let (mut client, server) = duplex(1 << 16);
    let served = tokio::spawn(connection(server, services()));
    let begun = Instant::now();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    while client.write_all(b"x").await.is_ok() {
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(
            begun.elapsed() < Duration::from_secs(200),
            "it is read for ever"
        );
    }
    served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn large_bodies_wait_for_room() {
    let room = body::room();
    let head = || {
        let request = axum::http::Request::post("/2015-03-31/functions");
        request.body(()).unwrap().into_parts().0
    };
    // Without a length each counts as the most that may come: 67 MB.
    let large = || Body::from(vec![b' '; 1 << 20]);
    let mut held = Vec::new();
    for _ in 0..7 {
        held.push(body::read(&mut head(), large(), &room).await.unwrap());
    }
    let error = body::read(&mut head(), large(), &room).await.unwrap_err();
    assert_eq!(error.code, "RequestTimeoutException");
    // What says how long it is gets along with what is left.
    let mut head_of_a_mib = head();
    let length = axum::http::HeaderValue::from(1 << 20);
    head_of_a_mib.headers.insert("content-length", length);
    body::read(&mut head_of_a_mib, large(), &room)
        .await
        .unwrap();
    // Others are not kept waiting, and a place that is left can be taken.
    body::read(&mut head(), Body::from("{}"), &room)
        .await
        .unwrap();
    held.pop();
    body::read(&mut head(), large(), &room).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_body_that_has_room_must_come_soon() {
    let room = body::room();
    let pieces = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Some((Ok::<_, std::convert::Infallible>(vec![b' '; 40 << 10]), ()))
    });
    let request = axum::http::Request::post("/2015-03-31/functions");
    let mut head = request.body(()).unwrap().into_parts().0;
    let begun = Instant::now();
    let read = body::read(&mut head, Body::from_stream(pieces), &room).await;
    assert_eq!(read.unwrap_err().code, "RequestTimeoutException");
    assert_eq!(begun.elapsed(), Duration::from_secs(10 + 20));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up() {
    let large = || async { "x".repeat(1 << 20) };
    let services = behind_front(Router::new().route("/", get(large)), shared());
    let (mut client, server) = duplex(1 << 10);
    let begun = Instant::now();
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write_all(request.as_bytes()).await.unwrap();
    connection(server, services).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(60));
}
