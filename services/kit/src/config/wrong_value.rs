//! Wrong values, and whether the command line or the environment has them.

use std::ffi::OsString;

use clap::{
    Arg, Command, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// A value that contradicts another one, or the environment of the process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid value '{value}' for '--{flag}': {why}")]
pub struct WrongValue {
    flag: &'static str,
    value: String,
    why: String,
}

impl WrongValue {
    /// Of the flag without its dashes; why it is wrong, and what would be right.
    pub(super) fn new(flag: &'static str, value: impl ToString, why: impl ToString) -> Self {
        Self { flag, value: value.to_string(), why: why.to_string() }
    }

    /// As clap would tell it.
    pub(super) fn told(self, command: &mut Command, arguments: &[OsString]) -> Error {
        let Self { flag, value, why } = self;
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(flag));
        let name = argument.map_or_else(|| format!("--{flag}"), |argument| named(argument, arguments));
        command.error(ErrorKind::ValueValidation, format!("invalid value '{value}' for '{name}': {why}"))
    }
}

/// Has clap's error name the variable where the value comes from one: a manifest has no flags.
pub(super) fn with_variable(mut error: Error, command: &mut Command, arguments: &[OsString]) -> Error {
    if error.kind() == ErrorKind::InvalidUtf8 {
        // Clap says of these not even which they are.
        return not_text(command, arguments).map_or(error, |text| command.error(ErrorKind::InvalidUtf8, text));
    }
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else { return error };
    let argument = command.get_arguments().find(|argument| argument.to_string() == *shown);
    if let Some(name) = argument.map(|argument| named(argument, arguments)) {
        error.insert(ContextKind::InvalidArg, ContextValue::String(name));
    }
    error
}

/// A flag as the help shows it, and in front of it the variable if that is where the value comes from.
fn named(argument: &Arg, arguments: &[OsString]) -> String {
    match argument.get_env() {
        Some(variable) if !is_given(argument, arguments) => format!("{} ({argument})", variable.to_string_lossy()),
        _ => argument.to_string(),
    }
}

/// Whether the flag is on the command line, so that its variable does not count.
fn is_given(argument: &Arg, arguments: &[OsString]) -> bool {
    let flag = format!("--{}", argument.get_long().unwrap_or_default());
    let is_it = |given: &OsString| {
        let given = given.to_string_lossy();
        given.strip_prefix(&flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    arguments.iter().any(is_it)
}

/// The argument or variable that is not UTF-8.
fn not_text(command: &Command, arguments: &[OsString]) -> Option<String> {
    let broken = |value: &OsString| value.to_str().is_none();
    if let Some(argument) = arguments.iter().find(|argument| broken(argument)) {
        return Some(format!("the argument '{}' is not valid UTF-8; write it so", argument.display()));
    }
    command.get_arguments().find_map(|argument| {
        let value = std::env::var_os(argument.get_env()?).filter(broken)?;
        let name = named(argument, arguments);
        Some(format!("invalid value '{}' for '{name}': it is not valid UTF-8; write it so", value.display()))
    })
}

/// Ignores variables that are empty or blank. A platform also sets a variable whose value it does not know:
/// the downward API does for a label that does not exist.
pub(super) fn without_empty_variables(command: Command) -> Command {
    let is_blank = |value: OsString| value.to_str().is_some_and(|text| text.trim().is_empty());
    command.mut_args(|argument| match argument.get_env().and_then(std::env::var_os).is_some_and(is_blank) {
        true => argument.env(None),
        false => argument,
    })
}
