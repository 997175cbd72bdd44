//! Formats small pieces of HTML.

use crate::checks::Status;

/// Escapes text for HTML, also within attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Formats a status as a label that does not rely on its colour.
pub(super) fn pill(status: Status) -> String {
    let sign = sign(status);
    format!("<span class=\"pill {word}\">{sign}&nbsp;{word}</span>", word = status.word())
}

/// Returns the sign of a status, so that its colour is not needed.
pub(super) fn sign(status: Status) -> &'static str {
    match status {
        Status::Passed => "✓",
        Status::Failed => "✗",
        Status::Skipped => "–",
    }
}

/// Formats milliseconds.
pub(super) fn seconds(milliseconds: f64) -> String {
    if milliseconds >= 1000.0 { format!("{:.1} s", milliseconds / 1000.0) } else { format!("{milliseconds:.0} ms") }
}

/// Formats a latency in milliseconds, with three digits.
pub(super) fn latency(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms >= 1000.0 => format!("{:.2} s", ms / 1000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 10.0 => format!("{ms:.1} ms"),
        ms => format!("{ms:.2} ms"),
    }
}

/// Formats a YAML file with dimmed comments.
pub(super) fn yaml(text: &str) -> String {
    let mut marked = String::new();
    for line in text.trim_end().lines() {
        let escaped = escape(line);
        if line.trim_start().starts_with('#') {
            marked.push_str(&format!("<i>{escaped}</i>\n"));
        } else {
            marked.push_str(&escaped);
            marked.push('\n');
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(escape("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
        assert_eq!(yaml("# <why>\na: '<b>'\n"), "<i># &lt;why&gt;</i>\na: &#39;&lt;b&gt;&#39;\n");
    }

    #[test]
    fn latencies_have_three_digits() {
        assert_eq!([0.512, 12.34, 456.7, 5012.0].map(latency), ["0.51 ms", "12.3 ms", "457 ms", "5.01 s"]);
    }
}
