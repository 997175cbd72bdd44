//! Lists the manifest files that an action names.

use std::path::{Path, PathBuf};

/// Lists the files in `paths` and in the folders in `paths`, relative to the root.
///
/// # Errors
/// Fails if a folder cannot be listed.
pub fn manifest_files(root: &Path, paths: &[PathBuf]) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !root.join(path).is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in root.join(path).read_dir()? {
            let name = PathBuf::from(entry?.file_name());
            if name
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
            {
                inside.push(path.join(name));
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}
