//! The mesh as it runs: real services, real proxies, started by the real program.

mod access_logs;
mod bed;
mod changes;
mod identity;
mod life;
mod recovery;
mod refusals;
mod requests;
mod security;
