//! Shares of classes of requests, tested as binomial proportions: exact and two-sided, with a stated error probability
//! and power. Each category has its own key, such as `share` and `status`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use meshwalk_yaml::Content;

use super::{
    CheckSpec, Entry, Evidence, Finding, Reader, Sample, Scope, StepFacts,
    category::{Category, ClassCounts, YES},
    expected_share::ExpectedShare,
    power::{self, alpha_of_each},
};
use crate::{
    quantity::{percent, percentage, readable},
    reader::below,
    stats::{Binomial, ERROR_PROBABILITY, POWER},
    traffic::{Observation, units},
};

/// Expects how requests are shared between the classes of a category. If the exact shares add up to 100 %, a class that
/// is not named must not occur.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Category by which requests are classified.
    pub category: Category,
    /// The expected share of each class.
    pub wanted: BTreeMap<String, ExpectedShare>,
    /// The deviation that must be noticed, as a share, or `None` for the usual one.
    pub notice: Option<f64>,
}

impl Shares {
    /// Returns the sum of the exact shares.
    fn sum(&self) -> f64 {
        self.wanted.values().filter_map(|wanted| wanted.exact()).fold(0.0, |sum, share| sum + share)
    }

    /// Expects one share of the requests in the class `yes` of the category.
    fn yes(category: Category, share: ExpectedShare) -> Self {
        Self { category, wanted: BTreeMap::from([(YES.to_owned(), share)]), notice: None }
    }

    /// Reads the deviation to detect, which only an exact share has.
    pub(super) fn read_notice(&mut self, reader: &mut Reader, notice: &Entry, at: &str) {
        self.notice = reader.parsed(&notice.value, at, percentage);
        // Invalid shares have been reported already.
        if !self.wanted.is_empty() && self.wanted.values().all(|wanted| wanted.exact().is_none()) {
            let help = Some("leave it out, or write an exact share".to_owned());
            reader.wrong(&notice.location, at, "a bound has no deviation to notice", help);
        }
    }
}

impl CheckSpec for Shares {
    const WORDS: &'static [&'static str] = &Category::WORDS;
    const SCOPE: Scope = Scope::Traffic;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        let value = &entry.value;
        let category = Category::with_key(&entry.key)?;
        if matches!(category, Category::Slower(_)) {
            reader.map(value, at, &["than", "share"]);
            let than = reader.required(value, at, "than", "than: 1s")?;
            let than = reader.parsed(than, &below(at, "than"), units::duration)?;
            let share = reader.required(value, at, "share", "share: 50%")?;
            let share = reader.parsed(share, &below(at, "share"), ExpectedShare::parse)?;
            return Some(Self::yes(Category::Slower(than), share));
        }
        if matches!(category, Category::Success | Category::OneTrace) {
            return Some(Self::yes(category, reader.parsed(value, at, ExpectedShare::parse)?));
        }
        let mut shares = Self { category, wanted: BTreeMap::new(), notice: None };
        if !matches!(value.content, Content::Mapping(_)) && category != Category::Version {
            // `upstream-error: reset` means that all requests are of the class.
            let class = reader.parsed(value, at, |text| category.class(text))?;
            shares.wanted.insert(class, ExpectedShare::Exactly(1.0));
            return Some(shares);
        }
        if value.entries().is_empty() {
            let help = Some("write a map, as `{v1: 90%, v2: 10%}`".to_owned());
            reader.wrong(&value.location, at, "at least one share is needed", help);
        }
        for share in value.entries() {
            let field = below(at, &share.key);
            match category.class(&share.key) {
                Ok(class) => {
                    let wanted = reader.parsed(&share.value, &field, ExpectedShare::parse);
                    shares.wanted.extend(wanted.map(|wanted| (class, wanted)));
                }
                Err(message) => reader.wrong(&share.location, &field, message, None),
            }
        }
        let sum = shares.sum();
        if sum > 1.0 + 1e-9 && category != Category::Fault {
            let message = format!("the shares add up to {}", percent(sum));
            reader.wrong(&value.location, at, message, Some("they cannot be more than 100 %".to_owned()));
        }
        Some(shares)
    }

    fn name(&self) -> String {
        self.category.word().to_owned()
    }

    fn expected(&self) -> String {
        let share = |(class, wanted): (&String, &ExpectedShare)| {
            if class == YES { wanted.to_string() } else { format!("{class} {wanted}") }
        };
        let shares = self.wanted.iter().map(share).collect::<Vec<_>>().join(", ");
        match self.category {
            Category::Slower(than) => format!("slower than {} {shares}", readable(than)),
            _ => shares,
        }
    }

    fn check_step(&self, step: &StepFacts) -> Result<(), (String, &'static str)> {
        power::enough(step.requests, &self.wanted, self.notice)
            .map_err(|why| (why, "raise `rate` or `for`, or let `notice` say what must be noticed"))
    }

    fn check_probe(&self) -> Result<(), &'static str> {
        // A single request either is of a class or is not.
        if self.wanted.values().all(|wanted| matches!(wanted.exact(), Some(0.0 | 1.0))) {
            return Ok(());
        }
        Err("write 100% or 0%: each probe is judged on its own")
    }

    fn holds_for_one(&self, sample: &Sample) -> bool {
        let seen = ClassCounts::of(self.category, [Observation::from(sample)]);
        let holds = |(class, wanted): (&String, &ExpectedShare)| {
            wanted.exact().is_some_and(|share| (seen.count(class) > 0) == (share > 0.5))
        };
        seen.base > 0 && self.wanted.iter().all(holds)
    }

    fn probe_limit(&self) -> Option<Duration> {
        if let Category::Slower(than) = self.category { Some(than) } else { None }
    }

    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
        let category = self.category;
        let tally = ClassCounts::of(category, evidence.requests(of));
        let base = category.base();
        if tally.base == 0 {
            return Finding::fails(format!("no {base}"), format!("there are no {base}, so there is no share"));
        }
        let mut all = self.wanted.clone();
        if self.sum() > 1.0 - 1e-9 && category != Category::Fault {
            // The named classes must account for all requests.
            for class in tally.classes.keys() {
                all.entry(class.clone()).or_insert(ExpectedShare::Exactly(0.0));
            }
        }
        let alpha = alpha_of_each(self.wanted.len());
        let (mut holds, mut fails) = (Vec::new(), Vec::new());
        for (class, wanted) in &all {
            let class_name = if class == YES { category.word() } else { class.as_str() };
            match one(class_name, tally.count(class), tally.base, *wanted, alpha) {
                Ok(Some(why)) => holds.push(why),
                Ok(None) => {}
                Err(why) => fails.push(why),
            }
        }
        let observed = observed(category, &tally, &all);
        if fails.is_empty() {
            let tested = if holds.is_empty() { String::new() } else { format!(": {}", holds.join("; ")) };
            return Finding::holds(observed, format!("n = {} {base}{tested}", tally.base));
        }
        Finding::fails(observed, fails.join("; "))
    }
}

#[allow(clippy::cast_precision_loss)]
fn one(class: &str, count: u64, base: u64, wanted: ExpectedShare, alpha: f64) -> Result<Option<String>, String> {
    let seen = count as f64 / base as f64;
    let got = format!("{class} got {} of {base} requests ({count})", percent(seen));
    match wanted {
        ExpectedShare::Bound(op, share) if op.holds(seen, share, 0.0) => Ok(None),
        ExpectedShare::Bound(op, share) => Err(format!("{got}; {op} {} was expected", percent(share))),
        ExpectedShare::Exactly(share) if share <= 0.0 => {
            if count == 0 {
                Ok(None)
            } else {
                Err(format!("{got}; none was expected"))
            }
        }
        ExpectedShare::Exactly(share) if share >= 1.0 => {
            if count == base {
                Ok(None)
            } else {
                Err(format!("{got}; all were expected, {} were not", base - count))
            }
        }
        ExpectedShare::Exactly(share) => {
            let binomial = Binomial::new(base, share).map_err(|error| error.to_string())?;
            let accepted = binomial.accepted(alpha);
            let (low, high) = (accepted.start(), accepted.end());
            if !accepted.contains(&count) {
                return Err(format!(
                    "{got}; {} would give {low} to {high} with probability 1-{ERROR_PROBABILITY:e}",
                    percent(share)
                ));
            }
            let noticed = binomial.noticed(alpha, POWER);
            let points = |points: Option<f64>| points.map(|points| format!("{:.1}", points * 100.0));
            let deviation = match (points(noticed.below), points(noticed.above)) {
                (Some(below), Some(above)) => format!("-{below} or +{above} points"),
                (Some(below), None) => format!("-{below} points"),
                (None, Some(above)) => format!("+{above} points"),
                (None, None) => return Ok(Some(format!("{class} {low} to {high} accepted"))),
            };
            Ok(Some(format!(
                "{class} {low} to {high} accepted at error probability {ERROR_PROBABILITY:e}, a deviation of {deviation} would \
                 have been noticed with probability {POWER}"
            )))
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn observed(category: Category, tally: &ClassCounts, wanted: &BTreeMap<String, ExpectedShare>) -> String {
    let classes: BTreeSet<&String> = wanted.keys().chain(tally.classes.keys()).collect();
    let shares: Vec<_> = classes
        .into_iter()
        .map(|class| {
            let count = tally.count(class);
            let share = percent(count as f64 / tally.base as f64);
            if class == YES { format!("{share} ({count})") } else { format!("{class} {share} ({count})") }
        })
        .collect();
    let of = match category.base() {
        "requests" => "requests",
        _ => "answers",
    };
    format!("{} of {} {of}", shares.join(", "), tally.base)
}
