//! Formats a comparison as a table for the terminal.

use super::{CheckPath, Comparison, Counts};

/// Formats the totals, a table of the differences, and the parts that only one of the runs looked at.
#[must_use]
pub fn words(comparison: &Comparison) -> String {
    let [one, other] = &comparison.names;
    let Counts { labs, steps, checks } = comparison.compared;
    let mut text = format!(
        "{one} and {other}: {labs} {}, {steps} {}, {checks} {} compared\n",
        plural(labs, "lab"),
        plural(steps, "step"),
        plural(checks, "check")
    );
    if comparison.agree() {
        text.push_str("they agree\n");
    } else {
        text.push_str(&format!("they differ in {}:\n\n", count(comparison.differences.len(), "place")));
        text.push_str(&table(comparison));
    }
    for left_out in &comparison.left_out {
        let (path, by, reason) = (in_words(&left_out.path), &left_out.by, &left_out.reason);
        text.push_str(&format!("not looked at on {by}: {path}: {reason}\n"));
    }
    text
}

fn table(comparison: &Comparison) -> String {
    let [one, other] = &comparison.names;
    let heading = ["WHERE".to_owned(), one.to_uppercase(), other.to_uppercase()];
    let lines: Vec<[String; 3]> = comparison
        .differences
        .iter()
        .map(|difference| {
            let [one, other] = difference.sides.clone();
            [in_words(&difference.path), one, other]
        })
        .collect();
    let width = |column: usize| {
        std::iter::once(&heading).chain(&lines).map(|line| line[column].chars().count()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    let mut write = |line: &[String; 3]| {
        let cells: Vec<_> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(&format!("{}\n", cells.join("  ").trim_end()));
    };
    write(&heading);
    lines.iter().for_each(&mut write);
    text.push('\n');
    for difference in &comparison.differences {
        for (name, reason) in comparison.names.iter().zip(&difference.reasons).filter(|(_, reason)| !reason.is_empty())
        {
            text.push_str(&format!("{}\n  {name}: {reason}\n", in_words(&difference.path)));
        }
    }
    text
}

fn in_words(path: &CheckPath) -> String {
    let parts = [&path.lab, &path.step, &path.check].map(String::as_str);
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "the run".to_owned() } else { parts.join(" / ") }
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn count(count: usize, word: &str) -> String {
    format!("{count} {}", plural(count, word))
}
