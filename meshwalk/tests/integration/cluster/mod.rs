//! A cluster as a target, against a stand-in of kubectl: what is asked of it, and what is told of its answers. That a
//! real one takes it, these tests do not show.

mod arrival;
mod changes;
mod endpoints;
mod gateway;
mod preflight;
mod program;
mod stand_in;
mod traces;
