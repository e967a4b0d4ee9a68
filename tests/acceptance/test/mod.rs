//! `tollgate test`.

mod accept;
mod api;
mod junit;
mod over_http;
mod repeat;
