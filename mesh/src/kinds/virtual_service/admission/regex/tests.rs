use super::fault_of;

/// What Istio's webhook takes, which was asked.
const TAKEN: &[&str] = &[
    "",
    "a{",
    "a{,5}",
    "{",
    "[[]",
    "[]a]",
    "[^]]",
    "^*",
    "(|a)",
    "()",
    r"\Qa(b\E",
    r"\Qa(b",
    r"a\Q\E*",
    r"\12",
    r"\0",
    r"\z",
    r"\_",
    r"\<",
    "(?<a>b)",
    "(?P<a>b)",
    "(?i)a",
    "(?i-s:a)",
    "a{1000}",
    "[[:alpha:]]",
    r"\p{Greek}",
    r"\pN",
    r"[\d-z]",
    r"\x{41}",
    "[a&&b]",
    "[a-b-c]",
    r"\b*",
    "|",
    "/api/v[0-9]+(/.*)?",
    "a*?b+?c??",
    "ä*",
    "a{2}b{2,}c{2,3}?",
];

/// What it refuses.
const REFUSED: &[(&str, &str)] = &[
    ("([", "a `[` has no `]`"),
    ("[]", "a `[` has no `]`"),
    ("[^]", "a `[` has no `]`"),
    (r"[a\]", "a `[` has no `]`"),
    ("(?:a", "a `(` has no `)`"),
    ("a)", "a `)` has no `(`"),
    ("*", "before `*` there is nothing to repeat"),
    ("(*)", "before `*` there is nothing"),
    ("a|*", "before `*` there is nothing"),
    ("(?i)*", "before `*` there is nothing"),
    ("a**", "before `*` there is a repetition already"),
    ("a+?*", "a repetition already"),
    ("x{2}{3}", "before `{3}` there is a repetition already"),
    ("x*{3}", "a repetition already"),
    ("a{1001}", "`{1001}` repeats in no way that there is: up to 1000 times"),
    ("a{2,1}", "`{2,1}`"),
    ("a{1,1001}", "`{1,1001}`"),
    (r"\1", r"`\1`: what was found before"),
    (r"\8", r"`\8`"),
    (r"a\", r"ends with a `\`"),
    ("(?=a)", "`(?=a` is not in RE2"),
    ("(?!a)", "no looking ahead"),
    ("(?<=a)", "or behind"),
    ("(?<!a)", "or behind"),
    ("(?P=a)", "is not in RE2"),
    ("(?>a)", "is not in RE2"),
    ("(?#a)", "is not in RE2"),
    ("(?x)a", "is not in RE2"),
    ("(?i", "is not in RE2"),
    ("(?P<>a)", "is not in RE2"),
    (r"\p{Greek", "a `{` has no `}`"),
];

#[test]
fn no_expression_is_refused_that_istio_takes() {
    for expression in TAKEN {
        assert_eq!(fault_of(expression), None, "{expression}");
    }
}

#[test]
fn an_expression_that_istio_refuses_is_refused_with_the_reason() {
    for (expression, words) in REFUSED {
        let fault = fault_of(expression).unwrap_or_default();
        assert!(fault.contains(words), "{expression}: {fault}");
    }
}
