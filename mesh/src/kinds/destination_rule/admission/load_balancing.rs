//! Admission of load balancers.

use crate::{
    kinds::{ConsistentHash, LoadBalancer},
    manifest::Checker,
};

/// First table size that Istio and Envoy reject for Maglev.
const TABLE: u64 = 5_000_011;
/// Largest ring that Envoy accepts. Istio has no limit.
const RING: u64 = 8_388_608;

pub(super) fn check(balancer: &LoadBalancer, at: &str, checker: &mut Checker) {
    if balancer.simple.is_some() && balancer.consistent_hash.is_some() {
        checker.reject(at, "simple and consistentHash exclude each other", "write simple or consistentHash, not both");
    }
    if let Some(hash) = &balancer.consistent_hash {
        by_hash(hash, &format!("{at}.consistentHash"), checker);
    }
}

fn by_hash(hash: &ConsistentHash, at: &str, checker: &mut Checker) {
    let properties = [
        hash.http_header_name.is_some(),
        hash.http_cookie.is_some(),
        hash.use_source_ip.is_some(),
        hash.http_query_parameter_name.is_some(),
    ];
    if properties.into_iter().filter(|is_there| *is_there).count() > 1 {
        let help = "write one of httpHeaderName, httpCookie, useSourceIp and httpQueryParameterName";
        checker.reject(at, "more than one hash key", help);
    }
    if hash.http_cookie.as_ref().is_some_and(|cookie| cookie.name.is_empty()) {
        checker.reject(&format!("{at}.httpCookie.name"), "the cookie has no name", "write a name");
    }
    if hash.ring_hash.is_some() && hash.maglev.is_some() {
        checker.reject(at, "ringHash and maglev exclude each other", "write ringHash or maglev, not both");
    }
    if let Some(size) = hash.ring_hash.as_ref().and_then(|ring| ring.minimum_ring_size).filter(|size| *size > RING) {
        let message = format!("invalid ring size {size}");
        checker.reject(&format!("{at}.ringHash.minimumRingSize"), message, format!("write at most {RING}"));
    }
    if let Some(maglev) = &hash.maglev {
        let size = maglev.table_size.unwrap_or(0);
        if size >= TABLE || !is_prime(size) {
            let message = format!("invalid table size {size}");
            let help = format!("write a prime number below {TABLE}, as 65537, or remove maglev");
            checker.reject(&format!("{at}.maglev.tableSize"), message, help);
        }
    }
}

fn is_prime(number: u64) -> bool {
    number >= 2 && (2..).take_while(|factor| factor * factor <= number).all(|factor| !number.is_multiple_of(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_primes() {
        assert!([2, 3, 5, 11, 65537, 4_999_999].into_iter().all(is_prime));
        assert!(![0, 1, 4, 9, 10, 65536].into_iter().any(is_prime));
    }
}
