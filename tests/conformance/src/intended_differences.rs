//! Intended differences between the local mesh and Istio. `intended.yaml` lists, for each row of the table in
//! docs/local-mesh.md, where the difference shows. A test compares the two lists.

use std::path::Path;

use anyhow::{Context, bail};
use meshwalk_faults::Glob;
use meshwalk_yaml::{self as yaml, Diagnostics};
use serde::Deserialize;

/// List of the intended differences.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntendedDifferences {
    /// Intended differences, in the order of the file.
    pub differences: Vec<Row>,
}

/// Intended difference.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Subject of the difference: the first column of the table in the documentation.
    pub what: String,
    /// Fields of observations that differ.
    #[serde(default)]
    pub behaviour: Vec<String>,
    /// Fields of Envoy's configuration that differ.
    #[serde(default)]
    pub configuration: Vec<String>,
    /// Filters that only one of the meshes has, by the field of their filter chains.
    #[serde(default)]
    pub filters: Vec<String>,
    /// Reason why the difference shows in no field, if it does not.
    #[serde(default)]
    pub unseen: Option<String>,
}

impl IntendedDifferences {
    /// Reads the list.
    ///
    /// # Errors
    /// Returns what is wrong with the list.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let documents = yaml::read(file).map_err(Diagnostics::from)?;
        let document = documents.first().with_context(|| format!("{} is empty", file.display()))?;
        let list: Self = document.deserialize().map_err(Diagnostics::from)?;
        for row in &list.differences {
            let seen = !row.behaviour.is_empty() || !row.configuration.is_empty() || !row.filters.is_empty();
            if seen == row.unseen.is_some() {
                bail!("{}: {:?} has to say where it shows, or why nowhere", file.display(), row.what);
            }
        }
        Ok(list)
    }

    /// Returns the difference that explains a field of an observation.
    #[must_use]
    pub fn of_behaviour(&self, field: &str, _sides: &[String; 2]) -> Option<&str> {
        self.explain(field, |row| &row.behaviour)
    }

    /// Returns the difference that explains a field of the configuration.
    #[must_use]
    pub fn of_configuration(&self, field: &str) -> Option<&str> {
        self.explain(field, |row| &row.configuration)
    }

    /// Returns a chain's filters without those that only one of the meshes has, and the names of the differences.
    #[must_use]
    pub fn without_filters<'a>(&'a self, field: &str, filters: &str) -> (String, Vec<&'a str>) {
        let mut left_out = Vec::new();
        let explains = |row: &Row, filter: &str| {
            row.filters
                .iter()
                .filter_map(|entry| entry.split_once(' '))
                .any(|(pattern, name)| name == filter && Glob::new(pattern).matches(field.as_bytes()))
        };
        let kept = filters.split(", ").filter(|filter| {
            let row = self.differences.iter().find(|row| explains(row, filter));
            left_out.extend(row.map(|row| row.what.as_str()));
            row.is_none()
        });
        (kept.collect::<Vec<_>>().join(", "), left_out)
    }

    fn explain(&self, field: &str, patterns: impl Fn(&Row) -> &Vec<String>) -> Option<&str> {
        let explains = |row: &&Row| patterns(row).iter().any(|pattern| Glob::new(pattern).matches(field.as_bytes()));
        self.differences.iter().find(explains).map(|row| row.what.as_str())
    }
}
