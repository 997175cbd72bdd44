//! Modes that give no response, or no connection.

use super::{ModeSpec, spec::family};

family! {
    /// Faults of the connection.
    Connection {
        /// The connection is reset.
        Reset = ModeSpec {
            name: "reset",
            summary: "resets the connection before any byte of the response; on HTTP/2, only the stream",
            example: "reset@10%",
            ..ModeSpec::CALLS
        };
        /// The connection stays open without a response.
        Hang = ModeSpec {
            name: "hang",
            summary: "never answers, until the client disconnects or --fault-max-hang has passed; when the rule is \
                      removed, the request continues",
            example: "hang@1%;method=POST",
            caps: Some("--fault-max-hang"),
            ..ModeSpec::CALLS
        };
        /// The port of the application is closed.
        Refuse = ModeSpec {
            name: "refuse",
            summary: "closes the application's port while the rule is active: new connections are refused, and open \
                      connections end after their requests in flight",
            example: "refuse;ttl=10s",
            ..ModeSpec::PROCESS
        };
    }
}
