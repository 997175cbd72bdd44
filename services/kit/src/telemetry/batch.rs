//! How spans are batched: the `OTEL_BSP_*` variables of OpenTelemetry's specification.

use std::time::Duration;

/// How spans are batched on their way to the collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSettings {
    /// `OTEL_BSP_MAX_QUEUE_SIZE`: spans that wait to be sent at most. Further ones are lost.
    pub max_queue_size: usize,
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`: spans in one export at most. As many are sent without waiting for the delay.
    pub max_export_batch_size: usize,
    /// `OTEL_BSP_SCHEDULE_DELAY`: time between two exports while there are fewer spans than a batch.
    pub schedule_delay: Duration,
    /// `OTEL_BSP_EXPORT_TIMEOUT`: limit for one export with all of its attempts.
    pub export_timeout: Duration,
}

impl Default for BatchSettings {
    /// The defaults of the specification.
    fn default() -> Self {
        Self {
            max_queue_size: 2048,
            max_export_batch_size: 512,
            schedule_delay: Duration::from_secs(5),
            export_timeout: Duration::from_secs(30),
        }
    }
}

impl BatchSettings {
    /// Reads the variables through `variable`. An invalid value adds a remark and counts as not set.
    pub(super) fn read(variable: &impl Fn(&str) -> Option<String>, remarks: &mut Vec<String>) -> Self {
        let defaults = Self::default();
        let mut number = |name: &str, default: u64| {
            let Some(text) = variable(name) else { return default };
            text.parse().ok().filter(|number| *number > 0).unwrap_or_else(|| {
                remarks.push(format!("invalid {name} '{text}': a whole number from 1 is needed; {default} is used"));
                default
            })
        };
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let max_queue_size = number("OTEL_BSP_MAX_QUEUE_SIZE", defaults.max_queue_size as u64);
        let batch = number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", defaults.max_export_batch_size as u64);
        let delay = number("OTEL_BSP_SCHEDULE_DELAY", millis(defaults.schedule_delay));
        let timeout = number("OTEL_BSP_EXPORT_TIMEOUT", millis(defaults.export_timeout));
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            max_queue_size: size(max_queue_size),
            // The specification: less than or equal to the queue's size.
            max_export_batch_size: size(batch.min(max_queue_size)),
            schedule_delay: Duration::from_millis(delay),
            export_timeout: Duration::from_millis(timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (BatchSettings, Vec<String>) {
        let mut remarks = Vec::new();
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        (BatchSettings::read(&variable, &mut remarks), remarks)
    }

    #[test]
    fn variables_are_sizes_and_milliseconds() {
        let (settings, remarks) = read(&[
            ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10"),
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "1500"),
        ]);
        let (schedule_delay, export_timeout) = (Duration::from_millis(20), Duration::from_millis(1500));
        let expected = BatchSettings { max_queue_size: 100, max_export_batch_size: 10, schedule_delay, export_timeout };
        assert_eq!((settings, remarks), (expected, vec![]));
    }

    #[test]
    fn batch_is_never_larger_than_the_queue() {
        assert_eq!(read(&[("OTEL_BSP_MAX_QUEUE_SIZE", "7")]).0.max_export_batch_size, 7);
    }

    #[test]
    fn invalid_value_counts_as_not_set_and_is_named() {
        for value in ["0", "-1", "many", "1.5"] {
            let (settings, remarks) = read(&[("OTEL_BSP_MAX_QUEUE_SIZE", value)]);
            assert_eq!(settings, BatchSettings::default());
            assert!(
                remarks.len() == 1 && remarks[0].contains(&format!("OTEL_BSP_MAX_QUEUE_SIZE '{value}'")),
                "{remarks:?}"
            );
        }
    }
}
