//! Which meshes of this user run, for whoever named another one.

use std::{fs, os::unix::net::UnixStream, path::Path};

use super::{CONTROL_SOCKET, base};

/// The names of the meshes that run, in the order of the alphabet.
pub fn names() -> Vec<String> {
    names_in(&base())
}

/// A folder that a killed run left has a socket too, but nobody listens to it. The locks are left alone: a run that
/// starts meanwhile would find its own one taken.
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
    fn a_mesh_runs_if_somebody_listens_to_its_control_socket() {
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
