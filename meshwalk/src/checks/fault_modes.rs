//! Parses the modes of faults that checks name.

use meshwalk_faults::{MODES, ModeSpec};

use super::category::NONE;
use crate::reader::{did_you_mean, listed};

/// Finds a mode by its name.
///
/// # Errors
/// Returns a hint for an unknown name: the most similar mode, or all modes.
pub(super) fn mode(name: &str) -> Result<String, String> {
    among(name, MODES.iter().copied(), "is not a mode of faults")
}

/// Finds a mode of which a response carries evidence, or the class without a fault.
///
/// # Errors
/// As [`mode`], and for a mode of the process.
pub(super) fn mode_of_requests(name: &str) -> Result<String, String> {
    if name == NONE {
        return Ok(name.to_owned());
    }
    among(name, MODES.iter().copied().filter(|mode| mode.is_about_requests()), "is not a mode of requests' faults")
}

fn among(name: &str, modes: impl Iterator<Item = &'static ModeSpec>, no: &str) -> Result<String, String> {
    let mut names: Vec<_> = modes.map(|mode| mode.name).collect();
    // Two modes may share a name, which the hint lists once.
    names.dedup();
    if names.contains(&name) {
        return Ok(name.to_owned());
    }
    let help = did_you_mean(name, &names, || format!("there are {}", listed(&names)));
    Err(format!("`{name}` {no}; {help}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_that_there_is_not_is_told_with_what_was_meant() {
        assert_eq!(mode("crash"), Ok("crash".to_owned()));
        assert_eq!(mode("latncy"), Err("`latncy` is not a mode of faults; did you mean `latency`?".to_owned()));
        assert!(mode("explode").unwrap_err().contains("there are `error`, `latency`, "));
        assert_eq!(mode_of_requests("none"), Ok("none".to_owned()));
        assert_eq!(mode_of_requests("cpu"), Ok("cpu".to_owned()));
        let told = mode_of_requests("not-live").unwrap_err();
        assert!(told.starts_with("`not-live` is not a mode of requests' faults; there are `error`, "), "{told}");
    }
}
