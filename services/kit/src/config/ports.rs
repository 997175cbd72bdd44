//! Where the service listens.

use clap::Args;

use super::Address;

/// Where the service listens. Each is `ADDRESS:PORT` or `unix:PATH`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Ports")]
pub struct Ports {
    /// The application: HTTP/1.1 and HTTP/2 cleartext on one port.
    #[arg(long, env = "MESHWALK_LISTEN", value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub listen: Address,

    /// Probes, metrics and version, for the kubelet and Prometheus. No fault touches this port.
    #[arg(long, env = "MESHWALK_ADMIN_LISTEN", value_name = "ADDRESS", default_value = "0.0.0.0:8081")]
    pub admin_listen: Address,

    /// The faults' control port. Keep it on the loopback: who reaches it can break the service.
    #[arg(long, env = "MESHWALK_CONTROL_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8082")]
    pub control_listen: Address,
}
