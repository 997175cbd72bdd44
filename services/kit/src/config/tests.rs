//! Flags together; each one's own form is tested next to its parser. Environment variables belong to a process, so they
//! are tested with the programs.

use std::time::Duration;

use super::*;

fn parse(arguments: &[&str]) -> Result<Config, clap::Error> {
    Config::from_command_line("backend", "For tests.", std::iter::once("backend").chain(arguments.iter().copied()))
}

fn error(arguments: &[&str]) -> String {
    parse(arguments).unwrap_err().to_string()
}

#[test]
fn the_command_is_well_formed() {
    Config::command().debug_assert();
}

#[test]
fn every_flag_has_its_environment_variable_and_a_sentence() {
    for argument in Config::command().get_arguments() {
        let flag = argument.get_long().unwrap();
        let variable = format!("MESHWALK_{}", flag.to_ascii_uppercase().replace('-', "_"));
        assert_eq!(argument.get_env().unwrap(), variable.as_str(), "--{flag}");
        assert!(argument.get_help().unwrap().to_string().len() > 15, "--{flag} has no help");
    }
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let config = parse(&[]).unwrap();
    assert_eq!(config.ports.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.ports.control_listen.to_string(), "127.0.0.1:8082");
    assert_eq!(config.upstreams.upstream_timeout, Duration::from_secs(15));
    assert!(config.upstreams.upstream_keep_alive);
    assert!(!config.trust_xfcc);
}

#[test]
fn a_switch_can_be_turned_off_by_its_flag() {
    assert!(parse(&["--trust-xfcc"]).unwrap().trust_xfcc);
    assert!(!parse(&["--upstream-keep-alive=false"]).unwrap().upstreams.upstream_keep_alive);
}

#[test]
fn a_wrong_value_names_the_flag_the_value_and_what_would_be_right() {
    for (arguments, parts) in [
        (["--listen", "8080"], ["'8080'", "--listen", "0.0.0.0:8080"]),
        (["--release", "v3"], ["'v3'", "--release", "v1, v2"]),
        (["--upstream-timeout", "15"], ["'15'", "--upstream-timeout", "500ms"]),
        (["--forward-header", "connection"], ["'connection'", "--forward-header", "leave it out"]),
        (["--max-header-bytes", "100"], ["100", "--max-header-bytes", "8192"]),
        (["--log-filter", "loud=very"], ["'loud=very'", "--log-filter", "debug"]),
        (["--hop-limit", "0"], ["'0'", "--hop-limit", "from 1 to 1000"]),
        (["--max-connections", "x"], ["'x'", "--max-connections", "from 1 to 1000000"]),
        (["--max-body-bytes", "1073741825"], ["'1073741825'", "--max-body-bytes", "from 0 to 1073741824"]),
        (["--fault-max-rules", "0"], ["'0'", "--fault-max-rules", "from 1 to 10000"]),
        (["--fault-max-cores", "-1"], ["'-1'", "--fault-max-cores", "such as 2 or 0.5"]),
        (["--fault-max-cores", "20ms"], ["'20ms'", "--fault-max-cores", "such as 2 or 0.5"]),
        (["--fault-max-cores", "1025"], ["'1025'", "--fault-max-cores", "up to 1024"]),
        (["--source-address", "1.2.3"], ["'1.2.3'", "--source-address", "10.0.0.7"]),
        (["--header-read-timeout", "0s"], ["'0s'", "--header-read-timeout", "1ms"]),
        (["--drain-delay", "999999h"], ["'999999h'", "--drain-delay", "24h"]),
        (["--control-listen", "0.0.0.0:8082"], ["'0.0.0.0:8082'", "--control-listen", "--control-token-file"]),
        (["--pod-version", "v2"], ["'v2'", "--pod-version", "version: v1"]),
        (["--fault", "nonsense=1"], ["'nonsense=1'", "--fault", "error"]),
        (["--control-token-file", "/nowhere/token"], ["'/nowhere/token'", "--control-token-file", "mount the Secret"]),
    ] {
        let text = error(&arguments);
        for part in parts {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }
}

#[test]
fn trusted_peers_that_could_never_be_known_are_refused() {
    let flag = "--inject-trusted-peer=spiffe://cluster.local/ns/tests/*";
    assert!(error(&[flag, "--trust-xfcc"]).contains("without --allow-inject"));
    assert!(error(&[flag, "--allow-inject"]).contains("without --trust-xfcc"));
    assert!(parse(&[flag, "--allow-inject", "--trust-xfcc"]).is_ok());
    assert!(error(&["--inject-trusted-peer=tests"]).contains("spiffe://"));
}

#[test]
fn two_upstreams_of_one_name_are_refused() {
    let text = error(&["--upstream", "b=http://one", "--upstream", "b=http://two"]);
    assert!(text.contains("'b=http://two'") && text.contains("the name 'b' is taken"), "{text}");
}

#[test]
fn what_may_be_none_at_all_may_be_0() {
    for flag in ["--drain-delay=0s", "--drain-timeout=0s", "--fault-max-delay=0s", "--fault-max-hang=0s"] {
        assert!(parse(&[flag]).is_ok(), "{flag}");
    }
    for flag in ["--max-body-bytes=0", "--fault-max-size=0", "--fault-max-memory=0"] {
        assert!(parse(&[flag]).is_ok(), "{flag}");
    }
}

#[test]
fn the_control_port_is_open_to_other_machines_only_with_a_token() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "secret\n").unwrap();
    let token = format!("--control-token-file={}", file.path().display());
    for address in ["0.0.0.0:0", "10.0.0.7:8082", "[::]:0", "[::ffff:10.0.0.7]:8082"] {
        let listen = format!("--control-listen={address}");
        assert!(error(&[&listen]).contains(address), "{address}");
        assert!(parse(&[&listen, &token]).is_ok(), "{address}");
    }
    for address in ["127.0.0.1:0", "127.9.8.7:0", "[::1]:0", "[::ffff:127.0.0.1]:0", "unix:/run/control.sock"] {
        assert!(parse(&[&format!("--control-listen={address}")]).is_ok(), "{address}");
    }
}

#[test]
fn an_empty_flag_is_refused_where_it_would_say_nothing() {
    for flag in [
        "--release",
        "--listen",
        "--upstream",
        "--connect",
        "--source-address",
        "--on-upstream-error",
        "--hop-limit",
        "--upstream-timeout",
        "--forward-header",
        "--trust-xfcc",
        "--fault",
        "--inject-trusted-peer",
        "--log-filter",
        "--fault-max-rules",
        "--fault-max-size",
        "--fault-max-cores",
        "--control-token-file",
        "--log-format",
    ] {
        assert!(error(&[&format!("{flag}=")]).contains(flag), "{flag}");
    }
    for flag in ["--service=", "--pod-name=", "--pod-namespace=", "--pod-version="] {
        assert!(parse(&[flag]).is_ok(), "{flag}");
    }
}

#[test]
fn a_label_that_is_not_there_is_no_other_release() {
    assert!(parse(&["--pod-version", ""]).is_ok());
}
