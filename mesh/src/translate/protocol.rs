use crate::kinds::ServicePort;

/// Protocol of a service's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 to the application. Callers may use HTTP/2 to their own sidecar.
    Http,
    /// HTTP/2 without TLS, including gRPC.
    Http2,
}

/// Error of a port's protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtocolError {
    /// Neither the name nor `appProtocol` determines the protocol.
    #[error("cannot determine the protocol of port {0}")]
    Unknown(u16),
    /// The protocol is not HTTP.
    #[error("port {0} uses {1:?}; the local mesh supports only HTTP")]
    NotHttp(u16, String),
}

/// Protocol of a port. `appProtocol` precedes the part of the name before the first hyphen, as in Istio.
///
/// # Errors
/// If the protocol is unknown or not HTTP.
pub(crate) fn of_port(port: &ServicePort) -> Result<Protocol, ProtocolError> {
    let prefix = || port.name.as_deref().map(|name| name.split('-').next().unwrap_or(name));
    let named = port.app_protocol.as_deref().or_else(prefix).ok_or(ProtocolError::Unknown(port.port))?;
    // `grpc-web` is HTTP/1.1. Its prefix before the first hyphen would be `grpc`.
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
    fn app_protocol_precedes_the_port_name() {
        assert_eq!(of_port(&port(Some("http-web"), None)), Ok(Protocol::Http));
        assert_eq!(of_port(&port(Some("http-web"), Some("grpc"))), Ok(Protocol::Http2));
        assert_eq!(of_port(&port(Some("grpc-web"), None)), Ok(Protocol::Http));
    }

    #[test]
    fn rejects_ports_with_unknown_protocols() {
        for name in [None, Some("web"), Some("httpport2")] {
            assert_eq!(of_port(&port(name, None)), Err(ProtocolError::Unknown(8080)));
        }
        assert!(matches!(of_port(&port(Some("tcp-db"), None)), Err(ProtocolError::NotHttp(8080, _))));
    }
}
