//! A distribution of delays through given quantiles.

use std::{fmt, time::Duration};

use super::arguments::Part;
use crate::{
    error::ValueError,
    quantity::{Percent, Written, parse_duration},
};

/// The most points that a rule may give.
const MAX_POINTS: usize = 32;

const HELP: &str = "write points as in quantiles(p50:10ms,p90:50ms,p99:1s)";

/// A continuous distribution through points: between two of them all delays have the same probability. Below the lowest
/// point it falls to no delay at 0 %, and above the highest it continues as between the last two points, up to 100 %,
/// unless `p0` or `p100` say otherwise. Two points of the same delay hold the requests between them at that delay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantiles(Vec<Point>);

/// Share of delays that are at most as long as the duration.
type Point = (Percent, Duration);

impl Quantiles {
    /// Reads the points between the parentheses.
    pub(super) fn parse(parts: &[Part<'_>]) -> Result<Self, ValueError> {
        let mut points: Vec<Point> = Vec::with_capacity(parts.len());
        for (position, part) in parts.iter().enumerate() {
            if position == MAX_POINTS {
                let message = format!("more than {MAX_POINTS} points");
                return Err(ValueError::new(part.at.clone(), message, "leave out what the others say already"));
            }
            let point = point(part.text).map_err(|error| error.shifted(part.at.start))?;
            if let Some(before) = points.last() {
                follows(*before, point, part)?;
            }
            points.push(point);
        }
        match points.as_slice() {
            [(Percent::NONE, _)] => {
                let at = parts.first().map_or(0..0, |part| part.at.clone());
                Err(ValueError::new(at, "p0 alone says nothing about longer delays", "add a point, as in p99:1s"))
            }
            _ => Ok(Self(points)),
        }
    }

    /// Points in rising order, at least one and not only `p0`: the percentage of delays up to a duration.
    pub fn points(&self) -> &[(Percent, Duration)] {
        &self.0
    }
}

fn point(text: &str) -> Result<Point, ValueError> {
    let Some((name, delay)) = text.split_once(':') else {
        return Err(ValueError::new(0..text.len(), format!("the point `{text}` has no delay"), HELP));
    };
    let Some(number) = name.strip_prefix('p') else {
        return Err(ValueError::new(0..name.len(), format!("the point `{name}` does not begin with `p`"), HELP));
    };
    let percent = Percent::parse(number.trim_end()).map_err(|error| error.shifted(1))?;
    let indent = name.len() + 1 + (delay.len() - delay.trim_start().len());
    let delay = parse_duration(delay.trim()).map_err(|error| error.shifted(indent))?;
    Ok((percent, delay))
}

/// Complains of a point that cannot follow the one before it.
fn follows(before: Point, point: Point, part: &Part<'_>) -> Result<(), ValueError> {
    let (percent, delay) = (part.at.start..part.at.start + part.text.find(':').unwrap_or_default(), part.at.clone());
    if point.0 == before.0 {
        let message = format!("p{} appears twice", point.0);
        return Err(ValueError::new(percent, message, "leave one of them out"));
    }
    if point.0 < before.0 {
        let message = format!("p{} comes after p{}", point.0, before.0);
        return Err(ValueError::new(percent, message, "write the points in rising order"));
    }
    if point.1 < before.1 {
        let message = format!("p{}:{} is less than p{}:{}", point.0, Written(point.1), before.0, Written(before.1));
        return Err(ValueError::new(delay, message, "a higher percentage has the same delay or a longer one"));
    }
    Ok(())
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (percent, delay)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}p{percent}:{}", Written(*delay))?;
        }
        Ok(())
    }
}

#[cfg(test)]
impl Quantiles {
    /// A distribution through points that the caller has put in order.
    pub(crate) fn through(points: Vec<(Percent, Duration)>) -> Self {
        Self(points)
    }
}
