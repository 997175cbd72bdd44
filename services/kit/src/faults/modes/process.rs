//! Modes of the whole process.

use super::{Mode, ModeSpec};

pub(super) const UNREADY: ModeSpec = ModeSpec {
    name: "unready",
    arguments: &[],
    summary: "holds /readyz at 503; requests that arrive all the same are answered as ever",
    example: "unready;ttl=30s",
    per_request: false,
    read: |_| Ok(Mode::Unready),
};
