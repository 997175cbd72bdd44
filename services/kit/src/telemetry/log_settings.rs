//! The log's form and detail.

use clap::Args;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// The log's form and detail.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Log")]
pub struct Log {
    /// How log lines look; auto is text on a terminal and JSON elsewhere.
    #[arg(long, env = "MESHWALK_LOG_FORMAT", value_enum, default_value = "auto")]
    pub log_format: LogFormat,

    /// What is logged: a level (off, error, warn, info, debug, trace), or levels by module, such as
    /// `info,meshwalk_kit=debug`.
    #[arg(long, env = "MESHWALK_LOG_FILTER", value_name = "FILTER", default_value = "info", value_parser = filter)]
    pub log_filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object per line.
    Json,
    /// Lines for people.
    Text,
}

/// Rejects a word that is not a level. The log's library takes it for a module, logs all of that module and nothing
/// else.
fn filter(text: &str) -> Result<String, String> {
    for part in text.split(',') {
        let (module, level) = part.split_once('=').map_or((None, part), |(module, level)| (Some(module), level));
        let wrong = |what: String| {
            format!(
                "{what}; right would be a level (off, error, warn, info, debug, trace), or levels by module, such as \
                 info,meshwalk_kit=debug"
            )
        };
        if level.parse::<LevelFilter>().is_err() || level.is_empty() {
            return Err(wrong(format!("'{level}' is not a valid level")));
        }
        let of_a_module = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte);
        if let Some(module) = module.filter(|module| module.is_empty() || !module.bytes().all(of_a_module)) {
            return Err(wrong(format!("'{module}' is not a valid module")));
        }
    }
    text.parse::<Targets>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn levels_and_levels_by_module_are_filters() {
        for text in ["info", "OFF", "info,meshwalk_kit=debug", "warn,meshwalk_kit::net=trace", "meshwalk_kit=debug"] {
            assert_eq!(filter(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_word_that_is_no_level_is_no_filter() {
        for (text, part) in [
            ("nolevel!!", "'nolevel!!' is not a valid level"),
            ("inof", "'inof' is not a valid level"),
            ("", "'' is not a valid level"),
            ("info,", "'' is not a valid level"),
            ("info,meshwalk_kit", "'meshwalk_kit' is not a valid level"),
            ("meshwalk_kit=", "'' is not a valid level"),
            ("a=b=debug", "'b=debug' is not a valid level"),
            ("=debug", "'' is not a valid module"),
            ("a b=debug", "'a b' is not a valid module"),
        ] {
            let error = filter(text).unwrap_err();
            assert!(error.contains(part) && error.contains("right would be"), "{text}: {error}");
        }
    }
}
