//! The backend of the Meshwalk workload, in two releases.

use std::process::ExitCode;

use meshwalk_kit::Program;

fn main() -> ExitCode {
    Program::new("backend", "The backend of the Meshwalk workload, in two releases.").main()
}
