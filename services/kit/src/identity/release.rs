//! The two releases, and how they differ for all to see.

use std::fmt;

use clap::ValueEnum;

/// Which release a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Release {
    /// The release in general use.
    V1,
    /// The release that is to replace it.
    V2,
}

impl Release {
    /// As in the label `version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    /// The colour in which a page shows answers of this release. Colour-blind people can tell the two apart.
    pub fn color(self) -> &'static str {
        match self {
            Self::V1 => "#2a78d6",
            Self::V2 => "#eb6834",
        }
    }

    /// What the service says.
    pub fn message(self, service: &str) -> String {
        match self {
            Self::V1 => format!("Hello from {service} v1"),
            Self::V2 => format!("Hello from {service} v2, the new release"),
        }
    }

    /// The field that only v2 has.
    pub fn feature(self) -> Option<&'static str> {
        match self {
            Self::V1 => None,
            Self::V2 => Some("answers of v2 carry this field; those of v1 do not"),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
