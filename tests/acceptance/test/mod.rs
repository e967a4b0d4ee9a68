//! `tollgate test`.

mod accept;
mod api;
mod functions;
mod junit;
mod local;
mod over_http;
mod refused;
mod repeat;
