//! Sockets: TCP and Unix alike.

mod activity;
mod backlog;
mod conn_handle;
mod conn_table;
mod connection;
mod connection_gauges;
mod direct;
mod doors;
mod evictor;
mod head_memory;
mod http2_frames;
mod input;
mod listener;
mod no_answer;
mod orders;
mod outgoing;
mod output;
mod port;
mod protocol;
mod read_limiter;
mod rejection;
mod requests;
mod serve;
mod stream;
mod supervisor;
mod tracked_stream;

pub(crate) use conn_handle::ConnHandle;
pub(crate) use conn_table::{Capacity, ConnTable};
pub(crate) use connection_gauges::ConnectionGauges;
pub(crate) use direct::{DirectAnswer, DirectRoute, Routes};
pub(crate) use doors::Doors;
pub use listener::Listener;
pub(crate) use no_answer::NoAnswer;
pub(crate) use output::WriteMark;
pub(crate) use serve::{Server, Settings};
pub(crate) use stream::Stream;
