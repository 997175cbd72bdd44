//! `meshwalk faults`: shows the active faults of each application and their counters.

use std::{
    process::ExitCode,
    time::{Duration, SystemTime},
};

use super::{platform_flags::PlatformFlags, table::table};
use crate::{
    cli::{self, WrongInput},
    platform::{
        FaultRule, Instance, InstanceSelector,
        several::{self, RulesOf},
    },
    quantity::readable,
};

/// Arguments of `meshwalk faults`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Service [default: all services].
    service: Option<String>,
    /// Print all data as JSON, for programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    platform: PlatformFlags,
}

/// Prints the active faults.
///
/// # Errors
/// Fails if the service does not exist or an application cannot be reached.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let platform = args.platform.platform()?;
    let all = args.platform.instances(&*platform).await?;
    let instances: Vec<Instance> = match &args.service {
        Some(service) => InstanceSelector { service, ..InstanceSelector::default() }.of(&all).map_err(WrongInput)?,
        None => all,
    };
    let found = several::all_rules(&*platform, &instances).await?;
    if args.json {
        cli::print(&serde_json::to_string_pretty(&found)?);
    } else {
        cli::print(&text(&found, SystemTime::now()));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(found: &[RulesOf], now: SystemTime) -> String {
    let lines: Vec<_> = found.iter().flat_map(|of| of.rules.iter().map(|rule| line(&of.instance, rule, now))).collect();
    if lines.is_empty() {
        return format!("no fault is set at any of {} instances\n", found.len());
    }
    table(&["INSTANCE", "ID", "RULE", "MODE", "MATCHED", "FIRED", "LAST FIRED", "EXPIRES", "NOTE"], &lines)
}

fn line(instance: &str, rule: &FaultRule, now: SystemTime) -> Vec<String> {
    let last = rule.last_fired_unix_ms.map(|at| {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(at);
        // The clock of a cluster's node may be ahead of the local one.
        format!("{} ago", coarse(now.duration_since(at).unwrap_or_default()))
    });
    let expires = rule.expires_in_ms.map(|left| format!("in {}", coarse(Duration::from_millis(left))));
    vec![
        instance.to_owned(),
        rule.id.clone(),
        rule.rule.clone(),
        rule.mode.clone(),
        rule.matched.to_string(),
        rule.fired.to_string(),
        last.unwrap_or_else(|| "never".to_owned()),
        expires.unwrap_or_else(|| "never".to_owned()),
        note(rule),
    ]
}

/// Returns the reason why an active rule does not have its full effect.
fn note(rule: &FaultRule) -> String {
    let begins = rule.begins_in_ms.map(|left| format!("begins in {}", coarse(Duration::from_millis(left))));
    let left = rule.times_left.map(|left| format!("{left} times left"));
    let elsewhere = (rule.here == Some(false)).then(|| "for other instances".to_owned());
    let capped = (rule.capped > 0).then(|| format!("capped {} times", rule.capped));
    let failed = rule.failed.as_ref().map(|why| format!("failed: {why}"));
    let notes: Vec<_> = [begins, left, elsewhere, capped, failed].into_iter().flatten().collect();
    notes.join("; ")
}

/// Formats a duration in whole seconds, because a list is not read more often.
fn coarse(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        "less than 1 s".to_owned()
    } else {
        readable(Duration::from_secs(duration.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_line_with_what_it_has_done() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let rule = FaultRule {
            id: "bad".to_owned(),
            rule: "error=503@30%".to_owned(),
            mode: "error".to_owned(),
            matched: 20,
            fired: 6,
            last_fired_unix_ms: Some(997_900),
            expires_in_ms: Some(41_700),
            origin: "control".to_owned(),
            capped: 3,
            times_left: Some(4),
            here: Some(true),
            ..FaultRule::default()
        };
        let unused = FaultRule { id: "r1".to_owned(), ..FaultRule::default() };
        let found = [RulesOf { instance: "backend-v1-1".to_owned(), rules: vec![rule, unused] }];
        let text = text(&found, now);
        let lines: Vec<Vec<&str>> =
            text.lines().map(|line| line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect()).collect();
        assert_eq!(
            lines[1],
            [
                "backend-v1-1",
                "bad",
                "error=503@30%",
                "error",
                "20",
                "6",
                "2 s ago",
                "in 41 s",
                "4 times left; capped 3 times"
            ]
        );
        assert_eq!(lines[2], ["backend-v1-1", "r1", "0", "0", "never", "never"]);
    }

    #[test]
    fn a_rule_that_does_not_act_says_why() {
        let rule = FaultRule { here: Some(false), failed: Some("no memory".to_owned()), ..FaultRule::default() };
        assert_eq!(note(&rule), "for other instances; failed: no memory");
        assert_eq!(note(&FaultRule { begins_in_ms: Some(2_000), ..FaultRule::default() }), "begins in 2 s");
    }

    #[test]
    fn without_a_rule_it_says_how_many_were_asked() {
        let found = ["a", "b"].map(|name| RulesOf { instance: name.to_owned(), rules: Vec::new() });
        assert_eq!(text(&found, SystemTime::now()), "no fault is set at any of 2 instances\n");
    }
}
