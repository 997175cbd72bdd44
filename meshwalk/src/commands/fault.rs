//! `meshwalk fault`: sets and removes faults on all or some instances of a service.

use std::process::ExitCode;

use meshwalk_faults::Quoted;

use super::{
    platform_flags::{PlatformFlags, shown},
    table::table,
};
use crate::{
    cli::{self, WrongInput},
    lab::fault_rules,
    platform::{
        FaultChange, Instance, InstanceSelector, Platform, PlatformError,
        several::{self, RulesOf},
    },
};

/// Arguments of `meshwalk fault`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Service, as the label `app` of its pods names it.
    service: String,
    /// Rule, such as error=503@30% (docs/faults.md); separate several by `|`.
    #[arg(required_unless_present = "clear", conflicts_with = "clear")]
    rule: Option<String>,
    /// Remove the rule with this ID, or without an ID every rule, including those set by flags.
    #[arg(long, value_name = "ID", num_args = 0..=1, conflicts_with_all = ["ttl", "id"])]
    clear: Option<Option<String>>,
    /// Duration for which the rule is active, such as 60s.
    #[arg(long, value_name = "DURATION")]
    ttl: Option<String>,
    /// Name of the rule in headers, metrics and lists.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only instances whose name matches this pattern; `*` matches any text.
    #[arg(long, value_name = "GLOB")]
    instance: Option<String>,
    /// Only instances of this version, such as v2.
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    platform: PlatformFlags,
}

/// Sets or removes faults, on all of the instances or on none.
///
/// # Errors
/// Fails if no instance matches, a rule is rejected, or an application cannot be reached. No changes remain then,
/// unless the message names them.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let change = match (&args.rule, &args.clear) {
        (Some(rule), _) => Some(rule_text(rule, args.ttl.as_deref(), args.id.as_deref())?),
        (None, _) => None,
    };
    let platform = args.platform.platform()?;
    let instance_selector = InstanceSelector {
        service: &args.service,
        version: args.version.as_deref(),
        instance: args.instance.as_deref(),
        count: None,
    };
    let instances = instance_selector.of(&args.platform.instances(&*platform).await?).map_err(WrongInput)?;
    let text = match (&change, &args.clear) {
        (Some(rules), _) => add(&*platform, &instances, rules).await?,
        (None, Some(Some(id))) => remove(&*platform, &instances, id).await?,
        (None, _) => clear(&*platform, &instances).await?,
    };
    cli::print(&text);
    if change.is_some() {
        let flags = args.platform.flags();
        cli::eprint_progress(&format!(
            "`meshwalk faults {0}{flags}` shows what they do, `meshwalk fault {0} --clear{flags}` ends them",
            args.service
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the rule as it was typed, with the keys that flags add to it.
fn rule_text(rule: &str, ttl: Option<&str>, id: Option<&str>) -> Result<String, WrongInput> {
    let rules = fault_rules::read(rule).map_err(WrongInput)?;
    let keys = [("ttl", ttl), ("id", id)];
    let keys: Vec<_> = keys.iter().filter_map(|(key, value)| value.map(|value| (*key, value))).collect();
    match (rules.as_slice(), keys.first()) {
        (_, None) => Ok(rule.trim().to_owned()),
        ([_], _) => {
            let add = |rule: String, (key, value): &(&str, &str)| format!("{rule};{key}={}", Quoted(value));
            let rule = keys.iter().fold(rule.trim().to_owned(), add);
            fault_rules::read(&rule).map_err(WrongInput)?;
            Ok(rule)
        }
        (_, Some((key, value))) => Err(WrongInput(format!(
            "--{key} applies to one rule, and there are {}; append `;{key}={value}` to one of them",
            rules.len()
        ))),
    }
}

async fn add(platform: &dyn Platform, instances: &[Instance], rules: &str) -> anyhow::Result<String> {
    let added = several::add(platform, instances, rules, &shown).await.map_err(|failed| match failed.why {
        PlatformError::Refused { .. } => WrongInput(failed.to_string()).into(),
        PlatformError::Failed { .. } => anyhow::Error::new(failed),
    })?;
    let lines: Vec<_> = added
        .iter()
        .flat_map(|of| of.rules.iter().map(|rule| vec![of.instance.clone(), rule.id.clone(), rule.rule.clone()]))
        .collect();
    Ok(table(&["INSTANCE", "ID", "RULE"], &lines))
}

async fn remove(platform: &dyn Platform, instances: &[Instance], id: &str) -> anyhow::Result<String> {
    let all = several::all_rules(platform, instances).await?;
    let has = |of: &&RulesOf| of.rules.iter().any(|rule| rule.id == id);
    if all.iter().all(|of| !has(&of)) {
        let there: std::collections::BTreeSet<_> = all.iter().flat_map(|of| &of.rules).map(|rule| &*rule.id).collect();
        let there: Vec<_> = there.into_iter().collect();
        let there =
            if there.is_empty() { "no rule is active".to_owned() } else { format!("ids: {}", there.join(", ")) };
        let names: Vec<_> = all.iter().map(|of| of.instance.as_str()).collect();
        return Err(WrongInput(format!("no rule has the id `{id}` at {}; {there}", names.join(", "))).into());
    }
    let mut lines = Vec::new();
    for of in all.iter().filter(has) {
        several::change(platform, &of.instance, FaultChange::Remove(id), &shown).await?;
        lines.push(vec![of.instance.clone(), id.to_owned()]);
    }
    Ok(table(&["INSTANCE", "REMOVED"], &lines))
}

async fn clear(platform: &dyn Platform, instances: &[Instance]) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for of in several::all_rules(platform, instances).await? {
        let ids: Vec<_> = of.rules.iter().map(|rule| rule.id.as_str()).collect();
        if !ids.is_empty() {
            several::change(platform, &of.instance, FaultChange::Clear, &shown).await?;
            lines.push(vec![of.instance.clone(), ids.join(", ")]);
        }
    }
    if lines.is_empty() { Ok("no rule was active\n".to_owned()) } else { Ok(table(&["INSTANCE", "REMOVED"], &lines)) }
}

#[cfg(test)]
mod tests {
    use super::rule_text;

    #[test]
    fn the_flags_become_keys_of_the_one_rule() {
        assert_eq!(rule_text("error=503@30%", Some("60s"), Some("bad")).unwrap(), "error=503@30%;ttl=60s;id=bad");
        assert_eq!(rule_text(" error=503 | latency=1s\n", None, None).unwrap(), "error=503 | latency=1s");
        let error = rule_text("error=503 | latency=1s", None, Some("bad")).unwrap_err().to_string();
        assert_eq!(error, "--id applies to one rule, and there are 2; append `;id=bad` to one of them");
    }

    #[test]
    fn a_wrong_flag_is_told_as_the_key_that_it_becomes() {
        for (ttl, id, why) in [
            (Some("60"), None, "the duration `60` has no unit (line 1, column 15)"),
            (None, Some("a;path=/x"), "this cannot be an id (line 1, column 16)"),
            (None, Some("a|unready"), "this cannot be an id"),
        ] {
            let error = rule_text("error=503", ttl, id).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let twice = rule_text("error=503;ttl=5s", Some("60s"), None).unwrap_err().to_string();
        assert!(twice.contains("the key `ttl` appears twice"), "{twice}");
    }
}
