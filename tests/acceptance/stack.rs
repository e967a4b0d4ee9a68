//! A stack of this build's programs, deployed to an emulator as `sam deploy` deploys to AWS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use emulator::template::{Context, Template};
use emulator::{Account, AliasChange, Beginning, Code, CodeStore, Emulator, Program, Timestamp};

use crate::harness::BINARIES;

/// An emulator at a fixed time, with a fixed seed.
pub(crate) async fn emulator() -> Emulator {
    emulator_with(&CodeStore::create().unwrap()).await
}

/// The same; emulators that share a store share copies of code.
pub(crate) async fn emulator_with(store: &CodeStore) -> Emulator {
    begun(Timestamp::from_millis(1_767_225_600_000), store).await
}

/// An emulator at another time.
pub(crate) async fn emulator_at(now: Timestamp) -> Emulator {
    begun(now, &CodeStore::create().unwrap()).await
}

async fn begun(now: Timestamp, store: &CodeStore) -> Emulator {
    let beginning = Beginning {
        account: Account::default(),
        seed: 1,
        now,
        time_scale: None,
        port: 0,
        store: store.clone(),
        reaper: None,
    };
    Emulator::start(beginning).await.unwrap()
}

/// A program of this build. It ignores `args`, which make it another release.
pub(crate) fn program(name: &str, args: &[&str]) -> Program {
    let (_, path) = BINARIES.iter().find(|(known, _)| *known == name).unwrap();
    Program {
        path: path.into(),
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
    }
}

/// A template, and where its code is kept.
pub(crate) struct Stack {
    template: Template,
    directory: PathBuf,
    parameters: BTreeMap<String, String>,
}

impl Stack {
    /// `directory` is what the template's relative paths are relative to.
    pub(crate) fn new(template: &str, directory: &Path, parameters: &[(&str, &str)]) -> Self {
        Self {
            template: Template::read(template).unwrap(),
            directory: directory.to_owned(),
            parameters: parameters
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// Updates the functions and publishes versions, and leaves the aliases where they are.
    pub(crate) fn publish(
        &self,
        emulator: &Emulator,
        programs: &BTreeMap<String, Program>,
    ) -> BTreeMap<String, String> {
        let code = Code {
            programs,
            template_directory: &self.directory,
        };
        let stack = self.template.resolve(&self.context()).unwrap();
        emulator.publish(&stack, &code).unwrap()
    }

    /// Deploys `programs`: what became of each `AutoPublishAlias`, by the function's logical id.
    pub(crate) fn deploy(
        &self,
        emulator: &Emulator,
        programs: &BTreeMap<String, Program>,
    ) -> BTreeMap<String, AliasChange> {
        let context = Context {
            versions: self.publish(emulator, programs),
            ..self.context()
        };
        let stack = self.template.resolve(&context).unwrap();
        emulator.apply(&stack, &context.versions).unwrap()
    }

    fn context(&self) -> Context {
        Context {
            parameters: self.parameters.clone(),
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
            stack_name: "test".to_owned(),
            ..Context::default()
        }
    }
}
