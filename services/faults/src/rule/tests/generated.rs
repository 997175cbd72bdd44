//! Generated rules: a printed rule is parsed again, and a text that is not a rule does no harm.

use http::{HeaderName, Method, StatusCode};
use proptest::{option, prelude::*};

use super::*;
use crate::{
    bytes::{ByteCount, ByteRate},
    modes::{
        About, Connection, Context, Cores, Delay, Exit, Life, Load, LogNormal, Normal, Quantiles, Response, Shaping,
        Shutdown, Statuses, Timing,
    },
    quantity::Millionths,
};

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
        status().prop_map(|status| Response::Error(Statuses::Single(status)).into()),
        prop::collection::vec((status(), share), 1..5)
            .prop_map(|list| Response::Error(Statuses::Weighted(list)).into()),
        duration().prop_map(|delay| Timing::Latency(Delay::Fixed(delay)).into()),
        (duration(), duration()).prop_map(|(a, b)| Timing::Latency(Delay::Uniform(a.min(b), a.max(b))).into()),
        Just(Mode::Connection(Connection::Reset)),
        Just(Mode::Connection(Connection::Hang)),
        Just(Mode::Connection(Connection::Refuse)),
        Just(Context::DropHeaders.into()),
        shape().prop_map(Mode::Shape),
        (duration(), duration()).prop_map(|(mean, deviation)| Timing::Latency(Delay::Normal(Normal {
            mean,
            deviation
        }))
        .into()),
        (duration(), 0..=10_000_000_u32).prop_map(|(median, parts)| {
            let sigma = Millionths::parse(&format!("{}.{:06}", parts / 1_000_000, parts % 1_000_000)).unwrap();
            Timing::Latency(Delay::LogNormal(LogNormal { median, sigma })).into()
        }),
        quantiles(),
        history(),
        process(),
        duration().prop_map(|time| Load::Work(Written(time)).into()),
    ]
}

fn shape() -> impl Strategy<Value = Shaping> {
    prop_oneof![
        (0..1_u64 << 40).prop_map(|bytes| Shaping::Size(ByteCount(bytes))),
        (1..1_u64 << 40).prop_map(|rate| Shaping::Drip(ByteRate(rate))),
        Just(Shaping::Corrupt),
        Just(Shaping::Truncate),
        Just(Shaping::Close),
    ]
}

fn process() -> impl Strategy<Value = Mode> {
    prop_oneof![
        Just(Life::Unready.into()),
        Just(Life::NotLive.into()),
        Just(Shutdown::IgnoreSigterm.into()),
        Just(Life::Crash(Exit::Abort).into()),
        any::<u8>().prop_map(|code| Life::Crash(Exit::Code(code)).into()),
        duration().prop_map(|time| Life::SlowStart(Written(time)).into()),
        duration().prop_map(|time| Shutdown::SlowDrain(Written(time)).into()),
        (1..u64::MAX).prop_map(|rate| Load::Leak(ByteRate(rate)).into()),
        (1..u64::MAX / 1000).prop_map(|thousandths| Load::Cpu(Cores::of_thousandths(thousandths)).into()),
    ]
}

fn quantiles() -> impl Strategy<Value = Mode> {
    let percents = prop::collection::btree_set(1..=100_000_000_u64, 1..8);
    let delays = prop::collection::vec(duration(), 8);
    (percents, delays).prop_map(|(percents, mut delays)| {
        delays.sort();
        let points = percents.into_iter().map(Percent::from_parts).zip(delays).collect();
        Timing::Latency(Delay::Quantiles(Quantiles::through(points))).into()
    })
}

/// A mode with a memory, by its text: its parts are private.
fn history() -> impl Strategy<Value = Mode> {
    let code =
        || option::of(status()).prop_map(|code| code.map(|code| format!(":{}", code.as_u16())).unwrap_or_default());
    let text = prop_oneof![
        (1..=1000_u32, code()).prop_map(|(n, code)| format!("fail-first={n}{code}")),
        (duration(), code()).prop_map(|(idle, code)| format!("latch={}{code}", Written(idle))),
        (duration(), duration(), code()).prop_map(|(up, down, code)| format!(
            "flap={}/{}{code}",
            Written(up),
            Written(down)
        )),
        (1..=1_000_000_u32, "[smh]").prop_map(|(n, period)| format!("rate-limit={n}/{period}")),
    ];
    text.prop_map(|text: String| Rule::parse_all(&text).unwrap().remove(0).mode)
}

fn scope() -> impl Strategy<Value = Scope> {
    let path = "[/*?](\\PC|[ ;|@\"\\\\\n]){0,20}".prop_map(|text| Glob::new(&text));
    let method = "[A-Z]{1,8}".prop_map(|text| Method::from_bytes(text.as_bytes()).unwrap());
    let name = "[a-z][a-z0-9-]{0,9}".prop_map(|text| HeaderName::from_bytes(text.as_bytes()).unwrap());
    let value = "(\\PC|[;|@\"\\\\]){0,20}".prop_map(|text| Glob::new(text.trim()));
    let headers = prop::collection::vec((name, value), 0..3);
    let upstream = "[a-z*?][a-z0-9.*-]{0,9}".prop_map(|text| Glob::new(&text));
    (option::of(path), option::of(method), headers, option::of(upstream))
        .prop_map(|(path, method, headers, upstream)| Scope { path, method, headers, upstream })
}

prop_compose! {
    fn window()(after in option::of(duration()), ttl in option::of(duration())) -> (Option<Duration>, Option<Duration>) {
        (after.filter(|after| ttl.is_none_or(|ttl| *after < ttl)), ttl)
    }
}

prop_compose! {
    fn rule()(
        mode in mode(), rate in option::of(percent()), scope in scope(), seed: Option<u64>, late: bool,
        instance in option::of("(\\PC|[*?;|@\"]){0,10}"), times in option::of(1..=u64::MAX), (after, ttl) in window(),
        id in option::of("[a-zA-Z][a-zA-Z0-9._-]{0,20}"),
    ) -> Rule {
        let (per_request, spec) = (mode.spec().is_about_requests(), mode.spec());
        let calls = spec.about == About::Requests { calls: true };
        let scope = Scope { upstream: scope.upstream.filter(|_| calls), ..scope };
        Rule {
            rate: rate.filter(|_| spec.takes_percentage && !mode.is_weighted()),
            scope: if per_request { scope } else { Scope::default() },
            seed: seed.filter(|_| per_request),
            at: if late && spec.causes_delays { When::After } else { When::Before },
            instance: instance.map(|pattern| Glob::new(&pattern)),
            times: times.filter(|_| per_request),
            mode, after, ttl, id,
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
    fn what_is_nearly_a_rule_is_read_or_complained_of_where_it_stands(
        rules in prop::collection::vec(rule(), 1..4),
        changes in prop::collection::vec((any::<prop::sample::Index>(), option::of("[=@%;|\"\\\\ \n,:()./0-9a-zé]")), 1..5),
    ) {
        let mut text = rules.iter().map(Rule::to_string).collect::<Vec<_>>().join("\n");
        for (place, inserted) in changes {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            if places.is_empty() {
                break;
            }
            let at = places[place.index(places.len())];
            match inserted {
                Some(inserted) => text.insert_str(at, &inserted),
                None => drop(text.remove(at)),
            }
        }
        assert_readable_or_inside(&text)?;
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"(error|latency|unready|reset|size|drip|KiB/s|upstream|crash|leak|cpu|slow-drain|MiB|abort|fail-first|latch|flap|rate-limit|normal|quantiles|p50|at|after|times|instance|[=@%;|"\\ \n,:()./0-9é-]|uniform|ms|path|header|ttl|id){0,30}"#) {
        assert_readable_or_inside(&text)?;
    }
}

/// Fails, if the error for a text points outside of it.
fn assert_readable_or_inside(text: &str) -> Result<(), TestCaseError> {
    let Err(error) = Rule::parse_all(text) else { return Ok(()) };
    let line = text.split('\n').nth(error.line() - 1);
    prop_assert!(line.is_some(), "{text:?}: line {}", error.line());
    let columns = line.unwrap_or_default().chars().count() + 1;
    prop_assert!((1..=columns).contains(&error.column()), "{text:?}: column {} of {columns}", error.column());
    let shown = error.to_string();
    let lines: Vec<&str> = shown.split('\n').collect();
    let carets = lines.iter().rposition(|line| line.trim_start().starts_with('^'));
    prop_assert!(carets.is_some(), "{shown}");
    prop_assert!(shown.chars().count() < 5000, "an error of {} characters", shown.chars().count());
    Ok(())
}
