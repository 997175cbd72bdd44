//! Sockets: TCP and Unix alike.

mod connection;
mod doors;
mod head_clock;
mod listener;
mod no_answer;
mod serve;
mod stream;
mod wire;

pub(crate) use doors::Doors;
pub use listener::Listener;
pub(crate) use no_answer::NoAnswer;
pub(crate) use serve::{Server, Settings};
pub(crate) use stream::Stream;
pub(crate) use wire::{Mark, Wire};
