//! TLS towards the server: whom to trust, and which name its certificate must have.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, AlertDescription, ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::{Failure, FailureKind};

/// Name of HTTP/2 in ALPN (RFC 9113, section 3.2).
const HTTP2: &[u8] = b"h2";

/// How to speak TLS to a server.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file with certificate authorities is not readable or not PEM.
    #[error("cannot read certificates from --ca-file {}: {reason}; a PEM file is needed", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },
    /// The system has no certificate authorities.
    #[error("cannot find certificate authorities of this system{0}; name a file with --ca-file")]
    NoSystemRoots(String),
    /// The host is neither a DNS name nor an IP address.
    #[error("invalid host {0:?} for TLS: a DNS name or an IP address is needed")]
    Name(String),
    /// The library rejects the settings above.
    #[error("cannot set up TLS: {0}")]
    Library(#[from] rustls::Error),
}

impl Tls {
    /// Trusts the certificate authorities in `ca_file`, or those of the system without one, for certificates of `host`.
    ///
    /// # Errors
    /// Why a file, the system or the host cannot be used.
    pub fn new(ca_file: Option<&Path>, host: &str, http2: bool) -> Result<Self, TlsError> {
        let roots = match ca_file {
            Some(path) => roots_of_file(path)?,
            None => roots_of_system()?,
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsError::Name(host.to_owned()))?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![if http2 { HTTP2.to_vec() } else { b"http/1.1".to_vec() }];
        Ok(Self { config: Arc::new(config), name })
    }

    /// Does the handshake over an open connection. Fails if HTTP/2 is needed and the server does not agree on it.
    pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> Result<TlsStream<S>, Failure> {
        let connector = TlsConnector::from(self.config.clone());
        let stream = connector.connect(self.name.clone(), stream).await.map_err(|error| {
            if is_no_common_protocol(&error) && self.needs_http2() {
                return no_http2();
            }
            let is_tls = error.kind() == io::ErrorKind::InvalidData;
            let kind = if is_tls { FailureKind::Protocol } else { FailureKind::Reset };
            Failure::new(kind, format!("TLS handshake: {error}"))
        })?;
        // A server without ALPN agrees on nothing, which means HTTP/1.1 (RFC 9113, section 3.2).
        let agreed = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
        if self.needs_http2() && !agreed { Err(no_http2()) } else { Ok(stream) }
    }

    fn needs_http2(&self) -> bool {
        self.config.alpn_protocols.iter().any(|protocol| protocol == HTTP2)
    }
}

fn no_http2() -> Failure {
    Failure::new(FailureKind::Protocol, "the server did not agree on HTTP/2 (ALPN); leave out --http2")
}

/// True for the alert of a server that speaks other protocols only (RFC 7301, section 3.2).
fn is_no_common_protocol(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(cause, Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)))
}

fn roots_of_file(path: &Path) -> Result<RootCertStore, TlsError> {
    let wrong = |reason: String| TlsError::CaFile { path: path.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() { Err(wrong("it holds no certificate".to_owned())) } else { Ok(roots) }
}

fn roots_of_system() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reasons: Vec<_> = found.errors.iter().map(|error| format!(": {error}")).collect();
        return Err(TlsError::NoSystemRoots(reasons.concat()));
    }
    Ok(roots)
}
