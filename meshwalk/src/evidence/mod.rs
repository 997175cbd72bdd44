//! Metrics of the workload and the mesh: scraped, parsed and subtracted.
//!
//! A check of a metric refers to a step, so it uses the difference of two [`Scrape`]s by series and instance. Counters
//! are reset to 0 with a process, and a proxy removes a series when its listener is replaced.

mod difference;
mod labels;
mod scrape;
mod selector;
mod text;

pub use difference::MetricsDifference;
pub use scrape::{Scrape, ScrapeFailure, ScrapeTarget, ScrapedInstance};
pub use selector::{Matcher, Selector};
pub use text::{MetricKind, MetricsPage, Series, SyntaxError};
