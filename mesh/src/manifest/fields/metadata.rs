//! Fields that every kind has.

use super::table::{
    Effect::{Rejected, Translated, WithoutEffect},
    FieldRule, Group,
};

const BY_CLUSTER: &str = "a cluster writes it when it stores the resource";
const BY_DELETION: &str = "it controls deletion in a cluster; the local mesh removes a deleted resource at once";

/// Rules for `apiVersion`, `kind` and `metadata`.
pub(crate) const METADATA: &[Group] = &[Group {
    under: &[""],
    rules: &[
        FieldRule("{apiVersion,kind}", Translated),
        FieldRule("metadata.{name,namespace}", Translated),
        FieldRule("metadata.{labels,annotations}{}", Translated),
        FieldRule("metadata.generateName", Rejected("write a name; a generated name cannot be applied twice")),
        FieldRule(
            "metadata.{creationTimestamp,generation,managedFields,resourceVersion,selfLink,uid}",
            WithoutEffect(BY_CLUSTER),
        ),
        FieldRule(
            "metadata.{deletionGracePeriodSeconds,deletionTimestamp,finalizers,ownerReferences}",
            WithoutEffect(BY_DELETION),
        ),
    ],
}];

/// Rule for `status`, of the kinds that have one.
pub(crate) const STATUS: &[Group] = &[Group { under: &[""], rules: &[FieldRule("status", WithoutEffect(BY_CLUSTER))] }];
