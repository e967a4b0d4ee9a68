//! A listener whose connections the server can break off instead of answering.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// The switch of one connection: whatever would be written after [`Connection::cut`] is not, and the connection ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection(Arc<OnceLock<&'static [u8]>>);

impl Connection {
    /// Ends the connection with `last`, which may be nothing, instead of an answer.
    pub(super) fn cut(&self, last: &'static [u8]) {
        // A connection that is cut twice is cut.
        let _ = self.0.set(last);
    }
}

impl Connected<IncomingStream<'_, Fragile>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Fragile>) -> Self {
        stream.remote_addr().clone()
    }
}

pub(super) struct Fragile(TcpListener);

impl Listener for Fragile {
    type Io = Io;
    type Addr = Connection;

    async fn accept(&mut self) -> (Io, Connection) {
        loop {
            // A client that has left before it was accepted is none.
            if let Ok((stream, _)) = self.0.accept().await {
                let connection = Connection::default();
                let io = Io {
                    stream,
                    connection: connection.clone(),
                };
                return (io, connection);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Connection> {
        Ok(Connection::default())
    }
}

pub(super) struct Io {
    stream: TcpStream,
    connection: Connection,
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.connection.0.get().copied() {
            None => Pin::new(&mut self.stream).poll_write(context, buffer),
            Some(last) => {
                if !last.is_empty() {
                    // A few bytes into an empty socket buffer.
                    let _ = Pin::new(&mut self.stream).poll_write(context, last);
                }
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A server that ends with this.
pub(super) struct Server {
    /// `127.0.0.1:PORT`.
    pub(super) address: String,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves `router` on a free port of the loopback interface.
pub(super) async fn serve(router: Router) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let service = router.into_make_service_with_connect_info::<Connection>();
    let task = tokio::spawn(async move { axum::serve(Fragile(listener), service).await });
    Server {
        address,
        task: task.abort_handle(),
    }
}
