//! Load balancing of clusters.

use serde_json::{Value, json};

use super::message::set;
use crate::kinds::{ConsistentHash, LoadBalancer, SimpleLoadBalancer};

/// Applies a load balancer to a cluster. Istio's default is the endpoint with fewer active requests.
pub(crate) fn apply(cluster: &mut Value, balancer: Option<&LoadBalancer>) {
    set(cluster, "common_lb_config", json!({ "healthy_panic_threshold": { "value": 0.0 } }));
    if let Some(hash) = balancer.and_then(|balancer| balancer.consistent_hash.as_ref()) {
        return apply_hash(cluster, hash);
    }
    let simple = balancer.and_then(|balancer| balancer.simple).unwrap_or_default();
    let policy = match simple {
        SimpleLoadBalancer::Unspecified | SimpleLoadBalancer::LeastRequest | SimpleLoadBalancer::LeastConn => {
            "LEAST_REQUEST"
        }
        SimpleLoadBalancer::Random => "RANDOM",
        SimpleLoadBalancer::RoundRobin => "ROUND_ROBIN",
    };
    set(cluster, "lb_policy", policy);
}

fn apply_hash(cluster: &mut Value, hash: &ConsistentHash) {
    if let Some(maglev) = &hash.maglev {
        set(cluster, "lb_policy", "MAGLEV");
        if let Some(size) = maglev.table_size {
            set(cluster, "maglev_lb_config", json!({ "table_size": size }));
        }
        return;
    }
    set(cluster, "lb_policy", "RING_HASH");
    let size = hash.ring_hash.as_ref().and_then(|ring| ring.minimum_ring_size).unwrap_or(1024);
    set(cluster, "ring_hash_lb_config", json!({ "minimum_ring_size": size }));
}

/// Hash policy of a route to a destination with consistent hashing.
pub(crate) fn hash_policy(hash: &ConsistentHash) -> Option<Value> {
    if let Some(header) = &hash.http_header_name {
        return Some(json!({ "header": { "header_name": header } }));
    }
    if let Some(cookie) = &hash.http_cookie {
        let mut policy = json!({ "name": cookie.name });
        if let Some(path) = &cookie.path {
            set(&mut policy, "path", path.as_str());
        }
        if let Some(ttl) = cookie.ttl {
            set(&mut policy, "ttl", ttl.to_string());
        }
        return Some(json!({ "cookie": policy }));
    }
    if let Some(parameter) = &hash.http_query_parameter_name {
        return Some(json!({ "query_parameter": { "name": parameter } }));
    }
    hash.use_source_ip.map(|source_ip| json!({ "connection_properties": { "source_ip": source_ip } }))
}
