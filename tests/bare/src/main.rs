//! The bare programs that the workload's speed is compared with: the same bodies and the same calls, and nothing else.
//!
//! `scripts/bench-services.sh` starts them; they are not part of the product.

mod backend;
mod collector;
mod frontend;
mod hop;
mod start;

use std::net::SocketAddr;

use clap::Parser;
use tokio::runtime::Builder;

/// Bare programs that the workload's speed is compared with.
#[derive(Debug, Parser)]
enum Command {
    /// Serve the backend's JSON with axum alone.
    Backend {
        /// Address to listen on.
        listen: SocketAddr,
    },
    /// Serve the frontend's JSON around one call to an upstream, with hyper's server and client alone.
    Frontend {
        /// Address to listen on.
        listen: SocketAddr,
        /// Address of the upstream.
        upstream: SocketAddr,
    },
    /// Accept spans by OTLP over HTTP and discard them.
    Collector {
        /// Address to listen on.
        listen: SocketAddr,
    },
    /// Start a program, and print the milliseconds until `GET /readyz` at the address is 200.
    Start {
        /// Address of the program's admin port.
        admin: SocketAddr,
        /// The program and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        program: Vec<String>,
    },
}

fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    // As many workers as the workload has: one for each core that the process may use.
    let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
    let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Backend { listen } => backend::serve(listen).await,
            Command::Frontend { listen, upstream } => frontend::serve(listen, upstream).await,
            Command::Collector { listen } => collector::serve(listen).await,
            Command::Start { admin, program } => start::measure(admin, &program).await,
        }
    })
}
