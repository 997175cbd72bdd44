//! How far faults reach: never to the admin port and the control port, for every mode that there is.

use std::time::Instant;

use http::{Method, Request, StatusCode};
use http_body_util::Full;
use meshwalk_kit::faults::{ModeRow, modes};
use serde_json::json;

use super::{
    client::{Answer, Client, hello},
    service::{DEADLINE, Service},
};

/// The rules of a mode's examples, each about every request and for as long as it is active.
fn rules(mode: &ModeRow) -> Vec<String> {
    let whole = |example: &str| example.split(['@', ';']).next().unwrap().to_owned();
    mode.example.split(", ").map(whole).collect()
}

/// An answer of a port that no fault reaches, in the time that it takes; the request asks for the fault, too.
async fn ask(method: Method, address: &str, path: &str, rule: &str, body: &str) -> Answer {
    let url = format!("http://{address}{path}");
    let request = Request::builder().method(method).uri(url).header("x-meshwalk-inject", rule);
    let request = request.body(Full::from(body.to_owned())).unwrap();
    let answer = tokio::time::timeout(DEADLINE, Client::http1().send(request)).await;
    let answer = answer.unwrap_or_else(|_| panic!("{rule}: {path} does not answer")).unwrap();
    for header in ["x-meshwalk-fault", "x-meshwalk-inject", "retry-after"] {
        assert_eq!(answer.header(header), "", "{rule}: {path}");
    }
    answer
}

/// Every answer of the admin port, but for the probes that fail.
async fn check_admin(service: &Service, rule: &str, fails: &[&str]) {
    for (path, holds) in [
        ("/livez", "alive\n"),
        ("/startupz", "started\n"),
        ("/readyz", "\"ready\":"),
        ("/metrics", "\nmeshwalk_build_info{"),
        ("/version", "\"service\":\"backend\""),
    ] {
        let answer = ask(Method::GET, &service.admin, path, rule, "").await;
        let fails = fails.contains(&path);
        let right = if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        assert_eq!(answer.status, right, "{rule}: {path}: {}", answer.body);
        assert!(fails || answer.body.contains(holds), "{rule}: {path}: {}", answer.body);
    }
}

/// What the control port says of the only rule.
async fn state(service: &Service, rule: &str) -> serde_json::Value {
    let answer = ask(Method::GET, &service.control, "/faults", rule, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{rule}: {}", answer.body);
    let rules = answer.json()["rules"].clone();
    assert_eq!(rules.as_array().map(Vec::len), Some(1), "{rule}: {rules}");
    rules[0].clone()
}

/// Asks the application until the rule has seen a request, whatever comes of the request.
async fn until_it_meets_a_request(service: &Service, rule: &str) {
    let address = service.address.clone();
    // It may be reset, hang, or take long; the service's end is the request's.
    let asking = tokio::spawn(async move { Client::http1().get(&address, "/api/hello", &[]).await.map(drop) });
    let began = Instant::now();
    while state(service, rule).await["matched"] == 0 {
        assert!(began.elapsed() < DEADLINE, "{rule}: no request meets it");
        tokio::task::yield_now().await;
    }
    asking.abort();
}

async fn check(mode: &ModeRow, rule: &str) {
    let at_run_time = mode.levels[1];
    let flag = format!("--fault={rule}");
    let flags: &[&str] = if at_run_time { &["--allow-inject"] } else { &["--allow-inject", &flag] };
    let service = Service::start("backend", flags).await;
    if at_run_time {
        let answer = ask(Method::POST, &service.control, "/faults", rule, rule).await;
        assert_eq!(answer.status, StatusCode::OK, "{rule}: {}", answer.body);
    }
    check_admin(&service, rule, &mode.fails).await;
    let state = state(&service, rule).await;
    if mode.about != "the process" {
        assert_eq!((&state["matched"], &state["fired"]), (&json!(0), &json!(0)), "{rule} was held against them");
        until_it_meets_a_request(&service, rule).await;
        check_admin(&service, rule, &mode.fails).await;
    } else if !mode.fails.is_empty() {
        assert_eq!(state["fired"], json!(mode.fails.len()), "{rule}");
    }
    let answer = ask(Method::DELETE, &service.control, "/faults", rule, "").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"removed": ["r1"]})), "{rule}");
    check_admin(&service, rule, &[]).await;
    assert!(service.faults.list().is_empty(), "{rule}");
    assert_eq!(hello(&service.address, &[]).await.status, StatusCode::OK, "{rule}");
}

#[tokio::test]
async fn no_fault_of_any_mode_reaches_the_admin_port_or_the_control_port() {
    let mut checked = 0;
    // Of the table, one mode ends the process, which would be this one. The programs' tests see it answer until then.
    for mode in modes().iter().filter(|mode| !mode.ends) {
        for rule in rules(mode) {
            check(mode, &rule).await;
            checked += 1;
        }
    }
    assert!(checked >= modes().len(), "not every mode has an example");
}

#[test]
fn only_modes_that_are_there_for_it_fail_probes_or_end_the_process() {
    let told = |tells: fn(&ModeRow) -> bool| -> Vec<String> {
        modes().iter().filter(|mode| tells(mode)).map(|mode| mode.forms[0].clone()).collect()
    };
    assert_eq!(told(|mode| !mode.fails.is_empty()), ["unready", "not-live", "slow-start=DURATION"]);
    assert_eq!(told(|mode| mode.ends), ["crash"]);
}
