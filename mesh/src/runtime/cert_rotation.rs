//! Certificates are renewed while traffic flows: a new SDS file is moved in, and Envoy shows the new certificate on
//! its next handshakes.

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

/// When each pod's certificate ends.
pub(super) type Expiries = BTreeMap<String, OffsetDateTime>;

/// Why a pod has no (new) certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Makes a certificate for a pod and moves it in, with the trust bundle if that is not there. Returns its end.
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

/// The pods whose certificate has less than half of its lifetime left.
pub(super) fn due(expiries: &Expiries, lifetime: Duration, now: OffsetDateTime) -> Vec<String> {
    let half = time::Duration::try_from(lifetime / 2).unwrap_or(time::Duration::ZERO);
    expiries.iter().filter(|(_, end)| **end - now <= half).map(|(pod, _)| pod.clone()).collect()
}

/// How long to sleep between two looks at the expiries.
pub(super) fn period(lifetime: Duration) -> Duration {
    (lifetime / 10).clamp(Duration::from_millis(200), Duration::from_secs(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_renewed_at_half_its_life() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let lifetime = Duration::from_secs(3600);
        let expiries = Expiries::from([
            ("young".to_owned(), now + time::Duration::minutes(31)),
            ("old".to_owned(), now + time::Duration::minutes(30)),
        ]);
        assert_eq!(due(&expiries, lifetime, now), ["old"]);
    }
}
