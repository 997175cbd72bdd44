//! Where the service listens.

use std::path::PathBuf;

use clap::Args;

use super::{Address, WrongValue};
use crate::faults::TokenFile;

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

    /// The faults' control port. Who reaches it can break the service, so an address that is not of the loopback is
    /// taken only with a token file.
    #[arg(long, env = "MESHWALK_CONTROL_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8082")]
    pub control_listen: Address,

    /// A file with the token that requests to the control port must bring as `Authorization: Bearer TOKEN`. It is read
    /// again for each request, so a Secret may be replaced. Without it, requests need no token.
    #[arg(long, env = "MESHWALK_CONTROL_TOKEN_FILE", value_name = "PATH")]
    pub control_token_file: Option<PathBuf>,
}

impl Ports {
    /// The file with the control port's token, if one is asked for.
    ///
    /// # Errors
    /// The file has no token.
    pub fn control_token(&self) -> Result<Option<TokenFile>, WrongValue> {
        let Some(path) = &self.control_token_file else { return Ok(None) };
        TokenFile::new(path).map(Some).map_err(|error| WrongValue::new("control-token-file", path.display(), error))
    }

    /// Rejects a control port beyond the loopback interface without a token.
    pub(super) fn check_control(&self) -> Result<(), WrongValue> {
        match self.control_listen {
            Address::Tcp(address)
                if !address.ip().to_canonical().is_loopback() && self.control_token_file.is_none() =>
            {
                let why = "every client that reaches the control port can break the service, and other machines reach \
                           this address; use the loopback, such as 127.0.0.1:8082, or unix:PATH, or require a token \
                           by --control-token-file";
                Err(WrongValue::new("control-listen", address, why))
            }
            _ => Ok(()),
        }
    }
}
