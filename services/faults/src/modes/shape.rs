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
            summary: "pads the response body to BYTES with spaces at its end, which JSON allows; a larger body is \
                      unchanged",
            example: "size=1MiB@10%",
            caps: Some("--fault-max-size"),
            ..ModeSpec::REQUESTS
        };
        /// Some bytes of the body are wrong.
        Corrupt = ModeSpec {
            name: "corrupt",
            summary: "inverts bytes of the response body, the first and about one in sixteen; its length stays correct",
            example: "corrupt@5%;seed=7",
            ..ModeSpec::REQUESTS
        };
        /// The second half of the body is missing.
        Truncate = ModeSpec {
            name: "truncate",
            summary: "declares the whole body's length, sends half of it, and closes the connection; resets an HTTP/2 \
                      stream",
            example: "truncate@5%",
            ..ModeSpec::REQUESTS
        };
        /// The body is sent at this rate.
        Drip(rate: ByteRate = ByteRate::parse) = ModeSpec {
            name: "drip",
            arguments: &["BYTES/s"],
            summary: "sends the response head at once and its body at this rate; after --fault-max-hang, the rest at \
                      once",
            example: "drip=100B/s;path=/api/*",
            caps: Some("--fault-max-hang"),
            ..ModeSpec::REQUESTS
        };
        /// The connection is closed after the response.
        Close = ModeSpec {
            name: "close",
            summary: "closes the connection after the response: connection: close, or GOAWAY on HTTP/2, where other \
                      streams end as usual",
            example: "close@10%",
            ..ModeSpec::REQUESTS
        };
    }
}
