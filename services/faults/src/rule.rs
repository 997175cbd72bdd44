//! A rule: the parts of the grammar with their meaning.

mod run_time;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use super::{
    error::{ParseError, ValueError, suggestion},
    glob::Glob,
    keys::{KEYS, KeySpec, With},
    modes::{Life, MODES, Mode, ModeSpec},
    quantity::{Percent, Written},
    scope::Scope,
    syntax::{self, Quoted, RawRule, Word},
};

/// A rule of the fault language. Its display is its normal form, which parses to the same rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Mode with its argument.
    pub mode: Mode,
    /// Percentage of the requests in scope, or `None` for all.
    pub rate: Option<Percent>,
    /// Requests or calls that the rule is about.
    pub scope: Scope,
    /// Seed of the draws, or `None` for random ones.
    pub seed: Option<u64>,
    /// Side of the work on which a delay happens.
    pub at: When,
    /// Instances in which the rule has effect, or `None` for all.
    pub instance: Option<Glob>,
    /// Time from activation to the begin of the effect.
    pub after: Option<Duration>,
    /// Largest number of times that the rule fires.
    pub times: Option<u64>,
    /// Time from activation to expiry.
    pub ttl: Option<Duration>,
    /// Name of the rule.
    pub id: Option<String>,
}

/// Side of the work on which a delay happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum When {
    /// Before the request is handled, or the call is made.
    #[default]
    Before,
    /// After it, and before the response is sent.
    After,
}

/// Keys that are about more than one request. Inline rules cannot have them.
pub(crate) const KEYS_ABOUT_MANY: [&str; 3] = ["after", "times", "ttl"];

impl Rule {
    /// Parses every rule of a text. Blank text has none.
    ///
    /// # Errors
    /// The first invalid rule, with its location.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, ParseError> {
        syntax::parse(text)?.iter().map(|raw| Self::read(text, raw)).collect()
    }

    /// Time from activation to expiry, by `ttl` or by the mode, or `None` if the rule does not expire.
    pub fn lasts(&self) -> Option<Duration> {
        let own = match &self.mode {
            Mode::Life(Life::SlowStart(duration)) => Some(duration.0),
            _ => None,
        };
        self.ttl.into_iter().chain(own).min()
    }

    fn read(source: &str, raw: &RawRule) -> Result<Self, ParseError> {
        let spec = mode_named(source, &raw.mode, raw.argument.as_ref().map_or("", |argument| &argument.text))?;
        let mode = match (&raw.argument, spec.arguments) {
            (Some(argument), [_, ..]) => (spec.read)(&argument.text).map_err(|error| argument.error(source, error))?,
            (None, forms) if forms.is_empty() || forms.contains(&"") => {
                (spec.read)("").map_err(|error| word_error(source, &raw.mode, error))?
            }
            (None, forms) => {
                let form = forms.first().copied().unwrap_or_default();
                let message = format!("`{}` needs an argument", spec.name);
                return Err(ParseError::new(
                    source,
                    raw.mode.at.clone(),
                    message,
                    format!("write {}={form}", spec.name),
                ));
            }
            (Some(argument), []) => {
                let message = format!("`{}` takes no argument", spec.name);
                return Err(ParseError::new(source, argument.at.clone(), message, format!("write {}", spec.example)));
            }
        };
        let mut rule = Self::of(mode);
        if let Some(rate) = &raw.rate {
            let refused = |message: String, help: &str| ParseError::new(source, rate.at.clone(), message, help);
            if !spec.takes_percentage {
                return Err(refused(format!("`{}` takes no percentage", spec.name), "leave out @ and the percentage"));
            }
            if rule.mode.is_weighted() {
                let help = "each entry already has its percentage of all requests; remove @ and the percentage";
                return Err(refused("a weighted list takes no percentage".into(), help));
            }
            rule.rate = Some(Percent::parse(&rate.text).map_err(|error| rate.error(source, error))?);
        }
        let mut seen: Vec<&str> = Vec::new();
        for (word, value) in &raw.keys {
            let key = key_named(source, word, spec)?;
            if !key.repeatable && seen.contains(&key.name) {
                let message = format!("the key `{}` appears twice", key.name);
                return Err(ParseError::new(source, word.at.clone(), message, "leave one of them out"));
            }
            seen.push(key.name);
            (key.read)(&value.text, &mut rule).map_err(|error| value.error(source, error))?;
        }
        if let (Some(after), Some(ttl)) = (rule.after, rule.ttl)
            && after >= ttl
            && let Some((_, value)) = raw.keys.iter().find(|(word, _)| word.text == "after")
        {
            // `after` and `ttl` count from the same time.
            let message = format!("a rule that expires after {} cannot begin after {}", Written(ttl), Written(after));
            return Err(ParseError::new(source, value.at.clone(), message, "make `after` shorter than `ttl`"));
        }
        Ok(rule)
    }

    /// A rule without percentage and keys.
    pub fn of(mode: Mode) -> Self {
        Self {
            mode,
            rate: None,
            scope: Scope::default(),
            seed: None,
            at: When::default(),
            instance: None,
            after: None,
            times: None,
            ttl: None,
            id: None,
        }
    }

    /// First key of the rule that is about more than one request, or `None`.
    pub fn key_about_many(&self) -> Option<&'static str> {
        let given = [self.after.is_some(), self.times.is_some(), self.ttl.is_some()];
        KEYS_ABOUT_MANY.into_iter().zip(given).find(|(_, given)| *given).map(|(key, _)| key)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mode.spec().name)?;
        let argument = self.mode.to_string();
        if !argument.is_empty() {
            write!(f, "={}", Quoted(&argument))?;
        }
        if let Some(rate) = self.rate {
            write!(f, "@{rate}%")?;
        }
        if let Some(path) = &self.scope.path {
            write!(f, ";path={}", Quoted(&path.to_string()))?;
        }
        if let Some(method) = &self.scope.method {
            write!(f, ";method={}", Quoted(method.as_str()))?;
        }
        for (name, value) in &self.scope.headers {
            write!(f, ";header={}", Quoted(&format!("{name}:{value}")))?;
        }
        if let Some(upstream) = &self.scope.upstream {
            write!(f, ";upstream={}", Quoted(&upstream.to_string()))?;
        }
        if let Some(seed) = self.seed {
            write!(f, ";seed={seed}")?;
        }
        if self.at == When::After {
            f.write_str(";at=after")?;
        }
        if let Some(instance) = &self.instance {
            write!(f, ";instance={}", Quoted(&instance.to_string()))?;
        }
        if let Some(after) = self.after {
            write!(f, ";after={}", Written(after))?;
        }
        if let Some(times) = self.times {
            write!(f, ";times={times}")?;
        }
        if let Some(ttl) = self.ttl {
            write!(f, ";ttl={}", Written(ttl))?;
        }
        if let Some(id) = &self.id {
            write!(f, ";id={id}")?;
        }
        Ok(())
    }
}

/// Finds the mode of a name. Where two modes share it, the argument decides.
fn mode_named(source: &str, word: &Word, argument: &str) -> Result<&'static ModeSpec, ParseError> {
    let mut names: Vec<_> = MODES.iter().map(|spec| spec.name).collect();
    names.dedup();
    MODES.iter().copied().find(|spec| spec.name == word.text && (spec.accepts)(argument)).ok_or_else(|| {
        let help = format!("modes: {}{}", names.join(", "), suggestion(&word.text, names));
        word_error(source, word, ValueError::new(0..word.text.len(), "unknown mode", help))
    })
}

fn key_named(source: &str, word: &Word, mode: &ModeSpec) -> Result<&'static KeySpec, ParseError> {
    let allowed = || KEYS.iter().filter(|key| key.goes_with(mode)).map(|key| key.name);
    let help = |near: String| format!("keys of `{}`: {}{near}", mode.name, allowed().collect::<Vec<_>>().join(", "));
    let Some(key) = KEYS.iter().find(|key| key.name == word.text) else {
        let help = help(suggestion(&word.text, allowed()));
        return Err(word_error(source, word, ValueError::new(0..word.text.len(), "unknown key", help)));
    };
    if !key.goes_with(mode) {
        let message = match key.with {
            With::Delays => format!("`{}` causes no delay, and `{}` says when one comes", mode.name, key.name),
            With::Calls if mode.is_about_requests() => {
                let message =
                    format!("`{}` is about requests that come in, `{}` about calls that go out", mode.name, key.name);
                let calls: Vec<&str> = MODES.iter().filter(|mode| key.goes_with(mode)).map(|mode| mode.name).collect();
                let help = format!(
                    "set the rule at the upstream itself, or do one of these to the calls: {}",
                    calls.join(", ")
                );
                return Err(ParseError::new(source, word.at.clone(), message, help));
            }
            _ => format!("`{}` is about the whole process, `{}` about requests", mode.name, key.name),
        };
        return Err(ParseError::new(source, word.at.clone(), message, help(String::new())));
    }
    Ok(key)
}

fn word_error(source: &str, word: &Word, error: ValueError) -> ParseError {
    let shown: String = word.text.chars().take(40).collect();
    ParseError::new(source, word.at.clone(), format!("{} `{shown}`", error.message), error.help)
}
