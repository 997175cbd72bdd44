//! Specification of a mode, and the macro that declares a family of modes.

use super::{Mode, Probe};
use crate::error::ValueError;

/// What the language knows about a mode.
#[derive(Debug)]
pub struct ModeSpec {
    /// Name of the mode. Two modes of one family may share it.
    pub name: &'static str,
    /// Forms of the argument. An empty form stands for no argument.
    pub(crate) arguments: &'static [&'static str],
    pub(crate) summary: &'static str,
    /// Example rules, separated by a comma and a space.
    pub example: &'static str,
    pub(crate) about: About,
    /// Places where a rule of this mode is allowed.
    pub(crate) levels: &'static [Level],
    /// True if a rule may have a percentage.
    pub(crate) takes_percentage: bool,
    pub(crate) causes_delays: bool,
    /// Flags that cap the effect, as the help names them.
    pub(crate) caps: Option<&'static str>,
    /// True if the argument belongs to this mode and not to the next one of the same name.
    pub(crate) accepts: fn(&str) -> bool,
    /// Parses the argument. [`family!`] sets it.
    pub(crate) read: fn(&str) -> Result<Mode, ValueError>,
}

/// What a mode happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Requests: a rule may have a percentage, a scope and a seed.
    Requests {
        /// True if the key `upstream` applies the mode to calls.
        calls: bool,
    },
    /// The process as a whole.
    Process(AdminEffect),
}

/// Effect of a process mode on the responses of the admin port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AdminEffect {
    /// None.
    None,
    /// These probes fail.
    FailsProbes(&'static [Probe]),
    /// The process exits, so the port closes.
    Exits,
}

/// Place where a rule is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A flag or a variable.
    Start,
    /// The control port.
    RunTime,
    /// The header of a request.
    Request,
}

impl ModeSpec {
    /// Defaults of a mode of requests, allowed everywhere.
    pub(super) const REQUESTS: Self = Self {
        name: "",
        arguments: &[],
        summary: "",
        example: "",
        about: About::Requests { calls: false },
        levels: &[Level::Start, Level::RunTime, Level::Request],
        takes_percentage: true,
        causes_delays: false,
        caps: None,
        accepts: |_| true,
        read: |text| Err(ValueError::new(0..text.len(), "this mode has no parser", "declare it with `family!`")),
    };

    /// Defaults of a mode of requests and of calls.
    pub(super) const CALLS: Self = Self { about: About::Requests { calls: true }, ..Self::REQUESTS };

    /// Defaults of a mode that spans requests. No request may set it, because it would affect other clients.
    pub(super) const SHARED: Self = Self { levels: &[Level::Start, Level::RunTime], ..Self::REQUESTS };

    /// Defaults of a mode of the process.
    pub(super) const PROCESS: Self =
        Self { about: About::Process(AdminEffect::None), takes_percentage: false, ..Self::SHARED };

    /// True for a mode of requests, false for a mode of the process.
    #[inline]
    pub fn is_about_requests(&self) -> bool {
        matches!(self.about, About::Requests { .. })
    }

    /// Probes that fail while a rule of this mode is active.
    pub fn fails(&self) -> &'static [Probe] {
        match self.about {
            About::Process(AdminEffect::FailsProbes(probes)) => probes,
            _ => &[],
        }
    }

    /// True if a rule of this mode is allowed at the level.
    pub fn allows(&self, level: Level) -> bool {
        self.levels.contains(&level)
    }
}

/// Declares a family: an enum whose variants are modes, each with its argument, the parser of that and its [`ModeSpec`].
macro_rules! family {
    (
        $(#[$doc:meta])*
        $family:ident {
            $(
                $(#[$mode_doc:meta])*
                $mode:ident $(($argument:ident: $type:ty = $parse:path))? = $spec:expr;
            )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $family {
            $($(#[$mode_doc])* $mode $(($type))?,)*
        }

        /// Specifications, by the names of the variants.
        struct Specs;

        #[allow(non_upper_case_globals)]
        impl Specs {
            $(const $mode: $crate::modes::ModeSpec = $crate::modes::ModeSpec {
                read: |_argument| Ok($family::$mode $(($parse(_argument)?))?.into()),
                ..$spec
            };)*
        }

        impl $family {
            /// Specifications of all modes of the family.
            pub(super) const SPECS: &'static [&'static $crate::modes::ModeSpec] = &[$(&Specs::$mode),*];

            /// Specification of the mode.
            #[inline]
            pub(super) fn spec(&self) -> &'static $crate::modes::ModeSpec {
                match self {
                    $(Self::$mode { .. } => &Specs::$mode,)*
                }
            }
        }

        /// Formats the argument as the language writes it.
        impl std::fmt::Display for $family {
            fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$mode $(($argument))? => {
                        $(std::fmt::Display::fmt($argument, _f)?;)?
                        Ok(())
                    })*
                }
            }
        }
    };
}

pub(super) use family;
