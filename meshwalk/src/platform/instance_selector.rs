//! Selects instances of a service.

use std::collections::BTreeSet;

use meshwalk_faults::Glob;
use meshwalk_yaml::nearest;

use super::Instance;

/// Selector of all or some instances of a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InstanceSelector<'a> {
    /// Service, as the label `app` names it.
    pub service: &'a str,
    /// Version to match, as the label `version` names it, or `None` for all versions.
    pub version: Option<&'a str>,
    /// Pattern that names must match, in which `*` matches any text, or `None` for all names.
    pub instance: Option<&'a str>,
    /// Maximum number of instances, taken in the order of their names.
    pub count: Option<u32>,
}

impl InstanceSelector<'_> {
    /// Returns the matching instances, sorted by name; at least one.
    ///
    /// # Errors
    /// Returns a message with the available instances if none matches.
    pub fn of(&self, all: &[Instance]) -> Result<Vec<Instance>, String> {
        let mut chosen = all.to_vec();
        chosen.retain(|instance| instance.service == self.service);
        if chosen.is_empty() {
            let services = names(all.iter().map(|instance| instance.service.as_str()));
            let help = nearest(self.service, services.iter().copied())
                .map_or_else(|| there_are(&services), |service| format!("did you mean `{service}`?"));
            return Err(format!("no instance belongs to a service `{}`; {help}", self.service));
        }
        if let Some(version) = self.version {
            let before = chosen.clone();
            chosen.retain(|instance| instance.version.as_deref() == Some(version));
            if chosen.is_empty() {
                let versions = names(before.iter().filter_map(|instance| instance.version.as_deref()));
                let help = there_are(&versions);
                return Err(format!("no instance of {} is of version `{version}`; {help}", self.service));
            }
        }
        if let Some(pattern) = self.instance {
            let before = chosen.clone();
            chosen.retain(|instance| Glob::new(pattern).matches(instance.name.as_bytes()));
            if chosen.is_empty() {
                let help = there_are(&names(before.iter().map(|instance| instance.name.as_str())));
                return Err(format!("no instance of {} has a name like `{pattern}`; {help}", self.service));
            }
        }
        chosen.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(count) = self.count.and_then(|count| usize::try_from(count).ok()) {
            if chosen.len() < count {
                let there = there_are(&names(chosen.iter().map(|instance| instance.name.as_str())));
                return Err(format!("these are fewer than {count} instances; {there}"));
            }
            chosen.truncate(count);
        }
        Ok(chosen)
    }
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

fn there_are(names: &[&str]) -> String {
    match names {
        [] => "there are none".to_owned(),
        [one] => format!("there is {one}"),
        names => format!("there are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instances() -> Vec<Instance> {
        let instance = |name: &str, service: &str, version: &str| Instance {
            name: name.to_owned(),
            workload: format!("{service}-{version}"),
            service: service.to_owned(),
            version: Some(version.to_owned()),
            ready: true,
        };
        vec![
            instance("backend-v2-1", "backend", "v2"),
            instance("backend-v1-2", "backend", "v1"),
            instance("backend-v1-1", "backend", "v1"),
            instance("frontend-1", "frontend", "v1"),
        ]
    }

    fn chosen(instance_selector: InstanceSelector<'_>) -> Result<Vec<String>, String> {
        instance_selector
            .of(&instances())
            .map(|instances| instances.into_iter().map(|instance| instance.name).collect())
    }

    #[test]
    fn instances_are_chosen_by_service_version_name_and_number() {
        let all = InstanceSelector { service: "backend", ..InstanceSelector::default() };
        assert_eq!(chosen(all).unwrap(), ["backend-v1-1", "backend-v1-2", "backend-v2-1"]);
        let v1 = InstanceSelector { version: Some("v1"), ..all };
        assert_eq!(chosen(v1).unwrap(), ["backend-v1-1", "backend-v1-2"]);
        assert_eq!(chosen(InstanceSelector { count: Some(1), ..v1 }).unwrap(), ["backend-v1-1"]);
        assert_eq!(chosen(InstanceSelector { instance: Some("*-2"), ..all }).unwrap(), ["backend-v1-2"]);
    }

    #[test]
    fn where_nothing_fits_it_is_said_what_there_is() {
        let backend = InstanceSelector { service: "backend", ..InstanceSelector::default() };
        for (instance_selector, why) in [
            (
                InstanceSelector { service: "bakend", ..backend },
                "no instance belongs to a service `bakend`; did you mean `backend`?",
            ),
            (
                InstanceSelector { service: "x", ..backend },
                "no instance belongs to a service `x`; there are backend, frontend",
            ),
            (
                InstanceSelector { version: Some("v3"), ..backend },
                "no instance of backend is of version `v3`; there are v1, v2",
            ),
            (
                InstanceSelector { instance: Some("a*"), version: Some("v2"), ..backend },
                "no instance of backend has a name like `a*`; there is backend-v2-1",
            ),
            (
                InstanceSelector { count: Some(2), version: Some("v2"), ..backend },
                "these are fewer than 2 instances; there is backend-v2-1",
            ),
        ] {
            assert_eq!(chosen(instance_selector), Err(why.to_owned()));
        }
    }

    #[test]
    fn a_star_stands_for_anything_and_nothing() {
        for (pattern, name) in [("backend-v2-*", "backend-v2-1"), ("*", ""), ("a*c*e", "abcde"), ("5*", "503")] {
            assert!(Glob::new(pattern).matches(name.as_bytes()), "{pattern} {name}");
        }
        for (pattern, name) in [("backend-v2-*", "backend-v1-1"), ("a", "ab"), ("a*c", "abcd"), ("", "a")] {
            assert!(!Glob::new(pattern).matches(name.as_bytes()), "{pattern} {name}");
        }
    }
}
