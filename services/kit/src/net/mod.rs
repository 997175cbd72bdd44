//! Sockets: TCP and Unix alike.

mod head_clock;
mod listener;
mod serve;
mod stream;

pub use listener::Listener;
pub(crate) use serve::{Server, Settings};
pub(crate) use stream::Stream;
