//! The rules of OpenMetrics 1.0.0 that a page of this project can break.

use std::collections::{BTreeMap, BTreeSet};

/// One sample of a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// Name, such as `x_bucket`.
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
    pub(crate) exemplar: Option<Exemplar>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

#[derive(Debug, Default)]
struct Family {
    name: String,
    kind: String,
    samples: Vec<Sample>,
}

/// Reads a page, or says which line breaks which rule.
pub(crate) fn parse(page: &str) -> Result<Vec<Sample>, String> {
    let body = page.strip_suffix("# EOF\n").ok_or("the page does not end with # EOF and a line feed")?;
    let (mut families, mut current) = (Vec::new(), Family::default());
    let mut described = BTreeSet::new();
    for line in body.split_terminator('\n') {
        let wrong = |rule: &str| format!("{rule}: {line:?}");
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (Some(word), Some(name), Some(text)) = (words.next(), words.next(), words.next()) else {
                return Err(wrong("metadata needs a name and a text"));
            };
            if name != current.name {
                families.push(std::mem::replace(&mut current, Family { name: name.to_owned(), ..Family::default() }));
            }
            if !described.insert((word.to_owned(), name.to_owned())) {
                return Err(wrong("metadata comes twice"));
            }
            match word {
                _ if !current.samples.is_empty() => return Err(wrong("metadata comes after samples")),
                "TYPE" => text.clone_into(&mut current.kind),
                "UNIT" if !name.ends_with(&format!("_{text}")) => {
                    return Err(wrong("the name does not end with the unit"));
                }
                "UNIT" => {}
                "HELP" if text.replace("\\\\", "").replace("\\\"", "").contains('"') => {
                    return Err(wrong("bare quote"));
                }
                "HELP" => {}
                _ => return Err(wrong("unknown metadata")),
            }
        } else {
            let sample = sample(line).ok_or_else(|| wrong("not a valid sample"))?;
            let suffix = sample.name.strip_prefix(&current.name).unwrap_or("a name of another family");
            let allowed: &[&str] = match current.kind.as_str() {
                "counter" => &["_total"],
                "gauge" | "unknown" => &[""],
                "info" => &["_info"],
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => return Err(wrong("a type comes before samples")),
            };
            if !allowed.contains(&suffix) {
                return Err(wrong("the sample does not belong to the family before it"));
            }
            if sample.exemplar.is_some() && !["_bucket", "_total"].contains(&suffix) {
                return Err(wrong("only buckets and counters have exemplars"));
            }
            if current.kind != "gauge" && (sample.value.is_nan() || sample.value < 0.0)
                || current.kind == "info" && sample.value != 1.0
            {
                return Err(wrong("the value is not one of its type"));
            }
            current.samples.push(sample);
        }
    }
    families.push(current);
    let names: BTreeSet<_> = families.iter().map(|family| &family.name).collect();
    if names.len() != families.len() {
        return Err("the samples of a family are not together".to_owned());
    }
    let samples: Vec<_> = families.iter().flat_map(|family| family.samples.iter().cloned()).collect();
    let series: BTreeSet<_> = samples.iter().map(|sample| (&sample.name, &sample.labels)).collect();
    if series.len() != samples.len() {
        return Err("a series comes twice".to_owned());
    }
    families.iter().filter(|family| family.kind == "histogram").try_for_each(histograms)?;
    Ok(samples)
}

/// Checks that each histogram of a family has rising bounds and counts, and as many values as its last bucket.
fn histograms(family: &Family) -> Result<(), String> {
    let mut by_labels: BTreeMap<BTreeMap<String, String>, Vec<&Sample>> = BTreeMap::new();
    for sample in &family.samples {
        let mut labels = sample.labels.clone();
        labels.remove("le");
        by_labels.entry(labels).or_default().push(sample);
    }
    for (labels, samples) in by_labels {
        let wrong = |rule: &str| format!("{rule}: {} {labels:?}", family.name);
        let (mut last_bound, mut last_count) = (f64::NEG_INFINITY, 0.0);
        for sample in samples.iter().filter(|sample| sample.name.ends_with("_bucket")) {
            let text = sample.labels.get("le").ok_or_else(|| wrong("a bucket without a bound"))?;
            let bound = number(text).filter(|_| text == "+Inf" || text.contains('.')).ok_or_else(|| wrong("bound"))?;
            if bound <= last_bound || sample.value < last_count {
                return Err(wrong("the buckets do not rise"));
            }
            if let Some(exemplar) = &sample.exemplar
                && (exemplar.value > bound || exemplar.value <= last_bound)
            {
                return Err(wrong("an exemplar is not in its bucket"));
            }
            (last_bound, last_count) = (bound, sample.value);
        }
        let count = samples.iter().find(|sample| sample.name.ends_with("_count")).map(|sample| sample.value);
        if last_bound != f64::INFINITY || count != Some(last_count) {
            return Err(wrong("the last bucket is not the count"));
        }
    }
    Ok(())
}

/// `name{labels} value`, and perhaps ` # {labels} value time`.
fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' ']).filter(|end| *end > 0)?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = if rest.starts_with('{') { labels(rest)? } else { (BTreeMap::new(), rest) };
    let rest = rest.strip_prefix(' ')?;
    let (value, exemplar) = match rest.split_once(" # ") {
        None => (rest, None),
        Some((value, exemplar)) => {
            let (labels, rest) = self::labels(exemplar)?;
            let (number_text, time) = rest.strip_prefix(' ')?.split_once(' ')?;
            time.parse::<f64>().ok().filter(|time| *time > 1e9)?;
            let length: usize = labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
            (value, Some(Exemplar { labels, value: number(number_text)? }).filter(|_| length <= 128))
        }
    };
    let is_name = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let sample = Sample { name: name.to_owned(), labels, value: number(value)?, exemplar };
    (is_name(name) && sample.labels.keys().all(|name| is_name(name))).then_some(sample)
}

/// `{name="value",…}`, and what is left behind it. `None` if a label comes twice.
fn labels(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut rest = text.strip_prefix('{')?;
    let mut labels = BTreeMap::new();
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((labels, rest));
    }
    loop {
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next()? {
                (end, '"') => break end,
                (_, '\\') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    escaped @ ('\\' | '"') => escaped,
                    _ => return None,
                }),
                (_, character) => value.push(character),
            }
        };
        if labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        let after = &quoted[end + 1..];
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Some((labels, after.strip_prefix('}')?)),
        }
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        // Rust's own words for what is not finite are not the format's.
        other => other.parse().ok().filter(|value: &f64| value.is_finite()),
    }
}

#[test]
fn checker_accepts_a_valid_page_and_rejects_broken_ones() {
    let valid = "# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n# HELP a_seconds A \\\"b\\\".\n\
        a_seconds_bucket{x=\"1\",le=\"0.5\"} 1 # {trace_id=\"ab\"} 0.25 1700000000.123\n\
        a_seconds_bucket{x=\"1\",le=\"+Inf\"} 2\na_seconds_sum{x=\"1\"} 3.5\na_seconds_count{x=\"1\"} 2\n\
        # TYPE b counter\nb_total 1\n# TYPE c info\nc_info{v=\"\\\\\\n\"} 1\n# TYPE d gauge\nd -1\n# EOF\n";
    assert_eq!(parse(valid).map(|samples| samples.len()), Ok(7));
    for (part, instead) in [
        ("# EOF\n", ""),
        ("# EOF\n", "# EOF\nd 1\n"),
        ("# TYPE b counter", "\n# TYPE b counter"),
        ("# TYPE b counter", "# TYPE b_total counter"),
        ("# TYPE b counter\n", ""),
        ("# TYPE c info", "# TYPE c gauge"),
        ("# UNIT a_seconds seconds", "# UNIT a_seconds bytes"),
        ("# UNIT a_seconds seconds", "# TYPE a_seconds histogram"),
        ("A \\\"b\\\".", "A \"b\"."),
        ("le=\"0.5\"", "le=\"1\""),
        ("le=\"+Inf\"", "le=\"0.1\""),
        ("le=\"+Inf\"} 2", "le=\"+Inf\"} 0"),
        ("_count{x=\"1\"} 2", "_count{x=\"1\"} 3"),
        ("x=\"1\",le=\"0.5\"", "le=\"0.5\",le=\"0.5\""),
        ("0.25 17", "0.75 17"),
        ("b_total 1", "b_total -1"),
        ("b_total 1", "b_total inf"),
        ("b_total 1", "b_total 1\nb_total 2"),
        ("d -1", "d -1\n# HELP d Late."),
        ("d -1", "d -1 # {trace_id=\"ab\"} 1 1700000000"),
        ("d -1", "d{x=\"\\t\"} 1"),
    ] {
        let broken = valid.replacen(part, instead, 1);
        assert_ne!(broken, valid, "{part}");
        assert!(parse(&broken).is_err(), "{part:?} -> {instead:?} is accepted:\n{broken}");
    }
}
