//! Faults as a client sees them on the wire.

mod no_answer;
