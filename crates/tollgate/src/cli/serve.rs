//! `tollgate serve`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

use super::{Deployable, Format};

const AFTER_SERVE_HELP: &str = "\
Where the functions' code comes from, first match wins:
  1. --binary FUNCTION=PATH
  2. --bin-dir DIR, by the Binary that the function's Metadata names
  3. `bootstrap` in the function's CodeUri, as `sam build` leaves it: serve .aws-sam/build/template.yaml
  4. `cargo build` of that Binary
A function without code is left out, and named.

Exit status: 0 when it was interrupted, 2 when it could not serve.";

/// `tollgate serve`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_SERVE_HELP)]
pub(crate) struct Serve {
    /// The port; 0 is a free one.
    #[arg(long, default_value_t = 4566)]
    pub(crate) port: u16,

    /// A SAM template, or the one that `sam build` wrote, whose functions are deployed at the beginning.
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) template: Option<PathBuf>,

    /// How many times as fast as the machine's clock time runs in the emulator: a canary of five minutes takes five
    /// seconds at 60. While a hook runs, time runs at its own pace. Above 1 the clocks of clients lag behind: give
    /// metrics no Timestamp, and take windows of time from the times in the emulator's answers. N is 1 to 3600.
    #[arg(long, value_name = "N", default_value = "1", value_parser = time_scale)]
    pub(crate) time_scale: NonZeroU32,

    /// Seed of identifiers and of alias routing.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// Keep the state in DIR, and go on with what is there: also after the process was killed.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// How standard output says where it serves: for people, or as one line of JSON.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) deployable: Deployable,

    /// Build with this Cargo profile.
    #[arg(long, value_name = "PROFILE", default_value = "dev")]
    pub(crate) profile: String,
}

/// An hour in a second: what is evaluated each minute must not take longer than the minute.
const MAX_TIME_SCALE: u32 = 3600;

fn time_scale(text: &str) -> Result<NonZeroU32, String> {
    let scale = text.parse().ok();
    scale
        .filter(|scale: &NonZeroU32| scale.get() <= MAX_TIME_SCALE)
        .ok_or_else(|| format!("expected a number from 1 to {MAX_TIME_SCALE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_no_faster_than_it_can_be_followed() {
        let rows = [
            ("1", Some(1)),
            ("3600", Some(3600)),
            ("0", None),
            ("3601", None),
            ("100000000", None),
            ("-1", None),
            ("60x", None),
        ];
        for (text, expected) in rows {
            let scale = time_scale(text).ok().map(NonZeroU32::get);
            assert_eq!(scale, expected, "{text}");
        }
    }
}
