use super::*;

/// Bytes that arrive at once, and whether an element is incomplete after them.
fn follow(steps: &[(&[u8], bool)]) {
    let (input, mut tracker) = (Input::default(), Tracker::default());
    for &(bytes, partial) in steps {
        tracker.read(bytes, &input, false);
        assert_eq!(input.is_partial(false), partial, "after {:?}", String::from_utf8_lossy(bytes));
    }
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const EMPTY_SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

#[test]
fn connection_that_sent_nothing_has_no_partial_element() {
    assert!(!Input::default().is_partial(false));
}

#[test]
fn prefix_of_the_http2_preface_is_partial_until_the_first_settings_frame() {
    for length in 1..=HTTP2_PREFACE.len() {
        follow(&[(&HTTP2_PREFACE[..length], true)]);
    }
    follow(&[(b"PRI ", true), (b"* HT", true), (&HTTP2_PREFACE[8..], true), (EMPTY_SETTINGS, false)]);
    let at_once = [HTTP2_PREFACE, EMPTY_SETTINGS].concat();
    follow(&[(&at_once, false), (&EMPTY_SETTINGS[..3], true), (&EMPTY_SETTINGS[3..], false)]);
    // An acknowledgement is not the client's own SETTINGS frame.
    follow(&[(HTTP2_PREFACE, true), (&[0, 0, 0, 4, 1, 0, 0, 0, 0], true)]);
}

#[test]
fn http1_head_is_partial_until_its_request_begins() {
    for cut in 1..GET.len() {
        let (input, mut tracker) = (Input::default(), Tracker::default());
        tracker.read(&GET[..cut], &input, false);
        assert!(input.is_partial(false), "{cut}");
        tracker.read(&GET[cut..], &input, false);
        assert!(input.head_complete(Some(0)));
        assert!(!input.is_partial(false), "{cut}");
        tracker.read(&GET[..cut], &input, false);
        assert!(input.is_partial(false), "{cut}: the second request is partial too");
    }
}

#[test]
fn half_head_behind_a_whole_request_is_partial_after_the_response() {
    for (request, body) in [
        (GET, Some(0)),
        (b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc", Some(3)),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", None),
    ] {
        for cut in 0..request.len() {
            for (half, partial) in [(&b""[..], false), (b"GET / HT", true)] {
                let (input, mut tracker) = (Input::default(), Tracker::default());
                tracker.read(&request[..cut], &input, false);
                tracker.read(&[&request[cut..], half].concat(), &input, false);
                assert!(input.head_complete(body), "the head's end was found");
                assert!(!input.is_partial(true), "the request is in flight");
                assert_eq!(input.is_partial(false), partial, "{cut} {half:?}");
            }
        }
    }
}

#[test]
fn body_that_comes_later_is_counted_to_its_end() {
    let (input, mut tracker) = (Input::default(), Tracker::default());
    tracker.read(b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\n", &input, false);
    assert!(input.head_complete(Some(3)));
    tracker.read(b"ab", &input, true);
    assert!(input.is_partial(false));
    tracker.read(b"c", &input, true);
    assert!(!input.is_partial(false));
}

#[test]
fn body_behind_a_request_in_flight_has_no_known_end() {
    let (input, mut tracker) = (Input::default(), Tracker::default());
    tracker.read(&[GET, b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc"].concat(), &input, false);
    assert!(input.head_complete(Some(0)));
    assert!(!input.head_complete(Some(3)));
}
