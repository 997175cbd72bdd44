use super::*;

fn error(text: &str) -> ValueError {
    Delay::parse(text).map(|delay| delay.to_string()).unwrap_err()
}

#[test]
fn each_distribution_is_read_and_written_back() {
    for text in [
        "200ms",
        "uniform(10ms,80ms)",
        "normal(50ms,10ms)",
        "normal(0s,1s)",
        "lognormal(20ms,0.8)",
        "quantiles(p50:10ms,p90:50ms,p99:1s)",
        "quantiles(p0:5ms,p99.9:1s,p100:2s)",
        "quantiles(p50:10ms,p90:10ms)",
    ] {
        assert_eq!(Delay::parse(text).unwrap().to_string(), text);
    }
    let spaced = Delay::parse("quantiles ( p50 : 10ms , p90: 50 ms )").unwrap();
    assert_eq!(spaced.to_string(), "quantiles(p50:10ms,p90:50ms)");
    assert_eq!(Delay::parse("lognormal( 20ms , 1.50 )").unwrap().to_string(), "lognormal(20ms,1.5)");
}

#[test]
fn what_is_no_distribution_says_where_and_why() {
    for (text, marked, message) in [
        ("norml(1ms,2ms)", "norml", "did you mean `normal`?"),
        ("normal(1ms)", "1ms", "a mean and a standard deviation"),
        ("normal(1ms,2ms,3ms)", "1ms,2ms,3ms", "a mean and a standard deviation"),
        ("normal(1ms,-2ms)", "-2ms", "`-2ms` is not a valid duration"),
        ("normal(1ms,2ms", "", "not closed"),
        ("normal(1ms,2ms)3", "3", "nothing comes after"),
        ("lognormal(20ms,x)", "x", "`x` is not a number"),
        ("lognormal(20ms,0.1234567)", "0.1234567", "at most six digits"),
        ("lognormal(20ms,10.5)", "10.5", "more than 10"),
        ("lognormal(20,0.5)", "20", "no unit"),
        ("quantiles()", "", "the point `` has no delay"),
        ("quantiles(p50:10ms,)", "", "the point `` has no delay"),
        ("quantiles(p50)", "p50", "has no delay"),
        ("quantiles(50:10ms)", "50", "does not begin with `p`"),
        ("quantiles(p:10ms)", "", "`` is not a number"),
        ("quantiles(p101:10ms)", "101", "more than 100 %"),
        ("quantiles(p50:10ms,p9o:20ms)", "9o", "`9o` is not a number"),
        ("quantiles(p50:10ms, p90: 20m s)", "m s", "`m s` is not a valid unit of time"),
        ("quantiles(p50:10ms,p50.0:20ms)", "p50.0", "p50 appears twice"),
        ("quantiles(p50:10ms,p40:20ms)", "p40", "p40 comes after p50"),
        ("quantiles(p50:10ms,p90:9ms)", "p90:9ms", "p90:9ms is less than p50:10ms"),
        ("quantiles(p0:10ms)", "p0:10ms", "p0 alone"),
    ] {
        let error = error(text);
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert_eq!(&text[error.at.clone()], marked, "{text}: {error:?}");
    }
    let many: Vec<String> = (1..=33).map(|point| format!("p{point}:{point}ms")).collect();
    assert!(error(&format!("quantiles({})", many.join(","))).message.contains("more than 32 points"));
}
