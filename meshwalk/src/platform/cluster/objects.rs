//! Istio's objects in a namespace, as they were found, and the way back to them.

use std::collections::BTreeMap;

use serde_json::Value;

/// The kinds that belong to a namespace's traffic and security. Workloads are not among them.
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

/// What only the server writes. With it, an object could not be put back.
const SERVERS_OWN: [&str; 6] =
    ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink"];

/// Objects by kind with group, and name.
pub(super) type Objects = BTreeMap<(String, String), Value>;

/// The objects of a listing, without what only the server writes.
pub(super) fn read(list: &Value) -> Objects {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    by_name(items.iter().map(stripped))
}

/// Objects by kind and name.
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

/// What has to be done to come from some objects to others.
#[derive(Debug, Default, PartialEq)]
pub(super) struct WayBack {
    /// Kind and name of those that came since.
    pub delete: Vec<(String, String)>,
    /// Those that went.
    pub create: Vec<Value>,
    /// Those that have changed.
    pub replace: Vec<Value>,
}

/// The way from what there is now to what there was.
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

/// Objects as kubectl reads them from its standard input.
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
