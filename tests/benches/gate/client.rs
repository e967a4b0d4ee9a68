//! The least that a client can be: it shows what the world and the machine take, whoever asks.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

const REQUEST: &[u8] =
    b"POST /2015-03-31/functions/F/invocations HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}";

/// How long `count` invocations take that are sent over `connections` connections, on one thread.
pub(crate) fn invoke(address: SocketAddr, count: usize, connections: usize) -> Result<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let started = Instant::now();
        let workers: Vec<_> = (0..connections)
            .map(|worker| tokio::spawn(send(address, (count + worker) / connections)))
            .collect();
        for worker in workers {
            worker.await??;
        }
        Ok(started.elapsed())
    })
}

async fn send(address: SocketAddr, count: usize) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    let mut received = Vec::with_capacity(64 * 1024);
    for _ in 0..count {
        connection.write_all(REQUEST).await?;
        received.clear();
        while !is_whole(&received) {
            if connection.read_buf(&mut received).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
    Ok(())
}

/// Whether a response with a `content-length` has arrived to its end.
fn is_whole(received: &[u8]) -> bool {
    const END: &[u8] = b"\r\n\r\n";
    let Some(head) = received.windows(END.len()).position(|bytes| bytes == END) else {
        return false;
    };
    let length = String::from_utf8_lossy(&received[..head])
        .to_lowercase()
        .split_once("content-length: ")
        .and_then(|(_, rest)| rest.lines().next()?.parse::<usize>().ok());
    length.is_some_and(|length| received.len() >= head + END.len() + length)
}
