//! Release 2.0.0 that takes its settings from the alias it is invoked through, and loses the order on the way.
//!
//! Wrong: through an alias, every order is answered with 200 and action "none", and nothing is validated.
//! No alarm can catch it, because there is no function error.
//! PreTraffic cannot, because it invokes the new version by its number, and that works.
//! PostTraffic must catch it, because it invokes the alias as users do.

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};

/// Answers like 2.0.0 when it is invoked by version number, and wrongly when through an alias.
pub(crate) async fn handler(mut event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    if alias(&event.context.invoked_function_arn).is_some() {
        event.payload = json!({});
    }
    order_api::handler(event).await
}

/// The alias in `arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER`.
/// An alias's name is never a number, and `$LATEST` is a version.
fn alias(invoked_function_arn: &str) -> Option<&str> {
    let qualifier = invoked_function_arn.split(':').nth(7)?;
    let is_version = qualifier == "$LATEST" || qualifier.bytes().all(|byte| byte.is_ascii_digit());
    (!is_version).then_some(qualifier)
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
