//! The language for a terminal, made from the tables, so that it cannot lag behind the code.

use super::{About, Level, MODES, ModeSpec};
use crate::faults::keys::KEYS;

/// The modes, keys and levels, for a terminal.
pub fn help() -> String {
    let mut text = String::from("MODE[=ARGUMENT][@PERCENT%][;KEY=VALUE]..., several joined by | or a new line\n\n");
    for spec in MODES {
        let forms = match spec.arguments {
            [] => spec.name.to_owned(),
            forms => forms.iter().map(|form| format!("{}={form}", spec.name)).collect::<Vec<_>>().join("\n"),
        };
        let keys: Vec<&str> = KEYS.iter().filter(|key| key.goes_with(spec)).map(|key| key.name).collect();
        text.push_str(&format!(
            "{forms}\n    {}\n    about: {}; where: {}; {}; keys: {}\n    as in: {}\n\n",
            spec.summary,
            about(spec),
            levels(spec),
            if spec.takes_percentage() { "takes a percentage" } else { "no percentage" },
            keys.join(", "),
            spec.example
        ));
    }
    for key in KEYS {
        text.push_str(&format!("{:<10}{}\n", key.name, key.summary));
    }
    text
}

fn about(spec: &ModeSpec) -> &'static str {
    match spec.about {
        About::Requests { calls: false } => "requests",
        About::Requests { calls: true } => "requests and calls",
        About::Process => "the process",
    }
}

fn levels(spec: &ModeSpec) -> String {
    let names = spec.levels.iter().map(|level| match level {
        Level::Start => "at start",
        Level::RunTime => "at run time",
        Level::Request => "per request",
    });
    names.collect::<Vec<_>>().join(", ")
}
