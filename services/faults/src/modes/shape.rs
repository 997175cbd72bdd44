//! Modes that change how a response is sent.

use super::{ModeSpec, spec::family};
use crate::bytes::{ByteCount, ByteRate};

family! {
    /// Faults of the response on its way to the client. Calls have none: an upstream's response is the upstream's.
    Shaping {
        /// The body has at least this size.
        Size(bytes: ByteCount = ByteCount::parse) = ModeSpec {
            name: "size",
            arguments: &["BYTES"],
            summary: "makes the answer's body so large by spaces at its end, which JSON allows; a larger one stays as it is",
            example: "size=1MiB@10%",
            caps: Some("--fault-max-size"),
            ..ModeSpec::REQUESTS
        };
        /// Some bytes of the body are wrong.
        Corrupt = ModeSpec {
            name: "corrupt",
            summary: "turns bytes of the answer's body over, the first and about one in sixteen; its length stays right",
            example: "corrupt@5%;seed=7",
            ..ModeSpec::REQUESTS
        };
        /// The second half of the body is missing.
        Truncate = ModeSpec {
            name: "truncate",
            summary: "declares the whole body's length, sends half of it, and closes the connection; resets an HTTP/2 stream",
            example: "truncate@5%",
            ..ModeSpec::REQUESTS
        };
        /// The body is sent at this rate.
        Drip(rate: ByteRate = ByteRate::parse) = ModeSpec {
            name: "drip",
            arguments: &["BYTES/s"],
            summary: "sends the answer's head at once and its body at this rate; after --fault-max-hang, the rest at once",
            example: "drip=100B/s;path=/api/*",
            caps: Some("--fault-max-hang"),
            ..ModeSpec::REQUESTS
        };
        /// The connection is closed after the response.
        Close = ModeSpec {
            name: "close",
            summary: "closes the connection after the answer: connection: close, or GOAWAY on HTTP/2, whose other streams \
                      end as ever",
            example: "close@10%",
            ..ModeSpec::REQUESTS
        };
    }
}
