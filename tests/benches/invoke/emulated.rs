//! The emulator with the functions that are measured, as `tollgate serve` runs it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::path::Path;

use emulator::template::{Context, Template};
use emulator::{Account, Beginning, Code, CodeStore, Emulator, Program, Timestamp};

use crate::Result;

/// Serves `functions`, which all are `program`.
pub(crate) async fn serve(program: &str, functions: &[String]) -> Result<Emulator> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let account = Account::default();
    let emulator = Emulator::start(Beginning {
        account: account.clone(),
        seed: 1,
        now: Timestamp::from_millis(u64::try_from(since.as_millis())?),
        time_scale: Some(NonZeroU32::MIN),
        port: 0,
        store: CodeStore::create()?,
    })
    .await?;
    let mut template = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
    let mut programs = BTreeMap::new();
    for (index, name) in functions.iter().enumerate() {
        write!(
            template,
            "  F{index}:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: {name}\n      \
             Runtime: provided.al2023\n      Handler: bootstrap\n      CodeUri: .\n      Timeout: 30\n"
        )?;
        programs.insert(format!("F{index}"), Program::new(program));
    }
    let stack = Template::read(&template)?.resolve(&Context {
        region: account.region,
        account_id: account.account_id,
        stack_name: "bench".to_owned(),
        ..Context::default()
    })?;
    let code = Code {
        programs: &programs,
        template_directory: Path::new("."),
    };
    emulator.publish(&stack, &code)?;
    Ok(emulator)
}
