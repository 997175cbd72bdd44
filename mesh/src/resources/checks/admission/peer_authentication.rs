//! PeerAuthentications: selectors, and ports.

use super::{
    super::super::{Object, model::PeerAuthentication},
    Judge,
    authorization::selector,
    key,
};
use meshwalk_yaml::{Content, FieldPath};

pub(super) fn judge(policy: &Object<PeerAuthentication>, judge: &mut Judge) {
    const PORTS: &str = "spec.portLevelMtls";
    selector(policy.spec.selector.as_ref(), judge);
    let written = policy.source.find(&FieldPath::parse(PORTS));
    if written.is_some_and(|ports| ports.content == Content::Mapping(Vec::new())) {
        judge.refuse(PORTS, "it names no port", "write a port and its mode, or leave it out");
    }
    if policy.spec.port_level_mtls.contains_key(&0) {
        judge.refuse(&key(PORTS, "0"), "0 is no port", "write a number from 1 to 65535");
    }
}
