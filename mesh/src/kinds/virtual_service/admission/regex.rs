//! Checks regular expressions for syntax errors that both Istio and Envoy reject (RE2). Envoy itself finds the others,
//! such as unknown class names.

/// RE2's limit of repetitions.
const MAX_REPETITIONS: u32 = 1000;

/// Syntax error of an expression, if any.
pub(super) fn problem_of(expression: &str) -> Option<String> {
    RegexParser { rest: expression, depth: 0, before: PrecedingToken::Nothing }.run().err()
}

/// Token before the current position, as far as a repetition depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PrecedingToken {
    Nothing,
    Something,
    Repetition,
}

struct RegexParser<'a> {
    rest: &'a str,
    depth: usize,
    before: PrecedingToken,
}

impl<'a> RegexParser<'a> {
    fn run(mut self) -> Result<(), String> {
        while let Some(sign) = self.rest.chars().next() {
            let all = self.rest;
            self.rest = &all[sign.len_utf8()..];
            match sign {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    self.depth = self.depth.checked_sub(1).ok_or("a `)` has no `(`")?;
                    self.before = PrecedingToken::Something;
                }
                '|' => self.before = PrecedingToken::Nothing,
                '*' | '+' | '?' => self.repeat(&all[..1])?,
                '{' => match numbers(self.rest) {
                    Some((least, most, length)) => {
                        self.rest = &self.rest[length..];
                        let text = &all[..=length];
                        if least > MAX_REPETITIONS || most.is_some_and(|most| most > MAX_REPETITIONS || most < least) {
                            return Err(format!("invalid repetition `{text}`, at most {MAX_REPETITIONS} times"));
                        }
                        self.repeat(text)?;
                    }
                    // The brace is a literal character.
                    None => self.before = PrecedingToken::Something,
                },
                _ => self.before = PrecedingToken::Something,
            }
        }
        if self.depth > 0 { Err("a `(` has no `)`".to_owned()) } else { Ok(()) }
    }

    fn repeat(&mut self, text: &str) -> Result<(), String> {
        match self.before {
            PrecedingToken::Nothing => Err(format!("nothing to repeat before `{text}`")),
            PrecedingToken::Repetition => Err(format!("repetition before the repetition `{text}`")),
            PrecedingToken::Something => {
                // `*?` is a lazy repetition.
                self.rest = self.rest.strip_prefix('?').unwrap_or(self.rest);
                self.before = PrecedingToken::Repetition;
                Ok(())
            }
        }
    }

    /// Parses an escape after its backslash.
    fn escape(&mut self) -> Result<(), String> {
        let sign = self.rest.chars().next().ok_or("trailing `\\`")?;
        self.rest = &self.rest[sign.len_utf8()..];
        match sign {
            'Q' => {
                let (text, after) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = after;
                if text.is_empty() {
                    return Ok(());
                }
            }
            '1'..='9' if sign > '7' || !self.rest.starts_with(|next| ('0'..='7').contains(&next)) => {
                return Err(format!("`\\{sign}`: RE2 has no backreferences"));
            }
            'p' | 'P' if self.rest.starts_with('{') && !self.rest.contains('}') => {
                return Err("a `{` has no `}`".to_owned());
            }
            _ => {}
        }
        self.before = PrecedingToken::Something;
        Ok(())
    }

    /// Parses a class after its `[`.
    fn class(&mut self) -> Result<(), String> {
        let mut rest = self.rest.strip_prefix('^').unwrap_or(self.rest);
        let mut first = true;
        loop {
            let sign = rest.chars().next().ok_or("a `[` has no `]`")?;
            let named = rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]"));
            rest = match (sign, named) {
                (']', _) if !first => break,
                (_, Some((_, after))) => after,
                ('\\', None) => {
                    let mut after = rest[1..].chars();
                    after.next();
                    after.as_str()
                }
                _ => &rest[sign.len_utf8()..],
            };
            first = false;
        }
        self.rest = &rest[1..];
        self.before = PrecedingToken::Something;
        Ok(())
    }

    /// Parses a group after its `(`.
    fn group(&mut self) -> Result<(), String> {
        self.before = PrecedingToken::Nothing;
        let Some(special) = self.rest.strip_prefix('?') else {
            self.depth += 1;
            return Ok(());
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '!', '(', ')']);
        let named = special.strip_prefix("P<").or_else(|| special.strip_prefix('<'));
        if let Some((_, after)) = named.and_then(|rest| rest.split_once('>')).filter(|(name, _)| is_name(name)) {
            self.rest = after;
            self.depth += 1;
            return Ok(());
        }
        let end = special.find(|c| !"imsU-".contains(c)).unwrap_or(special.len());
        match special[end..].chars().next() {
            Some(':') => self.depth += 1,
            Some(')') => {}
            _ => {
                let shown: String = special.chars().take(end.max(2)).collect();
                return Err(format!("`(?{shown}`: unsupported group; RE2 has no lookahead or lookbehind"));
            }
        }
        self.rest = &special[end + 1..];
        Ok(())
    }
}

/// Parses `{2}`, `{2,}` or `{2,3}` after the brace: minimum, maximum and length.
fn numbers(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let (inner, _) = text.split_once('}')?;
    // Longer numbers are out of range.
    let number = |text: &str| {
        (!text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())).then(|| text.parse().unwrap_or(u32::MAX))
    };
    let (least, most) = match inner.split_once(',') {
        None => (number(inner)?, Some(number(inner)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((least, most, inner.len() + 1))
}

#[cfg(test)]
mod tests;
