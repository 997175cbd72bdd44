//! Faults as a client sees them on the wire, and what the ground truth says of them.

mod calls;
mod history;
mod no_answer;
mod refuse;
mod shapes;
mod windows;

use super::{client::get, service::Service};

/// A request for the call tree, on a connection that it leaves open.
const REQUEST: &[u8] = b"GET /api/hello HTTP/1.1\r\nhost: backend\r\n\r\n";

/// Whether the admin port counts what a line says.
async fn counted(service: &Service, line: &str) -> bool {
    get(&service.admin, "/metrics", &[]).await.body.lines().any(|counter| counter == line)
}
