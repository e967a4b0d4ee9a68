//! Asking whoever sits at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use anyhow::{Context as _, Result, bail};

/// Goes on when there is nothing to ask about, when `--yes` was given, or when the answer is yes.
///
/// # Errors
/// The answer is no, or nobody is there to give one.
pub(super) async fn unless_refused(
    question: Option<&str>,
    yes: bool,
    err: &mut impl Write,
) -> Result<()> {
    let Some(question) = question.filter(|_| !yes) else {
        return Ok(());
    };
    if !io::stdin().is_terminal() {
        bail!(
            "{question} Nobody can be asked, because standard input is not a terminal, and nothing was done: give --yes"
        );
    }
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    if is_yes(&line().await?) {
        return Ok(());
    }
    bail!("nothing was done")
}

/// A line of standard input. Read on a thread that nobody waits for, so that Ctrl-C still ends the command.
async fn line() -> Result<String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).map(|_| line);
        // Nobody listens any more when the command was interrupted.
        let _ = sender.send(read);
    });
    let line = receiver.await.context("standard input cannot be read")?;
    line.context("standard input cannot be read")
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_yes_is_yes() {
        for (answer, expected) in [
            ("y\n", true),
            ("Yes\r\n", true),
            ("", false),
            ("\n", false),
            ("n\n", false),
            ("yesterday\n", false),
        ] {
            assert_eq!(is_yes(answer), expected, "{answer:?}");
        }
    }
}
