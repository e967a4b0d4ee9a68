//! `tollgate changeset execute`: exactly the change set that passes, and how that goes.

mod draw;
mod operation;
mod watch;

use std::io::Write;
use std::time::Duration;

use ::changeset::Readiness;
use anyhow::{Context as _, Result, anyhow, bail};

use self::operation::{End, Operation, ResourceEvent};
use super::api::{Api, Reference};
use super::described::Described;
use super::{command, json, show};
use crate::aws::CallError;
use crate::cli::{Connection, ExecuteChangeset, ReviewFormat};
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::progress::Progress;

/// How long a set that is still being created is waited for: whoever executes it has seen its review, so that it is not, usually.
const CREATION: Duration = Duration::from_secs(60);

pub(super) async fn execute(
    args: &ExecuteChangeset,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let format = args.judging.format;
    if format == ReviewFormat::Json {
        // A machine gets one document, and that has the end in it.
        let mut document = Vec::new();
        let execution = match review(args, &mut interrupts, &mut document, err).await {
            Ok(Next::Execute(execution)) => execution,
            stopped => {
                out.write_all(&document)?;
                return stopped.map(Next::exit);
            }
        };
        let executed = execution.run(args, &mut interrupts, None, err).await;
        let told = executed.as_ref().map(draw::json);
        json::write_executed(out, &document, exit_of(&executed), told)?;
        return executed
            .map(|executed| executed.exit())
            .map_err(|error| show::shown(&error));
    }
    let execution = match review(args, &mut interrupts, out, err).await? {
        Next::Execute(execution) => execution,
        stop @ Next::Stop(_) => return Ok(stop.exit()),
    };
    writeln!(out)?;
    let events = (format == ReviewFormat::Table).then_some(&mut *out as &mut dyn Write);
    let executed = execution.run(args, &mut interrupts, events, err).await;
    let executed = executed.map_err(|error| show::shown(&error))?;
    if format == ReviewFormat::Table {
        write!(out, "{}", draw::text(&executed))?;
    } else {
        write!(out, "{}", draw::markdown(&executed))?;
    }
    Ok(executed.exit())
}

fn exit_of(executed: &Result<Executed>) -> Exit {
    executed.as_ref().map_or(Exit::Undecided, Executed::exit)
}

/// What the review leads to.
enum Next {
    Stop(Exit),
    Execute(Box<Execution>),
}

impl Next {
    fn exit(self) -> Exit {
        match self {
            Self::Stop(exit) => exit,
            Self::Execute(_) => Exit::WouldShip,
        }
    }
}

/// Reads the change set as it is now, and shows what it would do.
async fn review(
    args: &ExecuteChangeset,
    interrupts: &mut Interrupts,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Next> {
    let (execution, described) = match interrupts.unless(read(args, err)).await.flatten() {
        Ok((execution, described)) => (execution, Ok(described)),
        Err(error) => (None, Err(error)),
    };
    let exit = show::review(described, &args.judging, out)?;
    match (exit, execution) {
        (Exit::WouldShip, Some(execution)) => Ok(Next::Execute(Box::new(execution))),
        (Exit::WouldShip, None) => {
            writeln!(err, "there is nothing to execute")?;
            Ok(Next::Stop(exit))
        }
        (Exit::WouldRollBack | Exit::Undecided, _) => {
            writeln!(err, "not executed")?;
            Ok(Next::Stop(exit))
        }
    }
}

/// The change sets, the root's and the nested ones, and their execution, if there is anything to execute.
async fn read(
    args: &ExecuteChangeset,
    err: &mut impl Write,
) -> Result<(Option<Execution>, Described)> {
    let given = &args.change_set;
    let Some(reference) = Reference::of_arn(given) else {
        bail!(
            "{given:?} is no ARN of a change set, and a name may stand for another one by now: give the ARN that the review \
             has printed (arn:aws:cloudformation:REGION:ACCOUNT:changeSet/NAME/ID)"
        );
    };
    let connection = reference.connection(&args.connection, err)?;
    let api = Api::connect(&connection).await?;
    let described = Described::by_aws(&api, &reference, CREATION, None, err).await?;
    let root = described
        .sets
        .iter()
        .find(|set| set.id.as_ref() == Some(given))
        .context("CloudFormation did not describe the change set")?;
    if root.is_nested() {
        let other = root.root_id.as_ref().or(root.parent_id.as_ref());
        bail!(
            "{given} is of a nested stack, and executed only together with the others: review and execute {}",
            other.map_or("that of the root stack", String::as_str)
        );
    }
    let execution = if root.readiness() == Readiness::Ready {
        let stack = root.stack_id.clone();
        Some(Execution {
            stack: stack.context("CloudFormation did not say which stack the change set is of")?,
            change_set: given.clone(),
            api,
            connection,
        })
    } else {
        None
    };
    Ok((execution, described))
}

/// A change set that has passed, about to be executed.
struct Execution {
    api: Api,
    connection: Connection,
    change_set: String,
    /// The stack's ARN.
    stack: String,
}

/// One that was executed.
struct Executed {
    stack: String,
    /// `None` if it was not waited for.
    end: Option<End>,
    /// What went wrong first.
    causes: Vec<ResourceEvent>,
    /// The command that shows how it goes.
    follow: String,
}

impl Executed {
    fn exit(&self) -> Exit {
        match self.end {
            None | Some(End::Done(_)) => Exit::WouldShip,
            Some(End::Failed(_)) => Exit::WouldRollBack,
        }
    }
}

impl Execution {
    /// Begins it, and waits for the stack as `args` say. What has begun goes on whatever becomes of this process, so that
    /// every error says so.
    async fn run(
        self,
        args: &ExecuteChangeset,
        interrupts: &mut Interrupts,
        events: Option<&mut dyn Write>,
        err: &mut impl Write,
    ) -> Result<Executed> {
        let token = format!("tollgate-{:016x}", fastrand::u64(..));
        self.begin(&token, interrupts, err).await?;
        let mut operation = Operation::of(&self.stack, &token);
        let end = if args.no_wait {
            None
        } else {
            let timeout = args
                .timeout
                .map(|seconds| Duration::from_secs(seconds.get().into()));
            let client = &self.api.client;
            let end = watch::until_the_end(client, &mut operation, timeout, events, err);
            let end = interrupts.unless(end).await.flatten();
            Some(end.map_err(|error| {
                anyhow!(
                    "{error:#}; the execution goes on in CloudFormation: {}",
                    self.follow()
                )
            })?)
        };
        Ok(Executed {
            follow: self.follow(),
            stack: self.stack,
            end,
            causes: operation.into_causes(),
        })
    }

    async fn begin(
        &self,
        token: &str,
        interrupts: &mut Interrupts,
        err: &mut impl Write,
    ) -> Result<()> {
        // The SDK makes a call that fails on its way again; by the token CloudFormation knows it for the same one.
        let call = self
            .api
            .client
            .execute_change_set()
            .change_set_name(&self.change_set);
        let call = call.client_request_token(token).send();
        let mut progress = Progress::on(err);
        let doing = format!("executing {}", self.change_set);
        let Some(answer) = interrupts.reluctantly(&mut progress, &doing, call).await? else {
            bail!(
                "interrupted; whether the execution has begun, CloudFormation says: {}",
                self.follow()
            );
        };
        match answer.map_err(|error| CallError::of("cloudformation:ExecuteChangeSet", error)) {
            Ok(_) => Ok(()),
            Err(error) if error.is_refusal() => Err(error.told()),
            Err(error) => bail!(
                "{:#}; whether the execution has begun, CloudFormation says: {}",
                error.told(),
                self.follow()
            ),
        }
    }

    fn follow(&self) -> String {
        let words = [
            "aws",
            "cloudformation",
            "describe-stack-events",
            "--stack-name",
            &self.stack,
        ];
        command::command(&words, &self.connection)
    }
}
