//! Fields that every kind has.

use super::table::{
    Effect::{Rejected, Translated, WithoutEffect},
    Group, Rule,
};

const BY_CLUSTER: &str = "a cluster writes it when it stores the resource";
const BY_DELETION: &str = "it controls deletion in a cluster; the local mesh removes a deleted resource at once";

/// Rules for `apiVersion`, `kind` and `metadata`.
pub(crate) const METADATA: &[Group] = &[Group {
    under: &[""],
    rules: &[
        Rule("{apiVersion,kind}", Translated),
        Rule("metadata.{name,namespace}", Translated),
        Rule("metadata.{labels,annotations}{}", Translated),
        Rule("metadata.generateName", Rejected("write a name; a generated name cannot be applied twice")),
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

/// Rule for `status`, of the kinds that have one.
pub(crate) const STATUS: &[Group] = &[Group { under: &[""], rules: &[Rule("status", WithoutEffect(BY_CLUSTER))] }];
