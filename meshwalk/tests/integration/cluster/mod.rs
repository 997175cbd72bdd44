//! A cluster as a target, against a stand-in of kubectl: the commands that it gets, and what becomes of its answers. That a
//! real one takes it, these tests do not show.

mod changes;
mod endpoints;
mod gateway;
mod preflight;
mod program;
mod proxy_sync;
mod stand_in;
mod traces;
