//! Tests that lists in the code and in the documentation are equal.

use std::collections::BTreeSet;

use meshwalk_conformance::{intended_differences::IntendedDifferences, project};

/// Returns the first cells of the table under a heading of a page.
fn first_column(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.filter_map(|row| row.split('|').nth(1)).map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn the_documentation_names_exactly_the_intended_differences() {
    let page = std::fs::read_to_string(project().join("docs/local-mesh.md")).unwrap();
    let documented = first_column(&page, "Different, on purpose");
    let list = IntendedDifferences::read(&project().join("tests/conformance/intended.yaml")).unwrap();
    let listed: BTreeSet<String> = list.differences.into_iter().map(|row| row.what).collect();
    assert_eq!(listed, documented);
}
