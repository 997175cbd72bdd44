//! Reads the files named on the command line, one of which may be standard input.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use meshwalk_mesh::control::types::Files;

/// Returns the paths with their texts. A `-` stands for standard input.
///
/// # Errors
/// If standard input cannot be read.
pub(super) fn files(paths: Vec<PathBuf>) -> anyhow::Result<Files> {
    from(paths, &mut io::stdin().lock())
}

fn from(mut paths: Vec<PathBuf>, input: &mut impl io::Read) -> anyhow::Result<Files> {
    // A file named `-` is given as `./-`.
    let Some(dash) = paths.iter().position(|path| path == Path::new("-")) else {
        return Ok(Files { paths, standard_input: None });
    };
    paths.remove(dash);
    let mut text = String::new();
    input.read_to_string(&mut text).context("cannot read standard input as text")?;
    Ok(Files { paths, standard_input: Some(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_stands_for_what_standard_input_holds() {
        let paths = vec![PathBuf::from("a.yaml"), PathBuf::from("-")];
        let files = from(paths, &mut "kind: Service\n".as_bytes()).unwrap();
        assert_eq!(files.paths, [PathBuf::from("a.yaml")]);
        assert_eq!(files.standard_input.as_deref(), Some("kind: Service\n"));
    }

    #[test]
    fn standard_input_is_not_read_where_nobody_asks_for_it() {
        struct Never;
        impl io::Read for Never {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("read"))
            }
        }
        let files = from(vec![PathBuf::from("./-")], &mut Never).unwrap();
        assert_eq!((files.paths, files.standard_input), (vec![PathBuf::from("./-")], None));
    }
}
