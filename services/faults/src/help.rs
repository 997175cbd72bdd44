//! Tables of modes and keys, for a terminal and for the documentation, from the data that the parser reads.

use crate::{
    INJECT_HEADER,
    keys::KEYS,
    modes::{About, AdminEffect, Level, MODES, ModeSpec},
    rule::KEYS_ABOUT_MANY,
};

/// A mode, as the help describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeRow {
    /// Starts of a rule, one for each form of the argument.
    pub forms: Vec<String>,
    /// Summary of the effect.
    pub summary: &'static str,
    /// Example rules, separated by a comma and a space.
    pub example: &'static str,
    /// What the mode happens to.
    pub about: &'static str,
    /// True where the mode is allowed: in a flag, at the control port, in a request's header.
    pub levels: [bool; 3],
    /// True if a rule may have a percentage.
    pub percentage: bool,
    /// Keys that a rule may have.
    pub keys: Vec<&'static str>,
    /// Flags that cap the effect.
    pub caps: Option<&'static str>,
    /// Paths of the probes that fail. The admin port shows no other effect.
    pub fails: Vec<&'static str>,
    /// True if the mode ends the process.
    pub ends: bool,
}

/// Describes every mode, in the order of the documentation.
pub fn modes() -> Vec<ModeRow> {
    MODES.iter().map(|spec| row(spec)).collect()
}

fn row(spec: &ModeSpec) -> ModeRow {
    let form = |form: &&str| if form.is_empty() { spec.name.to_owned() } else { format!("{}={form}", spec.name) };
    ModeRow {
        forms: if spec.arguments.is_empty() {
            vec![spec.name.into()]
        } else {
            spec.arguments.iter().map(form).collect()
        },
        summary: spec.summary,
        example: spec.example,
        about: match spec.about {
            About::Requests { calls: false } => "requests",
            About::Requests { calls: true } => "requests, calls",
            About::Process(_) => "the process",
        },
        levels: [Level::Start, Level::RunTime, Level::Request].map(|level| spec.allows(level)),
        percentage: spec.takes_percentage,
        keys: KEYS.iter().filter(|key| key.goes_with(spec)).map(|key| key.name).collect(),
        caps: spec.caps,
        fails: spec.fails().iter().map(|probe| probe.path()).collect(),
        ends: spec.about == About::Process(AdminEffect::Exits),
    }
}

/// Describes the language, for a terminal.
pub fn help() -> String {
    let mut text = String::from("MODE[=ARGUMENT][@PERCENT%][;KEY=VALUE]..., several joined by | or a new line\n\n");
    for mode in modes() {
        let levels = ["at start", "at run time", "per request"].into_iter().zip(mode.levels);
        let levels: Vec<&str> = levels.filter(|(_, may)| *may).map(|(level, _)| level).collect();
        text.push_str(&format!(
            "{}\n    {}\n    about: {}; where: {}; {}\n    keys: {}\n",
            mode.forms.join("\n"),
            mode.summary,
            mode.about,
            levels.join(", "),
            if mode.percentage { "takes a percentage" } else { "no percentage" },
            mode.keys.join(", "),
        ));
        if let Some(caps) = mode.caps {
            text.push_str(&format!("    capped by: {caps}\n"));
        }
        text.push_str(&format!("    as in: {}\n\n", mode.example));
    }
    for key in KEYS {
        text.push_str(&format!("{:<10}{}\n", key.name, key.summary));
    }
    text.push_str(&format!(
        "\nPer request means the header {INJECT_HEADER}, where it is allowed; such a rule takes none of: {}.\n\
         A duration is a number and us, ms, s, m or h; an amount of bytes has B, kB, KiB, MB, MiB, GB or GiB.\n\
         A percentage is of the requests that the rule matches; without one, it is all of them.\n",
        KEYS_ABOUT_MANY.join(", "),
    ));
    text
}

/// Describes the language in Markdown tables.
pub fn markdown() -> String {
    let mut text = String::from(
        "| mode | what it does | about | as in | at start | at run time | per request | `@` | keys | capped by |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mark = |may: bool| if may { "yes" } else { "–" };
    for mode in modes() {
        let [start, run_time, request] = mode.levels.map(mark);
        text.push_str(&format!(
            "| {} | {} | {} | {} | {start} | {run_time} | {request} | {} | {} | {} |\n",
            code(mode.forms.iter().map(String::as_str)),
            mode.summary.replace('|', "\\|"),
            mode.about,
            code(mode.example.split(", ")),
            mark(mode.percentage),
            mode.keys.join(", "),
            mode.caps.unwrap_or("–"),
        ));
    }
    text.push_str("\n| key | meaning |\n|---|---|\n");
    for key in KEYS {
        text.push_str(&format!("| `{}` | {} |\n", key.name, key.summary.replace('|', "\\|")));
    }
    text
}

fn code<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{}`", word.replace('|', "\\|"))).collect::<Vec<_>>().join(", ")
}
