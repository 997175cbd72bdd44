use proptest::prelude::*;

use super::*;

fn at(window: &Window, seconds: f64) -> Instant {
    window.began + Duration::from_secs_f64(seconds)
}

#[test]
fn attempts_at_one_request_are_counted_and_told_apart() {
    let attempts = Attempts::new();
    for (attempt, id) in [(1, Some("a")), (2, Some("a")), (1, Some("b")), (12, Some("a")), (1, None), (2, None)] {
        attempts.count(attempt, id);
    }
    let counts = attempts.counts();
    assert_eq!((counts.attempts, counts.unique, counts.without_id, counts.capped), (6, 3, 2, 0));
    assert_eq!(counts.by_attempt, BTreeMap::from([("1", 3), ("2", 2), ("10+", 1)]));
    assert!(counts.window_ms < 60_000);
}

#[test]
fn what_is_older_than_the_window_is_forgotten() {
    let mut window = Window::new(Instant::now());
    let (early, late) = (at(&window, 0.5), at(&window, 30.5));
    assert!(window.count(early, 1, Some(7)));
    assert!(window.count(early, 1, Some(8)));
    assert!(!window.count(late, 2, Some(7)), "seen half a minute ago");
    let counts = window.counts(at(&window, 59.9));
    assert_eq!((counts.attempts, counts.unique), (3, 2));
    // The first slot has gone; the id that came again stays.
    let counts = window.counts(at(&window, 60.5));
    assert_eq!((counts.window_ms, counts.attempts, counts.unique), (60_000, 1, 1));
    assert_eq!(window.counts(at(&window, 95.0)).unique, 0);
    assert!(window.count(at(&window, 95.0), 1, Some(7)), "an id that was forgotten is new");
    assert_eq!(window.counts(at(&window, 1e6)).attempts, 0);
    assert_eq!((window.last_seen.len(), window.listed), (0, 0));
}

#[test]
fn ids_beyond_the_cap_are_counted_as_attempts_and_said_to_be_capped() {
    let mut window = Window::new(Instant::now());
    let now = at(&window, 0.5);
    for id in 0..MAX_IDS as u64 + 10 {
        window.count(now, 1, Some(id));
    }
    let counts = window.counts(now);
    assert_eq!(counts.attempts, MAX_IDS as u64 + 10);
    assert_eq!((counts.unique, counts.capped), (MAX_IDS as u64, 10));
    // A remembered id is known all the same.
    assert!(!window.count(now, 2, Some(3)));
    assert_eq!(window.counts(now).capped, 10);
}

proptest! {
    /// Against a list of everything that came in.
    #[test]
    fn the_window_counts_as_a_list_of_all_requests_would(
        requests in prop::collection::vec((0_u64..40, 0_u64..4, 1_u32..4), 1..200),
    ) {
        let mut window = Window::new(Instant::now());
        let mut all: Vec<(u64, u64)> = Vec::new();
        let mut second = 0;
        for (id, pause, attempt) in requests {
            second += pause;
            let now = at(&window, second as f64 + 0.25);
            let live = |all: &[(u64, u64)]| all.iter().filter(|(then, _)| then + 60 > second).copied().collect::<Vec<_>>();
            let is_new = live(&all).iter().all(|(_, other)| *other != id);
            prop_assert_eq!(window.count(now, attempt, Some(id)), is_new);
            all.push((second, id));
            let live = live(&all);
            let unique: std::collections::HashSet<u64> = live.iter().map(|(_, id)| *id).collect();
            let counts = window.counts(now);
            prop_assert_eq!((counts.attempts, counts.unique), (live.len() as u64, unique.len() as u64));
        }
    }
}
