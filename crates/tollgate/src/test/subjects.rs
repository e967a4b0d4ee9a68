//! What is tested by invoking it: the function that is named, or the template's functions.

use std::io::Write;

use anyhow::{Context as _, Result, bail};
use checks::edge_cases::EventSchema;
use emulator::Emulator;

use super::current::Current;
use super::local;
use super::shared::with_shared;
use super::suite::Suite;
use super::target::lambda::Lambda;
use crate::aws;
use crate::cli::Test;
use crate::function_reference::FunctionReference;

/// What is tested, and what it runs in.
pub(super) struct Subjects {
    /// At least one; each has test events.
    pub(super) all: Vec<Subject>,
    /// Where they run, if that is this machine: they end when this is dropped.
    pub(super) emulator: Option<Emulator>,
}

/// A function with its test events.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) suite: Suite,
    pub(super) target: Lambda,
    /// What the registry knows of the shape of the events, for edge cases; nothing where it is not read.
    pub(super) schema: EventSchema,
}

impl Subjects {
    /// Finds them; those of the template are built and started, with signs of life on `err`.
    ///
    /// # Errors
    /// There is nothing to test, or no way to it.
    pub(super) async fn find(args: &Test, err: &mut impl Write) -> Result<Self> {
        let Some(function) = &args.function else {
            return local::subjects(args, err).await;
        };
        refuse_options_of_the_template(args)?;
        let reference = FunctionReference::parse(function, args.qualifier.as_deref())?;
        let mut suite = Suite::find(&args.events, &reference.name)?;
        if !args.shared {
            suite = suite.chosen(&args.only)?;
        }
        let mut connection = args.connection.clone();
        if connection.region.is_none() {
            connection.region = reference.region().map(str::to_owned);
        }
        let config = aws::connect(&connection).await?;
        let mut schema = EventSchema::default();
        if args.shared {
            let (with_shared, document) = with_shared(suite, &config).await?;
            suite = with_shared.chosen(&args.only)?;
            if let (true, Some(document)) = (args.generated, document) {
                schema = EventSchema::parse(&document).with_context(|| {
                    format!(
                        "cannot understand the schema of the shared test events of {}",
                        reference.name
                    )
                })?;
            }
        }
        let mut target = Lambda::new(&config, reference.clone());
        if let Some(qualifier) = &args.compare {
            target = target.compared_with(Current::resolve(&config, &reference, qualifier).await?);
        }
        Ok(Self {
            all: vec![Subject {
                suite,
                target,
                schema,
            }],
            emulator: None,
        })
    }
}

/// # Errors
/// Something is said of the template, which is not what is tested.
pub(super) fn refuse_options_of_the_template(args: &Test) -> Result<()> {
    if args.deployable.is_given() {
        bail!(
            "--binary and --parameter-overrides are about the template, whose functions are tested without --function and \
             --api-url"
        );
    }
    Ok(())
}
