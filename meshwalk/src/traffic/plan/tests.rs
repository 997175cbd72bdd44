use super::*;

fn plan() -> Plan {
    Plan::get(Address::Tcp(([127, 0, 0, 1], 1).into()), "meshwalk.localhost", "/", 10.0, Duration::from_secs(3))
}

#[test]
fn the_number_of_requests_is_the_rate_times_the_duration() {
    assert_eq!(plan().requests(), 30);
    assert_eq!(Plan { rate: 0.1, duration: Duration::from_secs(30), ..plan() }.requests(), 3);
    assert_eq!(Plan { rate: 3.0, duration: Duration::from_millis(500), ..plan() }.requests(), 2);
    assert_eq!(plan().due(15), Duration::from_millis(1500));
}

#[test]
fn a_plan_that_cannot_be_carried_out_names_what_is_wrong() {
    let refused = |plan: Plan| plan.request().unwrap_err().to_string();
    assert!(refused(Plan { rate: f64::NAN, ..plan() }).contains("rate NaN/s"));
    assert!(refused(Plan { rate: 1e9, ..plan() }).contains("up to 50000/s"));
    assert!(refused(Plan { rate: 50_000.0, duration: Duration::from_secs(3600), ..plan() }).contains("180000000"));
    assert!(refused(Plan { duration: Duration::ZERO, ..plan() }).contains("duration"));
    assert!(refused(Plan { path: "api".into(), ..plan() }).contains("\"api\""));
    assert!(refused(Plan { path: "/a b".into(), ..plan() }).contains("%20"));
    assert!(refused(Plan { authority: String::new(), ..plan() }).contains("host"));
    assert!(refused(Plan { headers: vec![("x y".into(), "1".into())], ..plan() }).contains("\"x y\""));
    assert!(refused(Plan { headers: vec![("x-y".into(), "1\n2".into())], ..plan() }).contains("x-y"));
}

#[test]
fn a_fresh_connection_says_that_it_will_be_closed() {
    let request = Plan { fresh_connections: true, ..plan() }.request().unwrap();
    assert_eq!(request.headers()["connection"], "close");
    assert_eq!(request.headers()["host"], "meshwalk.localhost");
}

#[test]
fn rejects_headers_that_frame_messages_or_rule_the_connection() {
    let with = |headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Plan { headers, ..plan() }.request()
    };
    for name in ["Content-Length", "transfer-encoding", "Connection", "Upgrade", "TE", "Keep-Alive"] {
        assert_eq!(with(&[(name, "5")]).unwrap_err(), PlanError::Framing(name.to_owned()));
    }
    assert_eq!(with(&[("host", "a"), ("Host", "b")]).unwrap_err(), PlanError::TwoHosts);
    assert_eq!(with(&[("Host", "a")]).unwrap().headers()["host"], "a");
}

#[test]
fn http2_requests_carry_the_host_in_their_uri_alone() {
    let headers = vec![("host".to_owned(), "other:81".to_owned())];
    let request = Plan { http2: true, fresh_connections: true, headers, ..plan() }.request().unwrap();
    assert_eq!(request.uri(), "http://other:81/");
    assert!(request.headers().is_empty(), "{:?}", request.headers());
}
