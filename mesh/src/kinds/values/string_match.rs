use serde::Deserialize;

/// Matches a string.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawMatch")]
pub enum StringMatch {
    /// Equal strings.
    Exact(String),
    /// Strings with this prefix.
    Prefix(String),
    /// Strings that this regular expression (RE2) matches as a whole.
    Regex(String),
}

impl StringMatch {
    /// True for `regex: "*"`, which is not a regular expression: Istio takes it for any value of a header that must be
    /// absent.
    pub(crate) fn is_any(&self) -> bool {
        matches!(self, Self::Regex(text) if text == "*")
    }
}

/// Matches a header or query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawMatch")]
pub enum HeaderMatch {
    /// Present with any value (raw as `{}`).
    Present,
    /// Present with a matching value.
    Value(StringMatch),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawMatch {
    exact: Option<String>,
    prefix: Option<String>,
    regex: Option<String>,
}

const ONE_OF: &str = "write exactly one of exact, prefix and regex";

impl TryFrom<RawMatch> for Option<StringMatch> {
    type Error = &'static str;

    fn try_from(raw: RawMatch) -> Result<Self, Self::Error> {
        match raw {
            RawMatch { exact: Some(text), prefix: None, regex: None } => Ok(Some(StringMatch::Exact(text))),
            RawMatch { exact: None, prefix: Some(text), regex: None } => Ok(Some(StringMatch::Prefix(text))),
            RawMatch { exact: None, prefix: None, regex: Some(text) } => Ok(Some(StringMatch::Regex(text))),
            RawMatch { exact: None, prefix: None, regex: None } => Ok(None),
            _ => Err(ONE_OF),
        }
    }
}

impl TryFrom<RawMatch> for StringMatch {
    type Error = &'static str;

    fn try_from(raw: RawMatch) -> Result<Self, Self::Error> {
        Option::try_from(raw)?.ok_or(ONE_OF)
    }
}

impl TryFrom<RawMatch> for HeaderMatch {
    type Error = &'static str;

    fn try_from(raw: RawMatch) -> Result<Self, Self::Error> {
        Ok(Option::try_from(raw)?.map_or(Self::Present, Self::Value))
    }
}
