//! The watch: evidence against the new version of every alias that shifts, once a minute.

fn main() -> Result<(), hooks::Error> {
    hooks::serve_watch()
}
