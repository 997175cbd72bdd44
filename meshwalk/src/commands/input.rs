//! Files that a command was given, one of which may be its standard input.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use tempfile::TempDir;

/// The name under which problems in it are told.
const NAME: &str = "standard-input.yaml";

/// The files, with a file of what standard input holds for each `-`. The mesh reads it, so it has to be kept until the
/// mesh has answered.
///
/// # Errors
/// If standard input cannot be read or kept.
pub(super) fn files(paths: Vec<PathBuf>) -> anyhow::Result<(Vec<PathBuf>, Option<TempDir>)> {
    from(paths, &mut io::stdin().lock())
}

fn from(mut paths: Vec<PathBuf>, input: &mut impl io::Read) -> anyhow::Result<(Vec<PathBuf>, Option<TempDir>)> {
    // A file of that name is named as ./-.
    let Some(dash) = paths.iter_mut().find(|path| **path == Path::new("-")) else { return Ok((paths, None)) };
    let folder = tempfile::tempdir().context("cannot make a folder for standard input")?;
    let file = folder.path().join(NAME);
    let copied = File::create(&file).and_then(|mut to| io::copy(input, &mut to));
    copied.with_context(|| format!("cannot write standard input to {}", file.display()))?;
    *dash = file;
    Ok((paths, Some(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_input_becomes_a_file_for_as_long_as_it_is_kept() {
        let paths = vec![PathBuf::from("a.yaml"), PathBuf::from("-")];
        let (paths, kept) = from(paths, &mut "kind: Service\n".as_bytes()).unwrap();
        assert_eq!(paths[0], Path::new("a.yaml"));
        assert_eq!(std::fs::read_to_string(&paths[1]).unwrap(), "kind: Service\n");
        drop(kept);
        assert!(!paths[1].exists());
    }

    #[test]
    fn standard_input_is_not_read_where_nobody_asks_for_it() {
        struct Never;
        impl io::Read for Never {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("read"))
            }
        }
        let (paths, kept) = from(vec![PathBuf::from("./-")], &mut Never).unwrap();
        assert_eq!((paths, kept.is_none()), (vec![PathBuf::from("./-")], true));
    }
}
