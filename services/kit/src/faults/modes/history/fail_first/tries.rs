//! How often the same request has come, where no proxy says so.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::faults::request_view::RequestView;

/// Maximum number of requests in memory. The oldest one is dropped first; if it comes again, it fails again.
const MOST: usize = 16_384;

/// Time after the first attempt for which a request is remembered. Clients retry within a few minutes.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The requests that have failed here and not succeeded yet.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// Secret, so that no caller can make up ids that are taken for one another.
    hashers: [RandomState; 2],
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    failed: HashMap<Key, Failed>,
    /// In the order of the first tries. Also holds requests that have succeeded since.
    order: VecDeque<(Key, Instant)>,
    /// Whether the log knows that there were too many.
    told: bool,
}

/// A hash in place of the texts, which callers can make as long as they like.
type Key = [u64; 2];

#[derive(Debug)]
struct Failed {
    tries: u32,
    first: Instant,
}

impl Tries {
    /// Whether this is one of the first `n` tries of a request. The one after these succeeds, and the request is
    /// forgotten, so that a later call with the same id, which services pass on, counts as another request.
    pub(super) fn is_among_first(&self, n: u32, view: RequestView<'_>, now: Instant) -> bool {
        let key = self.key(view);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.forget(now);
        if let Some(failed) = known.failed.get_mut(&key) {
            failed.tries += 1;
            let fails = failed.tries <= n;
            if !fails {
                known.failed.remove(&key);
            }
            return fails;
        }
        known.failed.insert(key, Failed { tries: 1, first: now });
        known.order.push_back((key, now));
        known.forget(now);
        true
    }

    /// What the tries of one request have in common. A caller without an identity is known by its address; requests
    /// without an id cannot be told apart.
    fn key(&self, view: RequestView<'_>) -> Key {
        let address = if view.caller.is_some() { None } else { view.address };
        let route = view.route.unwrap_or(view.path);
        let request = (view.request_id(), view.method, route, view.caller, address);
        [0, 1].map(|hasher: usize| self.hashers[hasher].hash_one(request))
    }
}

impl Known {
    /// Forgets what is too old or too much.
    fn forget(&mut self, now: Instant) {
        while let Some((key, first)) = self.order.front().copied() {
            let young = now.saturating_duration_since(first) < LONGEST;
            if young && self.order.len() <= MOST {
                return;
            }
            self.order.pop_front();
            // The request may have succeeded since, and even have come again.
            let failing = self.failed.get(&key).is_some_and(|failed| failed.first == first);
            if failing {
                self.failed.remove(&key);
            }
            if failing && young && !std::mem::replace(&mut self.told, true) {
                tracing::warn!(
                    remembered = MOST,
                    "fail-first forgot requests with attempts left, because too many newer ones came; they fail again"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;

    struct Caller<'a> {
        id: Option<&'a str>,
        path: &'a str,
        name: Option<&'a str>,
        address: &'a str,
    }

    const ALICE: Caller<'static> = Caller { id: Some("a"), path: "/", name: None, address: "127.0.0.1" };

    impl Caller<'_> {
        fn fails(&self, tries: &Tries, n: u32, now: Instant) -> bool {
            let headers: HeaderMap =
                self.id.map(|id| ("x-request-id".parse().unwrap(), id.parse().unwrap())).into_iter().collect();
            let view = RequestView {
                upstream: None,
                method: &Method::GET,
                path: self.path,
                headers: &headers,
                route: None,
                caller: self.name,
                address: Some(self.address.parse().unwrap()),
            };
            tries.is_among_first(n, view, now)
        }
    }

    #[test]
    fn a_request_fails_so_often_and_then_begins_anew() {
        let (tries, now) = (Tries::default(), Instant::now());
        let seen: Vec<bool> = (0..6).map(|_| ALICE.fails(&tries, 2, now)).collect();
        assert_eq!(seen, [true, true, false, true, true, false]);
    }

    #[test]
    fn requests_are_told_apart_by_id_route_and_caller() {
        let (tries, now) = (Tries::default(), Instant::now());
        assert!(ALICE.fails(&tries, 1, now));
        for other in [
            Caller { id: Some("b"), ..ALICE },
            Caller { id: None, ..ALICE },
            Caller { path: "/other", ..ALICE },
            Caller { name: Some("spiffe://b"), ..ALICE },
            Caller { address: "127.0.0.2", ..ALICE },
        ] {
            assert!(other.fails(&tries, 1, now));
            assert!(!other.fails(&tries, 1, now));
        }
        assert!(!ALICE.fails(&tries, 1, now));
    }

    #[test]
    fn a_caller_with_an_identity_is_the_same_from_every_address() {
        let (tries, now) = (Tries::default(), Instant::now());
        let known = Caller { name: Some("spiffe://a"), ..ALICE };
        assert!(known.fails(&tries, 1, now));
        assert!(!Caller { address: "127.0.0.2", ..known }.fails(&tries, 1, now));
    }

    #[test]
    fn a_request_whose_caller_gave_up_is_forgotten_after_a_time() {
        let (tries, now) = (Tries::default(), Instant::now());
        assert!(ALICE.fails(&tries, 1, now));
        assert!(ALICE.fails(&tries, 1, now + LONGEST));
        assert!(!ALICE.fails(&tries, 1, now + LONGEST * 2 - Duration::from_nanos(1)));
        assert!(tries.known.lock().unwrap().failed.is_empty());
    }

    #[test]
    fn however_many_requests_come_the_memory_is_bounded() {
        let (tries, now) = (Tries::default(), Instant::now());
        for number in 0..2 * MOST {
            // Half of them succeed, and leave their place in the order.
            let caller = Caller { id: Some(&number.to_string()), ..ALICE };
            assert!(caller.fails(&tries, 1, now));
            assert!(number % 2 == 0 || !caller.fails(&tries, 1, now));
        }
        let known = tries.known.lock().unwrap();
        assert_eq!((known.order.len(), known.failed.len()), (MOST, MOST / 2));
        assert!(known.told);
        drop(known);
        assert!(!Caller { id: Some(&(2 * MOST - 2).to_string()), ..ALICE }.fails(&tries, 1, now), "the latest is lost");
        assert!(Caller { id: Some("0"), ..ALICE }.fails(&tries, 1, now), "the oldest is still there");
    }
}
