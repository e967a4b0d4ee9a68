//! `tollgate test`.

mod accept;
pub(crate) mod api;
mod functions;
mod junit;
mod local;
mod over_http;
mod refused;
mod repeat;
