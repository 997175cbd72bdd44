//! Where to listen, or to connect: a TCP address or a Unix socket.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

/// The longest path that fits into a Unix socket's address on Linux, without the closing NUL (unix(7)).
const LONGEST_SOCKET_PATH: usize = 107;

/// A TCP address, or the path of a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// An IP address and port.
    Tcp(SocketAddr),
    /// A Unix stream socket.
    Unix(PathBuf),
}

/// Error of a text that is not an address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AddressError {
    /// Neither of the two forms.
    #[error("expected ADDRESS:PORT with a numeric address, such as 0.0.0.0:8080 or [::1]:8080, or unix:PATH")]
    Form,
    /// `unix:` and nothing.
    #[error("the path after unix: is missing")]
    NoPath,
    /// A path that the kernel would refuse.
    #[error(
        "the socket's path has {0} bytes, but the kernel takes at most {LONGEST_SOCKET_PATH}; choose a shorter one"
    )]
    LongPath(usize),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix("unix:") {
            Some("") => Err(AddressError::NoPath),
            Some(path) if path.len() > LONGEST_SOCKET_PATH => Err(AddressError::LongPath(path.len())),
            Some(path) => Ok(Self::Unix(PathBuf::from(path))),
            None => text.parse().map(Self::Tcp).map_err(|_| AddressError::Form),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_printed_in_the_same_form() {
        for text in ["0.0.0.0:8080", "[::1]:0", "unix:/run/app.sock"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_address_says_what_would_be_right() {
        for text in ["8080", "localhost:8080", "1.2.3.4", "1.2.3.4:99999"] {
            assert_eq!(text.parse::<Address>(), Err(AddressError::Form), "{text}");
        }
        assert_eq!("unix:".parse::<Address>(), Err(AddressError::NoPath));
        assert_eq!(format!("unix:/{}", "a".repeat(107)).parse::<Address>(), Err(AddressError::LongPath(108)));
    }
}
