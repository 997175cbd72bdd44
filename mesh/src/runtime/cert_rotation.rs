//! Renews certificates by SDS while traffic flows: Envoy presents the new certificate on its next handshakes.

use std::{collections::BTreeMap, path::Path, time::Duration};

use time::OffsetDateTime;

use crate::{
    identity::{
        authority::{Authority, Error as IssueError},
        secrets::{self, WriteError},
        spiffe_id,
    },
    topology::Instance,
    translate::files::{OWN_CERTIFICATE_FILE, TRUST_BUNDLE_FILE},
};

/// Expiry of each pod's certificate.
pub(super) type Expiries = BTreeMap<String, OffsetDateTime>;

/// Error of issuing or writing a certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Issues a certificate for a pod and writes it, with the trust bundle if that is missing. Returns the expiry.
pub(super) fn renew(
    authority: &Authority,
    instance: &Instance,
    folder: &Path,
    lifetime: Duration,
) -> Result<OffsetDateTime, Error> {
    let svid = authority.issue(&spiffe_id(&instance.namespace, &instance.service_account), lifetime)?;
    let bundle = folder.join(TRUST_BUNDLE_FILE);
    if !bundle.exists() {
        secrets::replace(&bundle, authority.root_pem().as_bytes())?;
    }
    secrets::replace(&folder.join(OWN_CERTIFICATE_FILE), secrets::own_certificate(&svid).to_string().as_bytes())?;
    Ok(svid.expires)
}

/// Pods whose certificate has less than half of its lifetime left.
pub(super) fn due(expiries: &Expiries, lifetime: Duration, now: OffsetDateTime) -> Vec<String> {
    let half = time::Duration::try_from(lifetime / 2).unwrap_or(time::Duration::ZERO);
    expiries.iter().filter(|(_, end)| **end - now <= half).map(|(pod, _)| pod.clone()).collect()
}

/// Interval between two checks of the expiries.
pub(super) fn period(lifetime: Duration) -> Duration {
    (lifetime / 10).clamp(Duration::from_millis(200), Duration::from_secs(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renews_a_certificate_at_half_its_lifetime() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let lifetime = Duration::from_secs(3600);
        let expiries = Expiries::from([
            ("young".to_owned(), now + time::Duration::minutes(31)),
            ("old".to_owned(), now + time::Duration::minutes(30)),
        ]);
        assert_eq!(due(&expiries, lifetime, now), ["old"]);
    }
}
