//! The shape of fault rules, checked before a lab starts. What the arguments of a mode mean is the application's to say
//! when it gets them: the grammar is fixed, the modes grow.

use super::fault_modes;

/// Checks the shape of fault rules, and that there are such modes, one per line or separated by `|`:
/// `mode [ "=" argument ] [ "@" number "%" ] { ";" key "=" value }`.
///
/// # Errors
/// What is wrong with the first rule that is none.
pub(super) fn check(text: &str) -> Result<(), String> {
    for rule in rules(text)? {
        fault_modes::check(mode_of(rule)).map_err(|why| format!("the fault rule `{rule}` is wrong: {why}"))?;
    }
    Ok(())
}

/// The rules of a text, one by one, if they have the right shape.
///
/// # Errors
/// As [`check`].
pub fn rules(text: &str) -> Result<Vec<&str>, String> {
    let rules: Vec<_> = split(text, &['|', '\n'])?.into_iter().map(str::trim).filter(|rule| !rule.is_empty()).collect();
    for rule in &rules {
        one(rule).map_err(|why| {
            format!("the fault rule `{rule}` is wrong: {why}; a rule is MODE=ARGUMENT@PERCENT%;KEY=VALUE, as `error=503@30%;id=bad`")
        })?;
    }
    if rules.is_empty() {
        return Err("there is no fault rule in it; write one, as `error=503@30%`".to_owned());
    }
    Ok(rules)
}

fn one(rule: &str) -> Result<(), String> {
    let parts = split(rule, &[';'])?;
    let (head, keys) = parts.split_first().ok_or("it is empty")?;
    let at = split(head, &['@'])?;
    let mode = mode_of(rule);
    if !is_word(mode) {
        return Err(format!("`{mode}` is not a mode"));
    }
    match at.as_slice() {
        [_] => {}
        [_, rate] => {
            crate::lab::quantity::percentage(rate.trim()).map_err(|_| format!("`{rate}` is not a percentage"))?;
        }
        _ => return Err("it has two rates".to_owned()),
    }
    for pair in keys {
        match pair.split_once('=') {
            Some((key, value)) if is_word(key) && !value.trim().is_empty() => {}
            _ => return Err(format!("`{pair}` is not KEY=VALUE")),
        }
    }
    Ok(())
}

fn mode_of(rule: &str) -> &str {
    rule.split([';', '@', '=']).next().unwrap_or_default().trim()
}

fn is_word(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Splits at separators outside of quotes.
fn split<'a>(text: &'a str, separators: &[char]) -> Result<Vec<&'a str>, String> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if !quoted && separators.contains(&c) => {
                parts.push(&text[start..index]);
                start = index + c.len_utf8();
            }
            _ => {}
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    parts.push(&text[start..]);
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn rules_of_the_grammar_have_the_right_shape() {
        for right in [
            "error=503@30%",
            "latency=200ms@50%;path=/api/*",
            "latency=uniform(10ms,80ms);header=x-user:alice;seed=7;ttl=60s;id=slow-alice",
            "error=500:5,503:10",
            "unready",
            "error=503 | latency=1s\nunready",
            r#"error=503;path="/a;b|c@d\"e""#,
        ] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
    }

    #[test]
    fn what_is_no_rule_is_told_with_the_shape_of_one() {
        for (wrong, why) in [
            ("error=503@30", "`30` is not a percentage"),
            ("error=503@130%", "`130%` is not a percentage"),
            ("=503", "`` is not a mode"),
            ("error=503;id", "`id` is not KEY=VALUE"),
            ("error=503@1%@2%", "it has two rates"),
        ] {
            let error = check(wrong).unwrap_err();
            assert!(error.contains(why) && error.contains("MODE=ARGUMENT@PERCENT%"), "{wrong}: {error}");
        }
        let unknown = check("error=503|eror=503").unwrap_err();
        assert_eq!(unknown, "the fault rule `eror=503` is wrong: `eror` is not a mode; did you mean `error`?");
        assert_eq!(check("error=\"5"), Err("a quote is not closed".to_owned()));
        assert_eq!(check(" \n"), Err("there is no fault rule in it; write one, as `error=503@30%`".to_owned()));
    }
}
