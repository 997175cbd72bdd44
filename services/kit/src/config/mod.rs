//! Configuration at the start: flags, environment variables and their checks.
//!
//! Every flag has an environment variable, `MESHWALK_` and the flag's name; the flag wins. A list is separated by
//! newlines in its variable, and a variable that is empty counts as not set. [`Config::from_command_line`] is the only place that reads either.

mod connect;
mod drain;
mod duration;
mod fault_caps;
mod forward;
mod help_faults;
mod host;
mod limits;
mod lines;
mod number;
mod pod;
mod ports;
mod upstream;
mod wrong_value;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, error::ErrorKind};

use crate::{
    faults::{self, Origin, Registry, Trust, TrustedPeer},
    identity::Identity,
};

pub use crate::{
    identity::Release,
    net::Address,
    telemetry::{Log, LogFormat},
};
pub use connect::{ConnectRule, Connects};
pub use drain::Drain;
pub use fault_caps::FaultCaps;
pub use forward::ForwardHeader;
pub use limits::Limits;
pub use lines::Lines;
pub use pod::Pod;
pub use ports::Ports;
pub(crate) use upstream::HELLO_PATH;
pub use upstream::{OnUpstreamError, Upstream, Upstreams};
pub use wrong_value::WrongValue;

/// Closes the help.
const EXIT_CODES: &str = "\
Exit codes: 0 after an orderly end on SIGTERM, SIGINT, SIGHUP or SIGQUIT; 1 if the start fails, if requests in flight \
are cut at the deadline, or at a second signal, which ends the process at once; 64 for a wrong value; 70, or the code \
of the rule, by the fault crash.";

/// The configuration of a service.
#[derive(Debug, Clone, Parser)]
pub struct Config {
    /// Which release of the service this is; it decides colour, message and fields of the answers.
    #[arg(long, env = "MESHWALK_RELEASE", value_enum, default_value = "v1")]
    pub release: Release,

    /// Name of the service, if one image is used for several services of a chain.
    /// Without it, or if it is empty, the program's.
    #[arg(long, env = "MESHWALK_SERVICE", value_name = "NAME")]
    pub service: Option<String>,

    /// Ports and sockets.
    #[command(flatten)]
    pub ports: Ports,

    /// The services to call.
    #[command(flatten)]
    pub upstreams: Upstreams,

    /// Trust x-forwarded-client-cert. Only behind a sidecar that sets it.
    #[arg(long, env = "MESHWALK_TRUST_XFCC", value_name = "BOOL", help_heading = "Identity", num_args = 0..=1, default_value = "false",
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set)]
    pub trust_xfcc: bool,

    /// A fault to inject, such as `error=503@30%` or `latency=200ms;path=/api/*` (repeatable).
    #[arg(long, env = "MESHWALK_FAULT", value_name = "RULE", help_heading = "Faults")]
    pub fault: Vec<Lines<String>>,

    /// Let a request ask for faults of its own by the header x-meshwalk-inject.
    #[arg(long, env = "MESHWALK_ALLOW_INJECT", value_name = "BOOL", help_heading = "Faults", num_args = 0..=1, default_value = "false",
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set)]
    pub allow_inject: bool,

    /// Let only requests of these callers ask for faults of their own: a pattern for the identity in
    /// x-forwarded-client-cert, such as `spiffe://cluster.local/ns/tests/*` (repeatable).
    #[arg(long, env = "MESHWALK_INJECT_TRUSTED_PEER", value_name = "IDENTITY", help_heading = "Faults")]
    pub inject_trusted_peer: Vec<Lines<TrustedPeer>>,

    /// What faults may take of the host.
    #[command(flatten)]
    pub fault_caps: FaultCaps,

    /// Pod and node of the process.
    #[command(flatten)]
    pub pod: Pod,

    /// What a client may demand.
    #[command(flatten)]
    pub limits: Limits,

    /// How the process ends.
    #[command(flatten)]
    pub drain: Drain,

    /// The log's form and detail.
    #[command(flatten)]
    pub log: Log,
}

impl Config {
    /// Reads the command line and the environment, and checks the values against each other.
    ///
    /// # Errors
    /// A wrong value, with the flag, its variable if that has it, the value and what would be right. `--help`, `--help-faults` and `--version` come as
    /// errors too, as clap has it; [`clap::Error::use_stderr`] tells them apart.
    pub fn from_command_line<I, T>(name: &'static str, about: &'static str, arguments: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        let mut command = Self::command()
            .name(name)
            .about(about)
            .version(env!("CARGO_PKG_VERSION"))
            // A negative number is a wrong value of its flag, and no flag of its own.
            .mut_args(|argument| argument.allow_negative_numbers(true))
            .arg(help_faults::flag())
            .after_help(EXIT_CODES);
        // Only then do its arguments know how they are shown.
        command.build();
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let matches = match wrong_value::without_empty_variables(command.clone()).try_get_matches_from(&arguments) {
            Ok(matches) => matches,
            // The help shows all variables.
            Err(error) if error.kind() == ErrorKind::DisplayHelp => command.try_get_matches_from_mut(&arguments)?,
            Err(error) => return Err(wrong_value::with_variable(error, &mut command, &arguments)),
        };
        let config = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        config.check().map_err(|wrong| wrong.told(&mut command, &arguments))?;
        Ok(config)
    }

    /// Identity of the process, of the program of this name.
    pub fn identity(&self, program: &str) -> Identity {
        let given = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
        let service = given(&self.service).unwrap_or_else(|| program.to_owned());
        let instance = given(&self.pod.pod_name).unwrap_or_else(|| format!("{service}-{}", std::process::id()));
        Identity { service, release: self.release, instance, namespace: given(&self.pod.pod_namespace) }
    }

    /// The fault rules of the flags, in the process of this name.
    ///
    /// # Errors
    /// A rule that is wrong.
    pub fn registry(&self, instance: &str) -> Result<Registry, WrongValue> {
        let peers = Lines::flat(&self.inject_trusted_peer).cloned().collect();
        let registry = Registry::new(faults::FaultSettings {
            trust: Trust { allow_inject: self.allow_inject, peers },
            upstreams: self.upstreams.list().map(|upstream| upstream.name.clone()).collect(),
            instance: instance.to_owned(),
            limits: (&self.fault_caps).into(),
        });
        for rule in Lines::flat(&self.fault) {
            if let Err(error) = registry.add(rule, Origin::Flag) {
                return Err(WrongValue::new("fault", rule, error));
            }
        }
        Ok(registry)
    }

    /// Rejects `--inject-trusted-peer` without `--allow-inject` and `--trust-xfcc`, because it would have no effect.
    fn check_trust(&self) -> Result<(), WrongValue> {
        let Some((_, peer)) = Lines::with_text(&self.inject_trusted_peer).next() else { return Ok(()) };
        let missing = [(self.allow_inject, "--allow-inject"), (self.trust_xfcc, "--trust-xfcc")];
        match missing.iter().find(|(given, _)| !given) {
            None => Ok(()),
            Some((_, flag)) => {
                let why = format!("it has no effect without {flag}; give both or neither");
                Err(WrongValue::new("inject-trusted-peer", peer, why))
            }
        }
    }

    fn check(&self) -> Result<(), WrongValue> {
        self.pod.check_version(self.release)?;
        self.upstreams.check()?;
        self.ports.check_control()?;
        self.ports.control_token()?;
        self.check_trust()?;
        self.registry("").map(drop)
    }
}

#[cfg(test)]
mod tests;
