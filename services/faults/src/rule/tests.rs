use super::*;
use crate::modes::{About, ModeSpec};

mod generated;

/// The error for a text, as a user sees it.
fn error(text: &str) -> String {
    Rule::parse_all(text).map(|rules| format!("{rules:?}")).unwrap_err().to_string()
}

#[test]
fn a_misspelt_mode_lists_the_modes_and_the_nearest() {
    let shown = error("latancy=200ms@50%");
    let place = "unknown mode `latancy` (line 1, column 1)\n  latancy=200ms@50%\n  ^^^^^^^\n  modes: error, ";
    assert!(shown.starts_with(place), "{shown}");
    assert!(shown.ends_with("; did you mean `latency`?"), "{shown}");
    let modes = shown.split_once("modes: ").unwrap().1.split_once(';').unwrap().0;
    let modes: Vec<&str> = modes.split(", ").collect();
    assert!(MODES.iter().all(|spec| modes.contains(&spec.name)), "{shown}");
    assert!(!error("teapot").contains("did you mean"));
}

#[test]
fn an_error_in_a_list_points_at_the_entry() {
    assert_eq!(
        error("error=500:5, 503:1O"),
        "`1O` is not a number (line 1, column 18)\n  error=500:5, 503:1O\n                   ^^\n  \
         a percentage is a number from 0 to 100"
    );
}

#[test]
fn every_wrong_rule_says_where_and_why() {
    for (text, column, message) in [
        ("error", 1, "`error` needs an argument"),
        ("error=5O3", 7, "`5O3` is not a valid error status"),
        ("error=200", 7, "`200` is not a valid error status"),
        ("error=0503", 7, "`0503` is not a valid error status"),
        ("error=503@130%", 11, "130 is more than 100 %"),
        ("error=503@-1%", 11, "`-1` is not a number"),
        ("error=500:60,503:50", 14, "add up to more than 100"),
        ("error=500:60,503", 14, "`503` has no percentage"),
        ("error=500:60,", 14, "an empty entry"),
        ("error=500:5@3%", 13, "a weighted list takes no percentage"),
        ("latency", 1, "`latency` needs an argument"),
        ("latency=200", 9, "the duration `200` has no unit"),
        ("latency=200sec", 12, "`sec` is not a valid unit of time"),
        ("latency=unifrom(1ms,2ms)", 9, "did you mean `uniform`?"),
        ("latency=uniform(1ms)", 17, "two bounds"),
        ("latency=uniform(1ms,2ms", 24, "not closed"),
        ("latency=uniform(1ms, 2min)", 23, "`min` is not a valid unit of time"),
        ("latency=uniform(3ms,2ms)", 17, "the wrong way round"),
        ("unready=1", 9, "`unready` takes no argument"),
        ("unready@50%", 9, "`unready` takes no percentage"),
        ("unready;path=/x", 9, "`path` about requests"),
        ("error=503;pth=/x", 11, "did you mean `path`?"),
        ("error=503;path=/x;path=/y", 19, "the key `path` appears twice"),
        ("error=503;path=api", 16, "no path begins like `api`"),
        ("error=503;method=G T", 18, "`G T` is not a valid method"),
        ("error=503;header=x-user", 18, "the header `x-user` has no value"),
        ("error=503;header=x user:a", 18, "`x user` is not a valid header name"),
        ("truncate;upstream=inventory", 10, "`truncate` is about requests that come in"),
        ("refuse@1%", 8, "`refuse` takes no percentage"),
        ("size=1XB", 7, "`XB` is not a valid unit of bytes"),
        ("drip=100", 6, "`100` is not a valid rate"),
        ("drip=0B/s", 6, "nothing at all"),
        ("unready;upstream=inventory", 9, "`upstream` about requests"),
        ("error=503;seed=-1", 16, "`-1` is not a valid seed"),
        ("fail-first", 1, "`fail-first` needs an argument"),
        ("fail-first=0", 12, "0 is not from 1 to 1000"),
        ("fail-first=two", 12, "`two` is not a whole number"),
        ("fail-first=2:200", 14, "`200` is not a valid error status"),
        ("fail-first=2@50%", 14, "`fail-first` takes no percentage"),
        ("latch=30", 7, "no unit"),
        ("latch=0s", 7, "out of range"),
        ("latch=25h", 7, "out of range"),
        ("flap=10s", 6, "`10s` is only one time"),
        ("flap=10s/5", 10, "no unit"),
        ("flap=10s/0s", 10, "out of range"),
        ("flap=10s/5s:50", 13, "`50` is not a valid error status"),
        ("rate-limit=10", 12, "`10` is not a valid rate"),
        ("rate-limit=10/d", 15, "`d` is not a valid period"),
        ("rate-limit=0.5/s", 12, "`0.5` is not a whole number"),
        ("rate-limit=10/s@9%", 17, "`rate-limit` takes no percentage"),
        ("latency=1s;at=noon", 15, "`noon` is not a valid side of the work"),
        ("error=503;at=after", 11, "`error` causes no delay"),
        ("error=503;times=0", 17, "`0` is not a valid number of times"),
        ("error=503;times=+1", 17, "`+1` is not a valid number of times"),
        ("unready;times=3", 9, "`times` about requests"),
        ("error=503;after=0s", 17, "out of range"),
        ("error=503;ttl=5s;after=5s", 24, "cannot begin after"),
        ("error=503;ttl=0s", 15, "out of range"),
        ("error=503;ttl=99999999s", 15, "out of range"),
        ("error=503;id=7up", 14, "this cannot be an id"),
        ("error=503;id=a b", 15, "this cannot be an id"),
        ("error=503;id=\"a\\\"b\"", 16, "this cannot be an id"),
    ] {
        let error = Rule::parse_all(text).unwrap_err();
        assert_eq!(error.column(), column, "{text}\n{error}");
        assert!(error.to_string().contains(message), "{text}\n{error}");
    }
}

#[test]
fn a_mode_that_cannot_be_done_to_a_call_says_why_and_what_can() {
    let about_requests = MODES.iter().copied().filter(|spec| spec.is_about_requests());
    let (calls, requests): (Vec<&ModeSpec>, Vec<&ModeSpec>) =
        about_requests.partition(|spec| spec.about == About::Requests { calls: true });
    let calls: Vec<&str> = calls.iter().map(|spec| spec.name).collect();
    for spec in requests {
        let example = spec.example.split(", ").next().unwrap();
        let error = Rule::parse_all(&format!("{example};upstream=inventory")).unwrap_err().to_string();
        let why = format!("`{}` is about requests that come in, `upstream` about calls that go out", spec.name);
        let help =
            format!("set the rule at the upstream itself, or do one of these to the calls: {}", calls.join(", "));
        assert!(error.starts_with(&why) && error.trim_end().ends_with(&help), "{error}");
    }
}

#[test]
fn the_examples_of_the_help_are_rules() {
    for spec in MODES.iter() {
        for example in spec.example.split(", ") {
            let rules = Rule::parse_all(example).unwrap();
            assert_eq!(rules[0].mode.spec().name, spec.name, "{example}");
        }
        assert!(crate::help().contains(spec.summary));
    }
}
