//! The report of a run, as JSON, as a page and as a table.

pub mod compare;
pub mod config_map;
mod html;
mod model;
mod terminal;
mod write;

pub use model::{
    Change, FORMAT, FileText, GateReport, LabReport, Report, StepReport, TrafficReport, WaitReport, When, overall,
};

pub use html::page;
pub use terminal::table;
pub use write::{WriteError, write};

use std::time::SystemTime;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Formats a time as RFC 3339 in UTC, in whole seconds.
#[must_use]
pub fn timestamp(moment: SystemTime) -> String {
    let moment = OffsetDateTime::from(moment);
    let seconds = moment.replace_nanosecond(0).unwrap_or(moment);
    seconds.format(&Rfc3339).unwrap_or_default()
}
