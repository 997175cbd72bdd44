//! PeerAuthentications: selectors, and ports.

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
        checker.reject(PORTS, "it names no port", "write a port and its mode, or leave it out");
    }
    if policy.spec.port_level_mtls.contains_key(&0) {
        checker.reject(&field_key(PORTS, "0"), "0 is no port", "write a number from 1 to 65535");
    }
}
