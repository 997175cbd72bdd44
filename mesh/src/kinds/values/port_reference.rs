use std::fmt;

use serde::{Deserialize, Deserializer};

/// Port of a container by number or by name (Kubernetes' `IntOrString`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PortReference {
    /// Port number.
    Number(u16),
    /// Name that the container declares.
    Name(String),
}

impl fmt::Display for PortReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

struct Visitor;

impl serde::de::Visitor<'_> for Visitor {
    type Value = PortReference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port number from 1 to 65535 or the name of a container port")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<PortReference, E> {
        match u16::try_from(number) {
            Ok(number) if number > 0 => Ok(PortReference::Number(number)),
            _ => Err(E::invalid_value(serde::de::Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<PortReference, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(serde::de::Unexpected::Signed(number), &self)),
        }
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<PortReference, E> {
        if name.is_empty() {
            return Err(E::invalid_value(serde::de::Unexpected::Str(name), &self));
        }
        Ok(PortReference::Name(name.to_owned()))
    }
}

impl<'de> Deserialize<'de> for PortReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}
