//! What every kind has.

use super::table::{
    Effect::{Refused, Translated, WithoutEffect},
    Group, Rule,
};

const BY_CLUSTER: &str = "a cluster writes it when it stores the resource";
const BY_DELETION: &str = "it tells a cluster what to do on deletion; here a deleted resource is gone at once";

/// `apiVersion`, `kind`, `metadata` and `status`.
pub(crate) const METADATA: &[Group] = &[Group {
    under: &[""],
    rules: &[
        Rule("{apiVersion,kind}", Translated),
        Rule("metadata.{name,namespace}", Translated),
        Rule("metadata.{labels,annotations}{}", Translated),
        Rule("metadata.generateName", Refused("write a name, so that the resource can be applied twice")),
        Rule(
            "metadata.{creationTimestamp,generation,managedFields,resourceVersion,selfLink,uid}",
            WithoutEffect(BY_CLUSTER),
        ),
        Rule(
            "metadata.{deletionGracePeriodSeconds,deletionTimestamp,finalizers,ownerReferences}",
            WithoutEffect(BY_DELETION),
        ),
    ],
}];

/// `status`, of the kinds that have one.
pub(crate) const STATUS: &[Group] = &[Group { under: &[""], rules: &[Rule("status", WithoutEffect(BY_CLUSTER))] }];
