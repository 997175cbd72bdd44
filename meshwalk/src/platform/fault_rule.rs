//! A fault rule in force, as applications tell of it.

/// A fault rule in an application, and how often it acted.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FaultRule {
    /// Its id.
    pub id: String,
    /// The rule as it was written.
    pub rule: String,
    /// Its mode, as `error`.
    pub mode: String,
    /// How many requests it was about, whether or not the draw was for it.
    #[serde(default)]
    pub matched: u64,
    /// How many requests it injected a fault into.
    pub fired: u64,
    /// When it last did, in milliseconds of Unix time.
    #[serde(default)]
    pub last_fired_unix_ms: Option<u64>,
    /// How long it stays in force, in milliseconds; nothing for ever.
    #[serde(default)]
    pub expires_in_ms: Option<u64>,
    /// Where it came from: `flag` or `control`.
    #[serde(default)]
    pub origin: String,
    /// How often a cap kept it from its full effect.
    #[serde(default)]
    pub capped: u64,
    /// Why the host did not let it have its effect, where that was so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// How long it takes until it begins, in milliseconds, where that is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins_in_ms: Option<u64>,
    /// How often it may still act, where that is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_left: Option<u64>,
    /// Whether this is one of the instances that it is about, where it names some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<bool>,
}
