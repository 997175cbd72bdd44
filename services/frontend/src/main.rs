//! The frontend of the Meshwalk workload: the call tree, and a page that shows it.

mod page;

use std::process::ExitCode;

use meshwalk_kit::Program;

fn main() -> ExitCode {
    Program::new("frontend", "The frontend of the Meshwalk workload: the call tree, and a page that shows it.")
        .with_routes(page::router())
        .main()
}
