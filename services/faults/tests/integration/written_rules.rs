//! Every rule that the project writes somewhere is one of the language.

use std::{
    fs,
    path::{Path, PathBuf},
};

use meshwalk_faults::Rule;

/// Text before a rule, and the character that ends the rule there.
const BEFORE: [(&str, char); 8] = [
    ("rules: \"", '"'),
    ("set_fault '", '\''),
    ("/faults --data-binary '", '\''),
    ("/faults\" --data-binary '", '\''),
    ("/faults -X PUT --data-binary '", '\''),
    ("-H 'x-meshwalk-inject: ", '\''),
    ("meshwalk fault backend ", ' '),
    ("--fault ", ' '),
];

/// The rules of a text, as they are written.
fn rules(text: &str) -> Vec<&str> {
    let mut rules = Vec::new();
    for (before, end) in BEFORE {
        for (at, _) in text.match_indices(before) {
            let rest = &text[at + before.len()..];
            rules.push(&rest[..rest.find([end, '\n']).unwrap_or(rest.len())]);
        }
    }
    // Not the documentation's placeholders, a variable, or a flag in a rule's place.
    rules.retain(|rule| rule.starts_with(|first: char| first.is_ascii_lowercase()));
    rules
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.to_string_lossy().ends_with(ending)).collect()
}

#[test]
fn every_rule_of_the_labs_the_documentation_and_the_scripts_is_one_of_the_language() {
    for (folder, ending, least) in [("labs", ".yaml", 10), ("docs", ".md", 5), ("scripts", ".sh", 3)] {
        let mut read = 0;
        for file in files(folder, ending) {
            let text = fs::read_to_string(&file).unwrap();
            for rule in rules(&text) {
                let parsed =
                    Rule::parse_for_run_time(rule).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                assert!(!parsed.is_empty(), "{}: no rule in {rule:?}", file.display());
                read += 1;
            }
        }
        // The texts that the rules stand behind may change; then this has to know the new ones.
        assert!(read >= least, "only {read} rules were found in {folder}");
    }
}
