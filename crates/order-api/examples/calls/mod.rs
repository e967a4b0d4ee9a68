//! What the context of an invocation says about the call.

use lambda_runtime::Context;

/// Whether the hooks sent this invocation: they mark theirs with `{"custom":{"tollgate":"…"}}` as `ClientContext`.
pub(crate) fn is_probe(context: &Context) -> bool {
    custom(context, "tollgate").is_some()
}

/// What the `ClientContext` of the invocation has as `custom` value of `name`.
pub(crate) fn custom<'a>(context: &'a Context, name: &str) -> Option<&'a str> {
    let client = context.client_context.as_ref()?;
    client.custom.get(name).map(String::as_str)
}
