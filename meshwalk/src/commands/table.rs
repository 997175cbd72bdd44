//! Formats tables for the terminal: columns as wide as their widest cell.

/// Formats rows of cells under a heading, with two blanks between the columns and no trailing blanks.
pub(super) fn table(heading: &[&str], lines: &[Vec<String>]) -> String {
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let all = || std::iter::once(&heading).chain(lines);
    let width = |column: usize| all().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..heading.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in all() {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = super::table(&["A", "B"], &[vec!["long".into(), "x".into()], vec!["s".into(), "ü".into()]]);
        assert_eq!(text, "A     B\nlong  x\ns     ü\n");
    }
}
