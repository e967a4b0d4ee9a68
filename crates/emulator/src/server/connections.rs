//! Connections: taking them, and giving up those that are too slow.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::at_once::AtOnce;
use super::front::Front;
use super::patient::Patient;

/// How long a client may take for the head of a request, and keep a connection on which it asks nothing.
const HEAD: Duration = Duration::from_secs(60);

/// How many clients are served at once; others wait until one of them has gone.
const MAX_CONNECTIONS: usize = 4096;

/// How long taking connections pauses where the machine has no more of something.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Serves until it is dropped, and every connection with it.
pub(crate) async fn serve(listener: TcpListener, services: Front) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = connections.join_next() => {}
            stream = accept(&listener), if connections.len() < MAX_CONNECTIONS => {
                connections.spawn(connection(stream, services.clone()));
            }
        }
    }
}

/// The next connection, however long the machine has no room for it.
pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it small answers wait for the peer's delayed acknowledgement; failing that it is only slower.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            // That of a client that has left already.
            Err(error) if is_the_clients(&error) => {}
            Err(_) => tokio::time::sleep(EXHAUSTED).await,
        }
    }
}

/// Serves one client until it leaves, breaks the protocol or takes too long.
pub(super) async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    services: Front,
) {
    let answer =
        service_fn(|request| async { Ok::<_, Infallible>(services.answer(request).await) });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(Patient::new(stream)), answer);
    // How a connection ends is nobody's concern but the client's.
    drop(AtOnce::new(served).await);
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
