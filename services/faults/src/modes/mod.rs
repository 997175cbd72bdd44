//! Modes of the fault language, in families.
//!
//! The file of a family declares its modes with `family!`: name, forms of the argument, help, caps and parser. The
//! grammar, the levels, the help and the errors follow from it. The effect of a mode is defined in `meshwalk-kit`.

mod connection;
mod context;
mod history;
mod latency;
mod life;
mod load;
mod probe;
mod response;
mod shape;
mod shutdown;
mod spec;

use std::{fmt, sync::LazyLock};

pub use connection::Connection;
pub use context::Context;
pub use history::{FailFirst, Flap, History, Latch, Period, RateLimit};
pub use latency::{Delay, LogNormal, Normal, Quantiles, Timing};
pub use life::{Exit, Life};
pub use load::{Cores, Load};
pub use probe::Probe;
pub use response::{Response, Statuses};
pub use shape::Shaping;
pub use shutdown::Shutdown;
pub(crate) use spec::{About, AdminEffect};
pub use spec::{Level, ModeSpec};

/// Declares the families, in the order of the documentation.
macro_rules! families {
    ($($(#[$doc:meta])* $name:ident($family:ty),)*) => {
        /// A mode with its argument, by family.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Mode {
            $($(#[$doc])* $name($family),)*
        }

        $(impl From<$family> for Mode {
            fn from(mode: $family) -> Self {
                Self::$name(mode)
            }
        })*

        impl Mode {
            /// Specification of the mode.
            #[inline]
            pub fn spec(&self) -> &'static ModeSpec {
                match self {
                    $(Self::$name(mode) => mode.spec(),)*
                }
            }
        }

        /// Formats the argument as the language writes it.
        impl fmt::Display for Mode {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name(mode) => mode.fmt(f),)*
                }
            }
        }

        const FAMILIES: &[&[&ModeSpec]] = &[$(<$family>::SPECS),*];
    };
}

families! {
    /// Decides the response.
    Response(Response),
    /// Costs time.
    Timing(Timing),
    /// Gives no response, or no connection.
    Connection(Connection),
    /// Loses the context of the request.
    Context(Context),
    /// Changes how a response is sent.
    Shape(Shaping),
    /// Depends on earlier requests, or on the time.
    History(History),
    /// Fails probes or ends the process.
    Life(Life),
    /// Uses resources of the host.
    Load(Load),
    /// Changes how the process exits.
    Shutdown(Shutdown),
}

/// Every mode, in the order of the documentation.
pub static MODES: LazyLock<Vec<&ModeSpec>> = LazyLock::new(|| FAMILIES.concat());

impl Mode {
    /// True if the argument itself says how often the fault happens.
    pub(crate) fn is_weighted(&self) -> bool {
        matches!(self, Self::Response(Response::Error(Statuses::Weighted(_))))
    }
}
