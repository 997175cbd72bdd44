//! Which hosts are accepted, by version of HTTP.

use super::*;

fn checked(version: Version, target: &str, hosts: &[&str]) -> Result<(), HostError> {
    let mut request = http::Request::builder().version(version).uri(target);
    for host in hosts {
        request = request.header(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
    }
    check(&request.body(()).unwrap().into_parts().0)
}

#[test]
fn accepts_hosts_of_the_grammar_and_rejects_others() {
    for host in [
        "",
        "backend",
        "backend:8080",
        "backend:",
        "127.0.0.1:80",
        "[::1]",
        "[fd00::1]:8080",
        "[v1f.a:b]:1",
        "a_b-c.d~e",
        "x!$&'()*+,;=y",
        "caf%C3%a9",
        "backend:99999",
    ] {
        assert_eq!(checked(Version::HTTP_11, "/", &[host]), Ok(()), "{host}");
        assert_eq!(checked(Version::HTTP_10, "/", &[host]), Ok(()), "{host}");
    }
    for host in [
        ":8080",
        ":",
        "two words",
        "a, b",
        "user@backend",
        "http://backend",
        "backend/",
        "backend?",
        "backend#",
        "backend:80a",
        "backend:80:80",
        "::1",
        "[::1",
        "[::1]x",
        "[]",
        "[::1%25eth0]",
        "[v.a]",
        "[v1.]",
        "caf%C",
        "caf%zz",
        "café",
        "a\tb",
        "a\\b",
        "a\"b",
    ] {
        assert_eq!(checked(Version::HTTP_11, "/", &[host]), Err(HostError::InvalidHeader), "{host}");
        assert_eq!(checked(Version::HTTP_10, "/", &[host]), Err(HostError::InvalidHeader), "{host}");
    }
}

#[test]
fn only_http11_requires_a_host_header_and_no_version_allows_two() {
    for (version, without) in
        [(Version::HTTP_10, Ok(())), (Version::HTTP_11, Err(HostError::Missing)), (Version::HTTP_2, Ok(()))]
    {
        assert_eq!(checked(version, "/", &[]), without, "{version:?}");
        assert_eq!(checked(version, "http://a/", &[]), without, "{version:?}");
        for hosts in [&["a", "a"], &["a", "b"], &["", ""]] {
            assert_eq!(checked(version, "/", hosts), Err(HostError::Repeated), "{version:?} {hosts:?}");
        }
    }
}

#[test]
fn absolute_target_replaces_the_header_in_http1() {
    assert_eq!(checked(Version::HTTP_11, "http://a:8080/", &["b"]), Ok(()));
    assert_eq!(checked(Version::HTTP_11, "http://a/", &[""]), Ok(()));
    assert_eq!(checked(Version::HTTP_11, "http://a/", &["two words"]), Err(HostError::InvalidHeader));
    for target in ["http://user@a/", "http://user:secret@a/", "http://:80/"] {
        assert_eq!(checked(Version::HTTP_11, target, &["a"]), Err(HostError::InvalidTarget), "{target}");
    }
    assert_eq!(checked(Version::HTTP_11, "*", &["a"]), Ok(()));
}

#[test]
fn header_must_agree_with_the_authority_in_http2() {
    for (target, host, expected) in [
        ("http://a/", "a", Ok(())),
        ("http://a/", "A:80", Ok(())),
        ("http://a:80/", "a:", Ok(())),
        ("https://a/", "a:443", Ok(())),
        ("http://[::1]:80/", "[::1]", Ok(())),
        ("http://a/", "a:443", Err(HostError::Conflict)),
        ("http://a/", "b", Err(HostError::Conflict)),
        ("http://a:8080/", "a", Err(HostError::Conflict)),
        ("http://a/", "", Err(HostError::Conflict)),
        ("http://user@a/", "a", Err(HostError::InvalidTarget)),
    ] {
        assert_eq!(checked(Version::HTTP_2, target, &[host]), expected, "{target} {host}");
    }
}
