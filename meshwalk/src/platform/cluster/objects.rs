//! Istio's objects in a namespace, and the changes that restore them.

use std::collections::BTreeMap;

use serde_json::Value;

/// Kinds of objects for the traffic and security of a namespace, without workloads.
pub(super) const KINDS: [&str; 9] = [
    "virtualservices.networking.istio.io",
    "destinationrules.networking.istio.io",
    "gateways.networking.istio.io",
    "serviceentries.networking.istio.io",
    "sidecars.networking.istio.io",
    "envoyfilters.networking.istio.io",
    "peerauthentications.security.istio.io",
    "authorizationpolicies.security.istio.io",
    "requestauthentications.security.istio.io",
];

/// Fields that only the server writes. An object with them cannot be restored.
const SERVERS_OWN: [&str; 6] =
    ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink"];

/// Identifies an object by kind with group, and name.
pub(super) type Objects = BTreeMap<(String, String), Value>;

/// Returns the objects of a listing without the fields that only the server writes.
pub(super) fn read(list: &Value) -> Objects {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    by_name(items.iter().map(stripped))
}

/// Indexes objects by kind and name.
pub(super) fn by_name(objects: impl Iterator<Item = Value>) -> Objects {
    objects.filter_map(|object| Some((key(&object)?, object))).collect()
}

fn key(object: &Value) -> Option<(String, String)> {
    let group = object["apiVersion"].as_str()?.split('/').next()?;
    let kind = object["kind"].as_str()?;
    Some((format!("{}.{group}", kind.to_lowercase()), object["metadata"]["name"].as_str()?.to_owned()))
}

fn stripped(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        SERVERS_OWN.iter().for_each(|field| drop(metadata.remove(*field)));
    }
    object
}

/// Changes that turn a set of objects into another one.
#[derive(Debug, Default, PartialEq)]
pub(super) struct WayBack {
    /// Kinds and names of objects to delete.
    pub delete: Vec<(String, String)>,
    /// Objects to create.
    pub create: Vec<Value>,
    /// Objects to replace.
    pub replace: Vec<Value>,
}

/// Computes the changes from the current objects to the earlier ones.
pub(super) fn way_back(now: &Objects, then: &Objects) -> WayBack {
    let mut way = WayBack::default();
    way.delete.extend(now.keys().filter(|key| !then.contains_key(*key)).cloned());
    for (key, object) in then {
        match now.get(key) {
            None => way.create.push(object.clone()),
            Some(present) if present != object => way.replace.push(object.clone()),
            Some(_) => {}
        }
    }
    way
}

/// Formats objects as kubectl reads them from standard input.
pub(super) fn list(items: &[Value]) -> String {
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn route(name: &str, weight: u32, version: &str) -> Value {
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
            "metadata": {"name": name, "resourceVersion": version, "generation": 3, "annotations": {"a": "b"}},
            "spec": {"weight": weight}, "status": {},
        })
    }

    #[test]
    fn what_came_goes_what_went_comes_back_and_what_changed_is_replaced() {
        let then = read(&json!({"items": [route("same", 1, "1"), route("changed", 1, "2"), route("gone", 1, "3")]}));
        let now = read(&json!({"items": [route("same", 1, "9"), route("changed", 2, "8"), route("new", 1, "7")]}));
        let way = way_back(&now, &then);
        assert_eq!(way.delete, [("virtualservice.networking.istio.io".to_owned(), "new".to_owned())]);
        let names = |objects: &[Value]| objects.iter().map(|o| o["metadata"]["name"].clone()).collect::<Vec<_>>();
        assert_eq!((names(&way.create), names(&way.replace)), (vec![json!("gone")], vec![json!("changed")]));
        assert_eq!(way.create[0]["metadata"], json!({"name": "gone", "annotations": {"a": "b"}}));
        assert_eq!(way_back(&then, &then), WayBack::default());
    }
}
