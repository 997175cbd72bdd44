//! Sockets: TCP and Unix alike.

mod head_clock;
mod listener;
mod no_answer;
mod serve;
mod stream;
mod wire;

pub use listener::Listener;
pub(crate) use no_answer::NoAnswer;
pub(crate) use serve::{Server, Settings};
pub(crate) use stream::Stream;
pub(crate) use wire::Wire;
