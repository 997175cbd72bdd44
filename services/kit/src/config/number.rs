//! Whole numbers within bounds.

use std::ops::RangeInclusive;

/// A parser for whole numbers of this range.
pub(super) fn within<N: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        // Digits alone: a sign would be read too, but means nothing here.
        let number = number.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| format!("expected a whole number from {} to {}", range.start(), range.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_the_range_belong_to_it() {
        let parse = within::<u32>(1..=1000);
        assert_eq!(parse("1"), Ok(1));
        assert_eq!(parse("1000"), Ok(1000));
    }

    #[test]
    fn anything_else_is_told_the_range() {
        for text in ["0", "1001", "-1", "+1", "x", "", "1.5", "1k", " 1", "99999999999999999999"] {
            assert_eq!(within::<u32>(1..=1000)(text), Err("expected a whole number from 1 to 1000".into()), "{text:?}");
        }
    }
}
