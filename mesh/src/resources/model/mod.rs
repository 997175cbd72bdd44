//! The kinds, as far as they are translated: every field here changes what a proxy or a process gets. What else may
//! stand in a document is judged before these types see it.

mod authorization_policy;
mod deployment;
mod destination_rule;
mod duration;
mod gateway;
mod grpc_status;
mod http_route;
mod http_traffic;
mod load_balancer;
mod namespace;
mod peer_authentication;
mod percent;
mod pod;
mod port_reference;
mod service;
mod service_account;
mod string_match;
mod traffic_policy;
mod virtual_service;

pub use authorization_policy::{
    AuthorizationAction, AuthorizationPolicy, Condition, From, Operation, Rule, Source, To, WorkloadSelector,
};
pub use deployment::{Deployment, LabelSelector, PodMetadata, PodTemplate};
pub use destination_rule::{DestinationRule, Subset};
pub use duration::{Duration, DurationError};
pub use gateway::{Gateway, Server, ServerPort};
pub use grpc_status::grpc_status;
pub use http_route::{HttpMatch, HttpRoute, RouteDestination};
pub use http_traffic::{
    Abort, Body, Delay, Destination, DirectResponse, Fault, HeaderOperations, Headers, Mirror, PortSelector, Redirect,
    RegexRewrite, Retries, Rewrite,
};
pub use load_balancer::{ConsistentHash, HttpCookie, LoadBalancer, Maglev, RingHash, SimpleLoadBalancer};
pub use namespace::Namespace;
pub use peer_authentication::{MutualTls, MutualTlsMode, PeerAuthentication};
pub use percent::Percent;
pub use pod::{Container, ContainerPort, EnvSource, EnvVar, FieldRef, HttpGet, PodSpec, ReadinessProbe};
pub use port_reference::PortReference;
pub use service::{Service, ServicePort};
pub use service_account::ServiceAccount;
pub use string_match::{HeaderMatch, StringMatch};
pub use traffic_policy::{
    ClientTls, ClientTlsMode, ConnectionPool, H2UpgradePolicy, HttpConnections, OutlierDetection, PortTrafficPolicy,
    TcpConnections, TcpKeepalive, TrafficPolicy,
};
pub use virtual_service::VirtualService;
