//! Certificate authority of the mesh. Its key is never written to disk.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use time::OffsetDateTime;

use super::TRUST_DOMAIN;

/// Certificates start a minute in the past, to allow for rounding.
const BACKDATE: Duration = Duration::from_secs(60);

/// Error of issuing a certificate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library could not issue the certificate.
    #[error("cannot issue a certificate for {subject}: {source}")]
    Certificate {
        /// Subject of the certificate.
        subject: String,
        /// Reason of the library.
        source: rcgen::Error,
    },
    /// The lifetime exceeds the range of dates.
    #[error("a certificate cannot be valid for {0:?}; choose a shorter --certificate-lifetime")]
    Lifetime(Duration),
}

/// Issues the workloads' certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root_pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

/// Certificate and key of a workload (X.509-SVID).
#[derive(Clone, PartialEq, Eq)]
pub struct Svid {
    /// Certificate chain in PEM.
    pub chain_pem: String,
    /// Private key in PEM.
    pub key_pem: String,
    /// Expiry of the certificate.
    pub expires: OffsetDateTime,
}

impl std::fmt::Debug for Svid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Do not print the key.
        f.debug_struct("Svid").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Authority {
    /// Creates a CA with a new key (ECDSA on P-256), valid for ten years.
    ///
    /// # Errors
    /// If no key can be generated.
    pub fn new() -> Result<Self, Error> {
        let failed = |source| Error::Certificate { subject: "the mesh's CA".to_owned(), source };
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut params = params(Duration::from_secs(10 * 365 * 24 * 3600))?;
        params.distinguished_name.push(DnType::OrganizationName, TRUST_DOMAIN);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root_pem = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), root_pem })
    }

    /// Trust bundle in PEM.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Issues a certificate for the SPIFFE ID `id`, its only subject alternative name. The subject is empty, so the
    /// extension is critical (X.509-SVID, sections 2 and 3).
    ///
    /// # Errors
    /// If `id` is not an ASCII URI, or no key can be generated.
    pub fn issue(&self, id: &str, lifetime: Duration) -> Result<Svid, Error> {
        let failed = |source| Error::Certificate { subject: id.to_owned(), source };
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut params = params(lifetime)?;
        params.subject_alt_names = vec![SanType::URI(id.try_into().map_err(failed)?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Svid { chain_pem: certificate.pem(), key_pem: key.serialize_pem(), expires: params.not_after })
    }
}

fn params(lifetime: Duration) -> Result<CertificateParams, Error> {
    let now = OffsetDateTime::now_utc();
    let end = time::Duration::try_from(lifetime).ok().and_then(|lifetime| now.checked_add(lifetime));
    let mut params = CertificateParams::default();
    params.not_before = now - BACKDATE;
    params.not_after = end.ok_or(Error::Lifetime(lifetime))?;
    params.distinguished_name = DistinguishedName::new();
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_certificates_with_own_keys_and_the_given_lifetime() {
        let authority = Authority::new().unwrap();
        let id = "spiffe://cluster.local/ns/a/sa/b";
        let first = authority.issue(id, Duration::from_secs(3600)).unwrap();
        let second = authority.issue(id, Duration::from_secs(3600)).unwrap();
        assert_ne!(first.key_pem, second.key_pem);
        assert!(first.chain_pem.starts_with("-----BEGIN CERTIFICATE-----"));
        let left = first.expires - OffsetDateTime::now_utc();
        assert!(left > time::Duration::minutes(59) && left <= time::Duration::hours(1), "{left}");
    }

    #[test]
    fn debug_output_hides_the_key() {
        let svid = Authority::new().unwrap().issue("spiffe://cluster.local/ns/a/sa/b", BACKDATE).unwrap();
        assert!(!format!("{svid:?}").contains("KEY"));
    }

    #[test]
    fn rejects_lifetimes_beyond_the_calendar() {
        assert!(matches!(Authority::new().unwrap().issue("spiffe://x/y", Duration::MAX), Err(Error::Lifetime(_))));
    }
}
