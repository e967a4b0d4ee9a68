//! `tollgate serve`: the emulator alone, for AWS clients.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use emulator::{Account, Beginning, CodeStore, Emulator, Timestamp};

use crate::cli::Serve;
use crate::exit::Exit;

/// Serves until `stop` is done.
pub(crate) async fn serve(
    args: &Serve,
    out: &mut impl Write,
    stop: impl Future<Output = Result<()>>,
) -> Result<Exit> {
    let account = Account::default();
    let region = account.region.clone();
    let emulator = Emulator::start(Beginning {
        account,
        seed: args.seed,
        now: now()?,
        time_scale: Some(args.time_scale),
        port: args.port,
        store: CodeStore::create()?,
    })
    .await
    .with_context(|| {
        let port = args.port;
        format!("cannot listen on 127.0.0.1:{port}; --port takes another, 0 a free one")
    })?;
    let endpoint = emulator.endpoint();
    writeln!(
        out,
        "Serving on {endpoint} until interrupted. For AWS clients:\n"
    )?;
    for (name, value) in [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", &region),
        ("AWS_DEFAULT_REGION", &region),
        ("AWS_ACCESS_KEY_ID", "tollgate"),
        ("AWS_SECRET_ACCESS_KEY", "tollgate"),
    ] {
        writeln!(out, "export {name}={value}")?;
    }
    out.flush()?;
    stop.await?;
    Ok(Exit::WouldShip)
}

/// The machine's time: signatures and what people ask for by date go by it.
fn now() -> Result<Timestamp> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the machine's clock is before 1970")?;
    Ok(Timestamp::from_millis(u64::try_from(since.as_millis())?))
}
