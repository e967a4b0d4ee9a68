//! The numbers, against published ones.

mod canary;
mod minute;
