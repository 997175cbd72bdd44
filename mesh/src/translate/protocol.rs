use crate::kinds::ServicePort;

/// What is spoken on a service's port. Only HTTP is routed on one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 behind the sidecar; callers may speak HTTP/2 to their own sidecar.
    Http,
    /// HTTP/2 without TLS, gRPC too.
    Http2,
}

/// Why a port's protocol is not clear or not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtocolError {
    /// Neither the name nor the field says it.
    #[error("the protocol of port {0} would have to be guessed")]
    Unknown(u16),
    /// It is known, and not HTTP.
    #[error("port {0} speaks {1:?}, and only HTTP is routed on one machine")]
    NotHttp(u16, String),
}

/// Istio's rule of protocol selection: `appProtocol` goes first, then the part of the name before the first hyphen.
///
/// # Errors
/// If that tells nothing, or a protocol that is not HTTP.
pub(crate) fn of_port(port: &ServicePort) -> Result<Protocol, ProtocolError> {
    let prefix = || port.name.as_deref().map(|name| name.split('-').next().unwrap_or(name));
    let named = port.app_protocol.as_deref().or_else(prefix).ok_or(ProtocolError::Unknown(port.port))?;
    // `grpc-web` is HTTP/1.1 on the wire, and a prefix cannot tell it from `grpc`.
    let named = if port.name.as_deref().is_some_and(|name| name.starts_with("grpc-web")) && port.app_protocol.is_none()
    {
        "grpc-web"
    } else {
        named
    };
    match named.to_ascii_lowercase().as_str() {
        "http" | "grpc-web" | "kubernetes.io/ws" => Ok(Protocol::Http),
        "http2" | "grpc" | "kubernetes.io/h2c" => Ok(Protocol::Http2),
        "tcp" | "udp" | "tls" | "https" | "mongo" | "mysql" | "redis" => {
            Err(ProtocolError::NotHttp(port.port, named.to_owned()))
        }
        _ => Err(ProtocolError::Unknown(port.port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: Option<&str>, app_protocol: Option<&str>) -> ServicePort {
        ServicePort {
            name: name.map(str::to_owned),
            port: 8080,
            target_port: None,
            app_protocol: app_protocol.map(str::to_owned),
        }
    }

    #[test]
    fn the_field_goes_before_the_name() {
        assert_eq!(of_port(&port(Some("http-web"), None)), Ok(Protocol::Http));
        assert_eq!(of_port(&port(Some("http-web"), Some("grpc"))), Ok(Protocol::Http2));
        assert_eq!(of_port(&port(Some("grpc-web"), None)), Ok(Protocol::Http));
    }

    #[test]
    fn a_protocol_that_would_be_guessed_is_refused() {
        for name in [None, Some("web"), Some("httpport2")] {
            assert_eq!(of_port(&port(name, None)), Err(ProtocolError::Unknown(8080)));
        }
        assert!(matches!(of_port(&port(Some("tcp-db"), None)), Err(ProtocolError::NotHttp(8080, _))));
    }
}
