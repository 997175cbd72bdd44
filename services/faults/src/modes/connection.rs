//! Modes that give no response, or no connection.

use super::{ModeSpec, spec::family};

family! {
    /// Faults of the connection.
    Connection {
        /// The connection is reset.
        Reset = ModeSpec {
            name: "reset",
            summary: "resets the connection before a byte of an answer; of an HTTP/2 connection, the stream alone",
            example: "reset@10%",
            ..ModeSpec::CALLS
        };
        /// The connection stays open without a response.
        Hang = ModeSpec {
            name: "hang",
            summary: "never answers, until the client leaves or --fault-max-hang is over; when the rule goes, the request \
                      goes on",
            example: "hang@1%;method=POST",
            caps: Some("--fault-max-hang"),
            ..ModeSpec::CALLS
        };
        /// The port of the application is closed.
        Refuse = ModeSpec {
            name: "refuse",
            summary: "closes the application's port for as long as the rule is in force: connecting is refused, and open \
                      connections end after the requests that they have",
            example: "refuse;ttl=10s",
            ..ModeSpec::PROCESS
        };
    }
}
