//! The tables of the documentation say what the code does. `MESHWALK_UPDATE_GOLDEN=1` writes them again.

use std::{env, fs, path::Path};

use meshwalk_faults as faults;

const BEGIN: &str = "<!-- The tables up to the next mark are written by the tests of services/faults. -->\n";
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
