//! How commands report to the user: output, progress, errors and exit codes.

use std::{io::Write, process::ExitCode};

/// An invalid input, such as a lab, a resource or a flag. The command exits with code 2 instead of 1.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongInput(pub String);

/// Writes to standard output. A closed pipe (`| head`) is not an error.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ =
        out.write_all(text.as_bytes()).and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
    let _ = out.flush();
}

/// Writes a line of progress to standard error, which keeps standard output for the command's result.
pub fn eprint_progress(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
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
