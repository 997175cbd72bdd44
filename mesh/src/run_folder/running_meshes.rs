//! Lists the user's running meshes, for "not found" errors.

use std::{fs, os::unix::net::UnixStream, path::Path};

use super::{CONTROL_SOCKET, base};

/// Names of the running meshes, sorted.
pub fn running_meshes() -> Vec<String> {
    names_in(&base())
}

/// A killed run leaves its socket, but no process listens on it. Do not try the locks: a starting run would find its
/// own lock taken.
fn names_in(base: &Path) -> Vec<String> {
    let folders = fs::read_dir(base).into_iter().flatten().flatten();
    let runs = folders.filter(|folder| UnixStream::connect(folder.path().join(CONTROL_SOCKET)).is_ok());
    let mut names: Vec<String> = runs.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn lists_meshes_with_a_listening_control_socket() {
        let base = tempfile::tempdir().unwrap();
        let listen = |name: &str| {
            fs::create_dir(base.path().join(name)).unwrap();
            UnixListener::bind(base.path().join(name).join(CONTROL_SOCKET)).unwrap()
        };
        let (_two, _one) = (listen("two"), listen("one"));
        drop(listen("killed"));
        fs::write(base.path().join("one.lock"), "1").unwrap();
        assert_eq!(names_in(base.path()), ["one", "two"]);
        assert_eq!(names_in(&base.path().join("nowhere")), [""; 0]);
    }
}
