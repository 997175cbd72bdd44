use serde::Deserialize;

/// How a text must look.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum StringMatch {
    /// Exactly so.
    Exact(String),
    /// Beginning so.
    Prefix(String),
    /// The whole of it matched by this regular expression (RE2).
    Regex(String),
}

/// How a header or query parameter must look.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum HeaderMatch {
    /// It is there, with whatever value (written as `{}`).
    Present,
    /// Its value looks so.
    Value(StringMatch),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    exact: Option<String>,
    prefix: Option<String>,
    regex: Option<String>,
}

const ONE_OF: &str = "a match is exactly one of exact, prefix and regex";

impl TryFrom<Written> for Option<StringMatch> {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written { exact: Some(text), prefix: None, regex: None } => Ok(Some(StringMatch::Exact(text))),
            Written { exact: None, prefix: Some(text), regex: None } => Ok(Some(StringMatch::Prefix(text))),
            Written { exact: None, prefix: None, regex: Some(text) } => Ok(Some(StringMatch::Regex(text))),
            Written { exact: None, prefix: None, regex: None } => Ok(None),
            _ => Err(ONE_OF),
        }
    }
}

impl TryFrom<Written> for StringMatch {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Option::try_from(written)?.ok_or(ONE_OF)
    }
}

impl TryFrom<Written> for HeaderMatch {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Ok(Option::try_from(written)?.map_or(Self::Present, Self::Value))
    }
}
