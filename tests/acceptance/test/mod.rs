//! `tollgate test`.

mod api;
mod junit;
mod over_http;
mod repeat;
