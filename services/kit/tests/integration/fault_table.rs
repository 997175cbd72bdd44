//! The tables of the documentation say what the code does. `MESHWALK_UPDATE_GOLDEN=1` writes them anew.

use std::{env, fs, path::Path};

use meshwalk_kit::faults::{self, Rule};

const BEGIN: &str = "<!-- The tables up to the next mark are written by the tests of services/kit. -->\n";
const END: &str = "<!-- End of the written tables. -->\n";

#[test]
fn the_documented_tables_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the first mark is there");
    let (written, after) = rest.split_once(END).expect("the last mark is there");
    let right = format!("\n{}\n", faults::markdown());
    if env::var_os("MESHWALK_UPDATE_GOLDEN").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{right}{END}{after}")).unwrap();
        return;
    }
    let line = written.lines().zip(right.lines()).find(|(written, right)| written != right);
    assert!(written == right, "docs/faults.md is behind the code; MESHWALK_UPDATE_GOLDEN=1 writes it anew\n{line:#?}");
}

#[test]
fn the_help_shows_every_mode_with_all_of_its_forms() {
    let help = faults::help();
    for mode in faults::modes() {
        for form in &mode.forms {
            assert!(help.lines().any(|line| line == form), "{form} is not in: {help}");
        }
    }
}

/// `meshwalk lint` knows the shape of a rule and the modes' names only: what they take is known here.
#[test]
fn every_fault_of_the_labs_is_one_that_the_services_understand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../labs");
    let mut read = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        for (_, rest) in text.match_indices("rules: ").map(|(at, key)| text.split_at(at + key.len())) {
            let rules = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            let (rules, _) = rules.unwrap_or_else(|| panic!("{}: rules that stand in no quotes", file.display()));
            let parsed = Rule::parse_all(rules).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert!(!parsed.is_empty(), "{}: {rules}", file.display());
            read += 1;
        }
    }
    assert!(read > 0);
}
