//! Numbers that the workload and the mesh publish: scraped, parsed and subtracted.
//!
//! A check on a metric is about what happened during a step, so it takes the difference of two [`Scrape`]s: series by
//! series and instance by instance, because counters start again from nothing with a process, and a proxy forgets a
//! series when the listener that made it is replaced.

mod difference;
mod labels;
mod scrape;
mod selector;
mod text;

pub use difference::Difference;
pub use scrape::{Instance, Missing, Scrape, ScrapeTarget};
pub use selector::{Matcher, Selector};
pub use text::{Kind, Series, Snapshot, SyntaxError};
