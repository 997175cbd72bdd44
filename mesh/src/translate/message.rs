//! Helpers for Envoy's messages in JSON.

use serde_json::{Value, json};

/// An extension with its name and its typed configuration.
pub(crate) fn extension(name: &str, message: &str, config: Value) -> Value {
    json!({ "name": name, "typed_config": typed(message, config) })
}

/// A message with its type: a `google.protobuf.Any` in JSON.
pub(crate) fn typed(message: &str, mut config: Value) -> Value {
    if let Some(fields) = config.as_object_mut() {
        fields.insert("@type".to_owned(), json!(format!("type.googleapis.com/{message}")));
    }
    config
}

/// Address of a TCP socket.
pub(crate) fn socket_address(address: impl ToString, port: u16) -> Value {
    json!({ "socket_address": { "address": address.to_string(), "port_value": port } })
}

/// Sets a field of a message.
pub(crate) fn set(message: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(fields) = message.as_object_mut() {
        fields.insert(field.to_owned(), value.into());
    }
}
