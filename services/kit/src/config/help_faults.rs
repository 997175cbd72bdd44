//! `--help-faults`: the language of fault rules, for a terminal.

use std::ffi::OsStr;

use clap::{Arg, ArgAction, Command, Error, builder::TypedValueParser};

use crate::faults;

/// The flag. Like `--help`, it stops the parser at once, so a wrong variable does not hide the
/// help. It has no variable and is not part of the configuration.
pub(super) fn flag() -> Arg {
    Arg::new("help-faults")
        .long("help-faults")
        .help_heading("Faults")
        .help("Print the modes and keys of fault rules")
        .action(ArgAction::Set)
        .num_args(0)
        .default_missing_value("")
        .value_parser(Shown)
}

/// Parses to nothing but the text.
#[derive(Debug, Clone)]
struct Shown;

impl TypedValueParser for Shown {
    type Value = ();

    fn parse_ref(&self, _: &Command, _: Option<&Arg>, _: &OsStr) -> Result<(), Error> {
        // Only clap itself makes an error that is printed to standard output unchanged.
        let command = Command::new("faults").override_help(faults::help());
        command.try_get_matches_from(["faults", "--help"]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_shown_as_it_is_and_to_standard_output() {
        let shown = Command::new("backend").arg(flag()).try_get_matches_from(["backend", "--help-faults"]);
        let shown = shown.unwrap_err();
        assert!(!shown.use_stderr());
        assert_eq!(shown.to_string().trim_end(), faults::help().trim_end());
    }

    #[test]
    fn without_it_nothing_is_shown() {
        Command::new("backend").arg(flag()).try_get_matches_from(["backend"]).unwrap();
    }
}
