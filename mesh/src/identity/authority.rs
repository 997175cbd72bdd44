//! The mesh's certificate authority. Its key never leaves the process, and ends with it.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use time::OffsetDateTime;

use super::TRUST_DOMAIN;

/// Clocks of one machine agree, but a certificate must not begin in the future by rounding.
const BACKDATE: Duration = Duration::from_secs(60);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A certificate could not be made.
    #[error("cannot make a certificate for {subject}: {source}")]
    Certificate {
        /// For whom.
        subject: String,
        /// The library's reason.
        source: rcgen::Error,
    },
    /// A lifetime so long that the date cannot be written.
    #[error("a certificate cannot be valid for {0:?}; choose a shorter --certificate-lifetime")]
    Lifetime(Duration),
}

/// Signs the workloads' certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root_pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

/// A certificate with its key, as a workload presents it.
#[derive(Clone, PartialEq, Eq)]
pub struct Svid {
    /// The chain in PEM.
    pub chain_pem: String,
    /// The private key in PEM.
    pub key_pem: String,
    /// When it ends.
    pub expires: OffsetDateTime,
}

impl std::fmt::Debug for Svid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is left out: what is printed lands in logs.
        f.debug_struct("Svid").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes a CA with a new key (ECDSA on P-256), valid for ten years: it ends with the run.
    ///
    /// # Errors
    /// If no key can be made.
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

    /// The trust bundle in PEM.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Makes a certificate and key for `id`: its one subject alternative name is that URI, the subject is empty and
    /// so the name is critical (X.509-SVID, sections 2 and 3).
    ///
    /// # Errors
    /// If `id` is no URI in ASCII, or no key can be made.
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
    fn every_certificate_has_a_key_of_its_own_and_ends_when_asked() {
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
    fn a_key_is_not_printed() {
        let svid = Authority::new().unwrap().issue("spiffe://cluster.local/ns/a/sa/b", BACKDATE).unwrap();
        assert!(!format!("{svid:?}").contains("KEY"));
    }

    #[test]
    fn a_lifetime_beyond_the_calendar_is_refused() {
        assert!(matches!(Authority::new().unwrap().issue("spiffe://x/y", Duration::MAX), Err(Error::Lifetime(_))));
    }
}
