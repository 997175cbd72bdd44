//! What becomes of every field of the kinds that the local mesh understands.
//!
//! Each kind has a table in a file of its own. It classifies every field of the kind's published schema, and the
//! tests go through the schemas to find out that it does.

mod authorization_policy;
mod deployment;
mod destination_rule;
mod gateway;
mod metadata;
mod namespace;
mod peer_authentication;
pub mod schema;
mod service;
mod service_account;
pub mod table;
mod virtual_service;
mod walk;

use std::{collections::BTreeMap, sync::LazyLock};

use super::Kind;
pub use table::{Effect, Table};
pub(crate) use walk::walk;

/// The table of a kind.
pub fn table(kind: Kind) -> &'static Table {
    static TABLES: LazyLock<BTreeMap<Kind, Table>> =
        LazyLock::new(|| Kind::ALL.into_iter().map(|kind| (kind, make(kind))).collect());
    &TABLES[&kind]
}

fn make(kind: Kind) -> Table {
    let (schema, groups) = match kind {
        Kind::Namespace => (include_str!("../../../schemas/Namespace.fields"), namespace::GROUPS),
        Kind::ServiceAccount => (include_str!("../../../schemas/ServiceAccount.fields"), service_account::GROUPS),
        Kind::Service => (include_str!("../../../schemas/Service.fields"), service::GROUPS),
        Kind::Deployment => (include_str!("../../../schemas/Deployment.fields"), deployment::GROUPS),
        Kind::Gateway => (include_str!("../../../schemas/Gateway.fields"), gateway::GROUPS),
        Kind::VirtualService => (include_str!("../../../schemas/VirtualService.fields"), virtual_service::GROUPS),
        Kind::DestinationRule => (include_str!("../../../schemas/DestinationRule.fields"), destination_rule::GROUPS),
        Kind::PeerAuthentication => {
            (include_str!("../../../schemas/PeerAuthentication.fields"), peer_authentication::GROUPS)
        }
        Kind::AuthorizationPolicy => {
            (include_str!("../../../schemas/AuthorizationPolicy.fields"), authorization_policy::GROUPS)
        }
    };
    Table::new(schema, groups)
}
