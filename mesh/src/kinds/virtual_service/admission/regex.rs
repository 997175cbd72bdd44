//! Regular expressions, in RE2's syntax: what both Istio and Envoy are sure to refuse in one. What is not found here,
//! as a class of a name that there is not, Envoy finds.

/// RE2's limit for the numbers of a repetition.
const MOST: u32 = 1000;

/// What is wrong with an expression, in words.
pub(super) fn fault_of(expression: &str) -> Option<String> {
    Scan { rest: expression, depth: 0, before: Before::Nothing }.run().err()
}

/// What stands before the next sign, as far as a repetition depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Something,
    Repetition,
}

struct Scan<'a> {
    rest: &'a str,
    depth: usize,
    before: Before,
}

impl<'a> Scan<'a> {
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
                    self.before = Before::Something;
                }
                '|' => self.before = Before::Nothing,
                '*' | '+' | '?' => self.repeat(&all[..1])?,
                '{' => match numbers(self.rest) {
                    Some((least, most, length)) => {
                        self.rest = &self.rest[length..];
                        let text = &all[..=length];
                        if least > MOST || most.is_some_and(|most| most > MOST || most < least) {
                            return Err(format!("`{text}` repeats in no way that there is: up to {MOST} times"));
                        }
                        self.repeat(text)?;
                    }
                    // Then it is a brace like any other sign.
                    None => self.before = Before::Something,
                },
                _ => self.before = Before::Something,
            }
        }
        if self.depth > 0 { Err("a `(` has no `)`".to_owned()) } else { Ok(()) }
    }

    fn repeat(&mut self, text: &str) -> Result<(), String> {
        match self.before {
            Before::Nothing => Err(format!("before `{text}` there is nothing to repeat")),
            Before::Repetition => Err(format!("before `{text}` there is a repetition already")),
            Before::Something => {
                // `*?` takes as little as it can.
                self.rest = self.rest.strip_prefix('?').unwrap_or(self.rest);
                self.before = Before::Repetition;
                Ok(())
            }
        }
    }

    /// After a backslash.
    fn escape(&mut self) -> Result<(), String> {
        let sign = self.rest.chars().next().ok_or("it ends with a `\\`")?;
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
                return Err(format!("`\\{sign}`: what was found before cannot be looked for again"));
            }
            'p' | 'P' if self.rest.starts_with('{') && !self.rest.contains('}') => {
                return Err("a `{` has no `}`".to_owned());
            }
            _ => {}
        }
        self.before = Before::Something;
        Ok(())
    }

    /// After the `[` of a class.
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
        self.before = Before::Something;
        Ok(())
    }

    /// After a `(`.
    fn group(&mut self) -> Result<(), String> {
        self.before = Before::Nothing;
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
                return Err(format!("`(?{shown}` is not in RE2, which has no looking ahead or behind"));
            }
        }
        self.rest = &special[end + 1..];
        Ok(())
    }
}

/// The numbers of a `{2}`, `{2,}` or `{2,3}` after its brace, and how long it is.
fn numbers(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let (inner, _) = text.split_once('}')?;
    // Longer ones are out of range anyhow.
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
