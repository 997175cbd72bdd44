//! Whether the bytes that a body has parted with are out, for one that breaks off after them.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::Version;

use crate::net::{ConnHandle, WriteMark};

/// Follows the bytes of a body on their way out.
///
/// The HTTP library keeps what it cannot send yet, and throws it away when the body breaks off. What it has handed to the
/// connection cannot be told from outside in one way for both protocols: an HTTP/1.1 connection serves one answer at a
/// time, so that all that it sends is of this one, but its bytes are copied long before they are sent; of an HTTP/2
/// connection other answers are sent too, but each piece of one is kept until it has been sent as a whole.
#[derive(Debug)]
pub(in crate::faults) enum Parting {
    /// Nobody says, and nobody throws anything away.
    Unseen,
    /// By what the connection has sent, and what it will have sent then.
    Sent(ConnHandle, Option<WriteMark>),
    /// By the last piece that is still kept.
    Kept(Weak<Piece>),
}

/// A piece of a body, for as long as somebody keeps it.
#[derive(Debug)]
pub(in crate::faults) struct Piece(Bytes);

/// Lets the pieces be kept together with what tells that they are.
struct Held(Arc<Piece>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0.0
    }
}

impl Parting {
    /// For the body of an answer that goes out in this version of HTTP, on this connection.
    pub(in crate::faults) fn on(wire: Option<ConnHandle>, version: Version) -> Self {
        match wire {
            _ if version >= Version::HTTP_2 => Self::Kept(Weak::new()),
            Some(wire) => Self::Sent(wire, None),
            None => Self::Unseen,
        }
    }

    /// The same bytes, to be handed out instead of them. They follow those before.
    pub(super) fn part_with(&mut self, bytes: Bytes) -> Bytes {
        match self {
            Self::Unseen => bytes,
            Self::Sent(wire, mark) => {
                *mark = Some(wire.mark(mark.take(), bytes.len() as u64));
                bytes
            }
            // Pieces of one answer go out in their order, so the last one says it for all.
            Self::Kept(last) => {
                let piece = Arc::new(Piece(bytes));
                *last = Arc::downgrade(&piece);
                Bytes::from_owner(Held(piece))
            }
        }
    }

    /// Whether all bytes so far are out.
    pub(super) fn is_out(&self) -> bool {
        match self {
            Self::Unseen | Self::Sent(_, None) => true,
            Self::Sent(wire, Some(mark)) => wire.is_out(mark),
            Self::Kept(last) => last.strong_count() == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_http2_bytes_are_out_when_nobody_keeps_a_part_of_the_last_of_them() {
        let mut parting = Parting::on(None, Version::HTTP_2);
        assert!(parting.is_out());
        let [one, two] = [b"one", b"two"].map(|bytes| parting.part_with(Bytes::from_static(bytes)));
        assert_eq!((one.as_ref(), two.as_ref()), (b"one".as_slice(), b"two".as_slice()));
        let part = two.slice(1..);
        drop((one, two));
        assert!(!parting.is_out());
        drop(part);
        assert!(parting.is_out());
    }
}
