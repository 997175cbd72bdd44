use http::{HeaderName, Method, StatusCode};
use proptest::{option, prelude::*};

use super::*;
use crate::faults::{
    glob::Glob,
    modes::{Connection, Cores, Delay, Process, Statuses},
    process::Exit,
};

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
        "`1O` is no number (line 1, column 18)\n  error=500:5, 503:1O\n                   ^^\n  \
         a percentage is a number from 0 to 100"
    );
}

#[test]
fn every_wrong_rule_says_where_and_why() {
    for (text, column, message) in [
        ("error", 1, "`error` needs an argument"),
        ("error=5O3", 7, "`5O3` is no error status"),
        ("error=200", 7, "`200` is no error status"),
        ("error=0503", 7, "`0503` is no error status"),
        ("error=503@130%", 11, "130 is more than 100 %"),
        ("error=503@-1%", 11, "`-1` is no number"),
        ("error=500:60,503:50", 14, "add up to more than 100"),
        ("error=500:60,503", 14, "`503` has no percentage"),
        ("error=500:60,", 14, "an empty entry"),
        ("error=500:5@3%", 13, "a weighted list takes no percentage"),
        ("latency", 1, "`latency` needs an argument"),
        ("latency=200", 9, "the duration `200` has no unit"),
        ("latency=200sec", 12, "`sec` is no unit of time"),
        ("latency=unifrom(1ms,2ms)", 9, "did you mean `uniform`?"),
        ("latency=uniform(1ms)", 17, "two bounds"),
        ("latency=uniform(1ms,2ms", 24, "not closed"),
        ("latency=uniform(1ms, 2min)", 23, "`min` is no unit of time"),
        ("latency=uniform(3ms,2ms)", 17, "the wrong way round"),
        ("unready=1", 9, "`unready` takes no argument"),
        ("unready@50%", 9, "`unready` takes no percentage"),
        ("unready;path=/x", 9, "`path` about requests"),
        ("error=503;pth=/x", 11, "did you mean `path`?"),
        ("error=503;path=/x;path=/y", 19, "the key `path` stands twice"),
        ("error=503;path=api", 16, "no path begins like `api`"),
        ("error=503;method=G T", 18, "`G T` is no method"),
        ("error=503;header=x-user", 18, "the header `x-user` has no value"),
        ("error=503;header=x user:a", 18, "`x user` is no name of a header"),
        ("error=503;seed=-1", 16, "`-1` is no seed"),
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
fn the_examples_of_the_help_are_rules() {
    for spec in MODES {
        for example in spec.example.split(", ") {
            let rules = Rule::parse_all(example).unwrap();
            assert_eq!(rules[0].mode.spec().name, spec.name, "{example}");
        }
        assert!(crate::faults::help().contains(spec.summary));
    }
}

fn percent() -> impl Strategy<Value = Percent> {
    (0..=100_000_000_u64).prop_map(Percent::from_parts)
}

fn status() -> impl Strategy<Value = StatusCode> {
    (400..600_u16).prop_map(|code| StatusCode::from_u16(code).unwrap())
}

fn duration() -> impl Strategy<Value = Duration> {
    (1..60_000_000_000_u64).prop_map(Duration::from_nanos)
}

fn mode() -> impl Strategy<Value = Mode> {
    let share = (0..25_000_000_u64).prop_map(Percent::from_parts);
    prop_oneof![
        status().prop_map(|status| Mode::Error(Statuses::Single(status))),
        prop::collection::vec((status(), share), 1..5).prop_map(|list| Mode::Error(Statuses::Weighted(list))),
        duration().prop_map(|delay| Mode::Latency(Delay::Fixed(delay))),
        (duration(), duration()).prop_map(|(a, b)| Mode::Latency(Delay::Uniform(a.min(b), a.max(b)))),
        Just(Mode::Connection(Connection::Reset)),
        Just(Mode::Connection(Connection::Hang)),
        process().prop_map(Mode::Process),
        duration().prop_map(Mode::Work),
    ]
}

fn process() -> impl Strategy<Value = Process> {
    prop_oneof![
        Just(Process::Unready),
        Just(Process::NotLive),
        Just(Process::IgnoreSigterm),
        Just(Process::Crash(Exit::Abort)),
        any::<u8>().prop_map(|code| Process::Crash(Exit::Code(code))),
        duration().prop_map(Process::SlowStart),
        duration().prop_map(Process::SlowDrain),
        (1..u64::MAX).prop_map(Process::Leak),
        (1..u64::MAX / 1000).prop_map(|thousandths| Process::Cpu(Cores(thousandths))),
    ]
}

fn scope() -> impl Strategy<Value = Scope> {
    let path = "[/*?](\\PC|[ ;|@\"\\\\\n]){0,20}".prop_map(|text| Glob::new(&text));
    let method = "[A-Z]{1,8}".prop_map(|text| Method::from_bytes(text.as_bytes()).unwrap());
    let name = "[a-z][a-z0-9-]{0,9}".prop_map(|text| HeaderName::from_bytes(text.as_bytes()).unwrap());
    let value = "(\\PC|[;|@\"\\\\]){0,20}".prop_map(|text| Glob::new(text.trim()));
    let headers = prop::collection::vec((name, value), 0..3);
    (option::of(path), option::of(method), headers).prop_map(|(path, method, headers)| Scope { path, method, headers })
}

prop_compose! {
    fn rule()(
        mode in mode(), rate in option::of(percent()), scope in scope(), seed: Option<u64>,
        ttl in option::of(duration()), id in option::of("[a-zA-Z][a-zA-Z0-9._-]{0,20}"),
    ) -> Rule {
        let per_request = mode.spec().is_about_requests();
        Rule {
            rate: rate.filter(|_| per_request && !mode.is_weighted()),
            scope: if per_request { scope } else { Scope::default() },
            seed: seed.filter(|_| per_request),
            mode, ttl, id,
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(rules in prop::collection::vec(rule(), 0..5), bar: bool) {
        let text = rules.iter().map(Rule::to_string).collect::<Vec<_>>().join(if bar { " | " } else { "\n" });
        prop_assert_eq!(Rule::parse_all(&text), Ok(rules), "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"(error|latency|unready|crash|leak|cpu|slow-drain|MiB|abort|[=@%;|"\\ \n,:().0-9é-]|uniform|ms|path|header|ttl|id){0,30}"#) {
        let _ = Rule::parse_all(&text);
    }
}
