use super::problem_of;

/// Expressions that Istio's webhook accepted.
const ACCEPTED: &[&str] = &[
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

/// Expressions that Istio's webhook rejected, with a part of the local message.
const REJECTED: &[(&str, &str)] = &[
    ("([", "a `[` has no `]`"),
    ("[]", "a `[` has no `]`"),
    ("[^]", "a `[` has no `]`"),
    (r"[a\]", "a `[` has no `]`"),
    ("(?:a", "a `(` has no `)`"),
    ("a)", "a `)` has no `(`"),
    ("*", "nothing to repeat before `*`"),
    ("(*)", "nothing to repeat before `*`"),
    ("a|*", "nothing to repeat before `*`"),
    ("(?i)*", "nothing to repeat before `*`"),
    ("a**", "repetition before the repetition `*`"),
    ("a+?*", "repetition before the repetition"),
    ("x{2}{3}", "repetition before the repetition `{3}`"),
    ("x*{3}", "repetition before the repetition"),
    ("a{1001}", "invalid repetition `{1001}`, at most 1000 times"),
    ("a{2,1}", "`{2,1}`"),
    ("a{1,1001}", "`{1,1001}`"),
    (r"\1", r"`\1`: RE2 has no backreferences"),
    (r"\8", r"`\8`"),
    (r"a\", r"trailing `\`"),
    ("(?=a)", "`(?=a`: unsupported group"),
    ("(?!a)", "no lookahead"),
    ("(?<=a)", "or lookbehind"),
    ("(?<!a)", "or lookbehind"),
    ("(?P=a)", "unsupported group"),
    ("(?>a)", "unsupported group"),
    ("(?#a)", "unsupported group"),
    ("(?x)a", "unsupported group"),
    ("(?i", "unsupported group"),
    ("(?P<>a)", "unsupported group"),
    (r"\p{Greek", "a `{` has no `}`"),
];

#[test]
fn accepts_expressions_that_istio_accepts() {
    for expression in ACCEPTED {
        assert_eq!(problem_of(expression), None, "{expression}");
    }
}

#[test]
fn rejects_expressions_that_istio_rejects() {
    for (expression, expected) in REJECTED {
        let problem = problem_of(expression).unwrap_or_default();
        assert!(problem.contains(expected), "{expression}: {problem}");
    }
}
