//! Formats the results of traffic: figures, and plots of shares, rate and latency over time.

use std::collections::BTreeSet;

use super::{
    markup::{escape, latency},
    plot::{Plot, PlotSeries, short},
    scale::AxisScale,
};
use crate::{
    quantity::percent,
    report::TrafficReport,
    traffic::{Bucket, Summary},
};

/// Returns the CSS class of a version, whose colour is the one that the page of the frontend uses.
fn colour(version: &str) -> &'static str {
    match version {
        "v1" => "v1",
        "v2" => "v2",
        _ => "e",
    }
}

/// Formats one traffic.
pub(super) fn traffic(traffic: &TrafficReport, one_of_many: bool, body: &mut String) {
    let headers: Vec<_> = traffic.headers.iter().map(|(name, value)| format!(" {name}: {value}")).collect();
    let name = if one_of_many { format!("<b>{}</b> ", escape(&traffic.name)) } else { String::new() };
    body.push_str(&format!(
        "<div class=\"traffic\">\n<p>{name}from {} <code>GET {}{}</code></p>\n",
        traffic.from.word(),
        escape(&traffic.path),
        escape(&headers.join(",")),
    ));
    figures(&traffic.summary, body);
    if let Some(caveat) = &traffic.caveat {
        body.push_str(&format!("<p class=\"why skipped\">{}</p>\n", escape(caveat)));
    }
    if traffic.timeline.len() > 1 {
        body.push_str("<div class=\"plots\">\n");
        body.push_str(&shares(traffic));
        body.push_str(&rate(traffic));
        body.push_str(&latencies(traffic));
        body.push_str("</div>\n");
    }
    body.push_str("</div>\n");
}

fn figures(summary: &Summary, body: &mut String) {
    #[allow(clippy::cast_precision_loss, reason = "requests of one run")]
    let share = |count: u64| percent(count as f64 / summary.requests.max(1) as f64);
    let mut figures = vec![
        ("requests".to_owned(), summary.requests.to_string()),
        ("rate".to_owned(), format!("{:.0}/s", summary.achieved_rate)),
        ("success".to_owned(), share(summary.successes)),
    ];
    figures.extend(
        summary
            .versions
            .iter()
            .map(|(version, count)| (version.clone(), format!("{} ({})", percent(count.share), count.count))),
    );
    let unsuccessful = summary.statuses.iter().filter(|(status, _)| **status >= 400);
    figures.extend(unsuccessful.map(|(status, count)| (status.to_string(), format!("{} ({count})", share(*count)))));
    figures.extend(
        summary.failures.iter().map(|(kind, count)| (kind.to_string(), format!("{} ({count})", share(*count)))),
    );
    if let Some(quantiles) = summary.latency {
        for (name, value) in [("p50", quantiles.p50), ("p99", quantiles.p99), ("max", quantiles.max)] {
            figures.push((name.to_owned(), latency(value.as_secs_f64() * 1000.0)));
        }
    }
    body.push_str("<dl>");
    for (name, value) in figures {
        body.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>", escape(&name), escape(&value)));
    }
    body.push_str("</dl>\n");
}

fn plot<'a>(traffic: &TrafficReport, title: &'a str, up: AxisScale, unit: fn(f64) -> String) -> Plot<'a> {
    let width = traffic.timeline.get(1).map_or(1.0, |second| second.start.as_secs_f64());
    Plot {
        title,
        width,
        intervals: traffic.timeline.len(),
        up,
        unit,
        changed: traffic.changed_at_s.zip(traffic.changed_until_s),
        notes: traffic.timeline.iter().map(note).collect(),
    }
}

fn note(bucket: &Bucket) -> String {
    let mut words = vec![format!("at {} s: {} requests", short(bucket.start.as_secs_f64()), bucket.requests)];
    words.extend(bucket.versions.iter().map(|(version, count)| format!("{version} {count}")));
    words.push(format!(
        "{} successful, {} errors, {} without an answer",
        bucket.successes, bucket.errors, bucket.failed
    ));
    words.extend(bucket.p50_ms.map(|ms| format!("p50 {}", latency(ms))));
    words.extend(bucket.p99_ms.map(|ms| format!("p99 {}", latency(ms))));
    words.join("\n")
}

fn shares(traffic: &TrafficReport) -> String {
    let versions: BTreeSet<&String> = traffic.timeline.iter().flat_map(|bucket| bucket.versions.keys()).collect();
    let series: Vec<_> = versions
        .into_iter()
        .map(|version| PlotSeries {
            name: version.clone(),
            class: colour(version),
            values: traffic.timeline.iter().map(|bucket| bucket.share(version)).collect(),
        })
        .collect();
    let percent = |share: f64| format!("{} %", short(share * 100.0));
    plot(traffic, "Share by version", AxisScale::exactly(1.0, 0.25), percent).columns(&series)
}

#[allow(clippy::cast_precision_loss, reason = "requests of one interval")]
fn rate(traffic: &TrafficReport) -> String {
    let width = traffic.timeline.get(1).map_or(1.0, |second| second.start.as_secs_f64());
    let series = |name: &str, class, count: fn(&Bucket) -> u64| PlotSeries {
        name: name.to_owned(),
        class,
        values: traffic.timeline.iter().map(|bucket| Some(count(bucket) as f64 / width)).collect(),
    };
    let all = [
        series("success", "good", |bucket| bucket.successes),
        series("4xx, 5xx", "bad", |bucket| bucket.errors),
        series("no answer", "worst", |bucket| bucket.failed),
    ];
    let most = traffic.timeline.iter().map(|bucket| bucket.requests as f64 / width).fold(0.0, f64::max);
    let there: Vec<_> = all
        .into_iter()
        .filter(|one| one.class == "good" || one.values.iter().flatten().any(|value| *value > 0.0))
        .collect();
    plot(traffic, "Requests per second", AxisScale::up_to(most, 4.0), short).columns(&there)
}

fn latencies(traffic: &TrafficReport) -> String {
    let series = |name: &str, class, quantile: fn(&Bucket) -> Option<f64>| PlotSeries {
        name: name.to_owned(),
        class,
        values: traffic.timeline.iter().map(quantile).collect(),
    };
    let both = [series("p99", "p99", |bucket| bucket.p99_ms), series("p50", "p50", |bucket| bucket.p50_ms)];
    let most = both.iter().flat_map(|one| &one.values).flatten().copied().fold(0.0, f64::max);
    let unit = |ms: f64| if ms >= 1000.0 { format!("{} s", short(ms / 1000.0)) } else { format!("{} ms", short(ms)) };
    plot(traffic, "Latency", AxisScale::up_to(most, 4.0), unit).lines(&both)
}
