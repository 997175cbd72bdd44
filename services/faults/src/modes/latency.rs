//! Modes that cost time.

mod arguments;
mod quantiles;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

pub use quantiles::Quantiles;

use super::{ModeSpec, spec::family};
use crate::{
    error::{ValueError, suggestion},
    quantity::{Millionths, Written, parse_duration},
};
use arguments::Call;

family! {
    /// Faults that cost time.
    Timing {
        /// The request waits.
        Latency(delay: Delay = Delay::parse) = ModeSpec {
            name: "latency",
            arguments: &[
                "DURATION",
                "uniform(FROM,TO)",
                "normal(MEAN,DEVIATION)",
                "lognormal(MEDIAN,SIGMA)",
                "quantiles(pPERCENT:DURATION,...)",
            ],
            summary: "waits before the request is handled, or after it with at=after; the delays of several rules add \
                      up",
            example: "latency=200ms@50%;path=/api/*, latency=uniform(10ms,80ms), latency=normal(50ms,10ms), \
                      latency=lognormal(20ms,0.8), latency=quantiles(p50:10ms,p90:50ms,p99:1s)",
            causes_delays: true,
            caps: Some("--fault-max-delay, for all rules together"),
            ..ModeSpec::CALLS
        };
    }
}

/// Names of the distributions.
const DISTRIBUTIONS: [&str; 4] = ["uniform", "normal", "lognormal", "quantiles"];

/// Largest sigma. With it, one delay in a thousand exceeds 10^10 medians.
const MAX_SIGMA: Millionths = Millionths::whole(10);

/// Argument of `latency`: a delay, or a distribution of delays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delay {
    /// Always this delay.
    Fixed(Duration),
    /// Uniform from the first to the second, both included.
    Uniform(Duration, Duration),
    /// Around a mean.
    Normal(Normal),
    /// Around a median, with a long tail.
    LogNormal(LogNormal),
    /// Through given points.
    Quantiles(Quantiles),
}

impl Delay {
    /// Parses `200ms`, `uniform(10ms,80ms)` and so on.
    pub(crate) fn parse(text: &str) -> Result<Self, ValueError> {
        let Some(call) = Call::parse(text)? else {
            return parse_duration(text).map(Self::Fixed);
        };
        match call.name {
            "uniform" => uniform(&call),
            "normal" => normal(&call),
            "lognormal" => lognormal(&call),
            "quantiles" => Quantiles::parse(&call.parts).map(Self::Quantiles),
            name => {
                let message = format!("`{name}` is not a known distribution{}", suggestion(name, DISTRIBUTIONS));
                let help = format!("write a duration, as in latency=200ms, or one of {}", DISTRIBUTIONS.join(", "));
                Err(ValueError::new(0..name.len(), message, help))
            }
        }
    }
}

/// A normal distribution of delays, on the condition that a delay is not negative. The condition moves the mean: by less
/// than half a per cent of the deviation where the mean is three deviations or more, and for `normal(10ms,10ms)` to
/// 12.9 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Normal {
    /// The mean of the plain distribution.
    pub mean: Duration,
    /// Its standard deviation.
    pub deviation: Duration,
}

/// Delays whose logarithm has a normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogNormal {
    /// Median of the delays.
    pub median: Duration,
    /// Standard deviation of the natural logarithm.
    pub sigma: Millionths,
}

fn uniform(call: &Call<'_>) -> Result<Delay, ValueError> {
    let parts = call.two("a uniform distribution has two bounds", "write them as in latency=uniform(10ms,80ms)")?;
    let [low, high] = [parts[0].duration()?, parts[1].duration()?];
    if low > high {
        let [from, to] = parts.map(|part| part.text);
        let message = format!("the bounds are the wrong way round: {from} is more than {to}");
        return Err(ValueError::new(call.inside.clone(), message, "write the smaller bound first"));
    }
    Ok(Delay::Uniform(low, high))
}

fn normal(call: &Call<'_>) -> Result<Delay, ValueError> {
    let help = "write them as in latency=normal(50ms,10ms)";
    let [mean, deviation] = call.two("a normal distribution has a mean and a standard deviation", help)?;
    Ok(Delay::Normal(Normal { mean: mean.duration()?, deviation: deviation.duration()? }))
}

fn lognormal(call: &Call<'_>) -> Result<Delay, ValueError> {
    let help = "write them as in latency=lognormal(20ms,0.8); sigma is the deviation of the natural logarithm";
    let [median, sigma] = call.two("a lognormal distribution has a median and a sigma", help)?;
    let wrong = |message: String| ValueError::new(sigma.at.clone(), message, help);
    let read = Millionths::parse(sigma.text)
        .ok_or_else(|| wrong(format!("`{}` is not a number with at most six digits after the point", sigma.text)))?;
    if read > MAX_SIGMA {
        return Err(wrong(format!("a sigma of {read} is more than {MAX_SIGMA}")));
    }
    Ok(Delay::LogNormal(LogNormal { median: median.duration()?, sigma: read }))
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(delay) => Written(*delay).fmt(f),
            Self::Uniform(low, high) => write!(f, "uniform({},{})", Written(*low), Written(*high)),
            Self::Normal(Normal { mean, deviation }) => {
                write!(f, "normal({},{})", Written(*mean), Written(*deviation))
            }
            Self::LogNormal(LogNormal { median, sigma }) => write!(f, "lognormal({},{sigma})", Written(*median)),
            Self::Quantiles(quantiles) => write!(f, "quantiles({quantiles})"),
        }
    }
}
