//! Admission of PeerAuthentications.

use meshwalk_yaml::{Content, FieldPath};

use crate::{
    kinds::{PeerAuthentication, values::check_selector},
    manifest::{Checker, Object, field_key},
};

pub(super) fn check(policy: &Object<PeerAuthentication>, checker: &mut Checker) {
    const PORTS: &str = "spec.portLevelMtls";
    check_selector(policy.spec.selector.as_ref(), checker);
    let written = policy.source.find(&FieldPath::parse(PORTS));
    if written.is_some_and(|ports| ports.content == Content::Mapping(Vec::new())) {
        checker.reject(PORTS, "the map is empty", "write a port and its mode, or remove it");
    }
    if policy.spec.port_level_mtls.contains_key(&0) {
        checker.reject(&field_key(PORTS, "0"), "invalid port 0", "write a number from 1 to 65535");
    }
}
