//! How commands report to the user: output, progress, errors and exit codes.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::OnceLock,
};

/// First error of standard output.
static OUTPUT_ERROR: OnceLock<io::Error> = OnceLock::new();

/// An invalid input, such as a lab, a resource or a flag. The command exits with code 2 instead of 1.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongInput(pub String);

/// Writes to standard output. A closed pipe (`| head`) is not an error; [`check_output`] reports others at the end.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let written =
        out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes())).and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // Only the first error counts.
        let _ = OUTPUT_ERROR.set(error);
    }
}

/// Exit code of a command that ended with `code`: 1 if a part of its output could not be written, as on a full disk.
#[must_use]
pub fn check_output(code: ExitCode) -> ExitCode {
    let Some(error) = OUTPUT_ERROR.get() else { return code };
    eprint_progress(&format!("meshwalk: cannot write to standard output: {error}"));
    if code == ExitCode::SUCCESS { ExitCode::FAILURE } else { code }
}

/// Writes a line of progress to standard error, which keeps standard output for the command's result.
pub fn eprint_progress(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes an error with its causes to standard error.
pub fn print_error(error: &anyhow::Error) {
    // Skip a cause that the error's own message already contains.
    let mut words = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !words.contains(&cause) {
            words.push_str(&format!(": {cause}"));
        }
    }
    eprint_progress(&format!("meshwalk: {words}"));
}

/// Returns exit code 2 for an invalid input and 1 for any other error.
#[must_use]
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    use meshwalk_mesh::control::client;
    use meshwalk_yaml::Diagnostics;
    let wrong_input = error.chain().any(|cause| {
        cause.is::<WrongInput>()
            || cause.is::<Diagnostics>()
            || cause.downcast_ref::<client::Error>().is_some_and(client::Error::is_input)
    });
    ExitCode::from(if wrong_input { 2 } else { 1 })
}
