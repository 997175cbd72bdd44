use proptest::prelude::*;

use super::*;

/// The error for a text, as a user sees it.
fn error(source: &str) -> String {
    parse(source).map(|rules| format!("{rules:?}")).unwrap_err().to_string()
}

#[test]
fn a_rule_has_a_mode_an_argument_a_percentage_and_keys() {
    let rules = parse(" latency = 200ms @ 50 % ; path = /api/* ; id=slow | error=503\n\n unready ").unwrap();
    let shown: Vec<_> = rules
        .iter()
        .map(|rule| {
            let keys: Vec<_> = rule.keys.iter().map(|(key, value)| (key.text.as_str(), value.text.as_str())).collect();
            let text = |value: &Option<Value>| value.as_ref().map(|value| value.text.clone());
            (rule.mode.text.as_str(), text(&rule.argument), text(&rule.rate), keys)
        })
        .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        shown,
        [
            ("latency", some("200ms"), some("50"), vec![("path", "/api/*"), ("id", "slow")]),
            ("error", some("503"), None, vec![]),
            ("unready", None, None, vec![]),
        ]
    );
}

#[test]
fn a_quoted_value_may_hold_anything() {
    let rules = parse(r#"error=503;path=" /a|b;c@\"d\\e ""#).unwrap();
    assert_eq!(rules[0].keys[0].1.text, r#" /a|b;c@"d\e "#);
    assert_eq!(parse("error=503;path=\"/a\nb\"").unwrap()[0].keys[0].1.text, "/a\nb");
}

#[test]
fn blank_text_holds_no_rules() {
    for text in ["", " ", "\n\n", "\r\n \t\n"] {
        assert_eq!(parse(text), Ok(vec![]), "{text:?}");
    }
}

#[test]
fn an_error_has_a_caret_under_the_place() {
    assert_eq!(
        error("error=503\nlatency=200ms;path"),
        "the key `path` has no value (line 2, column 19)\n  latency=200ms;path\n                    ^\n  write ;path=VALUE"
    );
}

#[test]
fn every_way_out_of_the_grammar_says_where_and_what_would_be_right() {
    for (source, column, message) in [
        ("=503", 1, "a mode is missing"),
        ("| error=503", 1, "a rule is missing before `|`"),
        ("error=503 |", 12, "a rule is missing after `|`"),
        ("error=503 || error=500", 12, "a rule is missing after `|`"),
        ("error=", 7, "the argument is empty"),
        ("error=503;id=", 14, "the value is empty"),
        ("error=503@", 11, "a percentage is missing"),
        ("error=503@30", 11, "has no per cent sign"),
        ("error=503@30%;", 15, "a key is missing"),
        ("error=503;path=/x@30%", 18, "an `@` out of place"),
        ("error=503@30%@40%", 14, "an `@` out of place"),
        ("error=503@30%x", 14, "the rule ends here"),
        ("error=5\"03\"", 8, "a quotation mark within a value"),
        ("error=\"503\"x", 12, "the rule ends here"),
        ("error=\"503\"\"4\"", 12, "a quotation mark out of place"),
        ("error=\"503", 7, "a quotation mark that is not closed"),
        ("error=503;path=\"/\\n\"", 18, "an unknown escape"),
    ] {
        let error = parse(source).unwrap_err();
        assert_eq!((error.line(), error.column()), (1, column), "{source}\n{error}");
        assert!(error.to_string().starts_with(message) || error.to_string().contains(message), "{source}\n{error}");
    }
}

#[test]
fn a_place_in_a_quoted_value_is_counted_with_its_escapes() {
    let source = r#"m="a\"b\\c""#;
    let value = parse(source).unwrap().remove(0).argument.unwrap();
    assert_eq!(value.text, r#"a"b\c"#);
    for (byte, column) in [(0, 4), (1, 5), (2, 7), (3, 8), (4, 10), (5, 11)] {
        let error = value.error(source, ValueError::new(byte..byte + 1, "", ""));
        assert_eq!(error.column(), column, "byte {byte}");
    }
}

#[test]
fn an_error_in_a_huge_line_is_short() {
    let error = error(&format!("error={};;", "é".repeat(1000)));
    assert!(error.chars().count() < 400, "{error}");
    assert!(error.contains('…'), "{error}");
}

#[test]
fn huge_texts_are_refused_and_long_ones_read() {
    assert!(error(&"x".repeat(MAX_TEXT + 1)).contains("at most 262144 bytes are read"));
    assert!(error(&format!("error={}", "5".repeat(MAX_VALUE + 1))).contains("at most 2048 are allowed"));
    assert_eq!(parse(&"unready|".repeat(20_000)[..159_999]).unwrap().len(), 20_000);
    for piece in ["|", "\"", ";", "a=\"", "a;a=a;", "\\", "\n", "@1%"] {
        let _ = parse(&piece.repeat(MAX_TEXT / piece.len()));
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text: String, syntax in r#"[a-z0-9=@%;|"\\ \né,:().-]{0,60}"#) {
        for text in [text, syntax] {
            if let Err(error) = parse(&text) {
                prop_assert!(error.to_string().contains('^'));
            }
        }
    }

    #[test]
    fn every_value_can_be_written(text in "\\PC{0,40}|[ \n;|@\"\\\\a]{0,12}") {
        let rules = parse(&format!("a={}@5%;b={}", Quoted(&text), Quoted(&text))).unwrap();
        prop_assert_eq!(&rules[0].argument.as_ref().unwrap().text, &text);
        prop_assert_eq!(&rules[0].keys[0].1.text, &text);
    }
}
