//! Faults as a client sees them on the wire.

mod history;
mod no_answer;
mod windows;
