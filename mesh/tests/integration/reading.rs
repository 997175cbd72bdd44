//! Files become objects, or problems that say what would be right.

use std::path::{Path, PathBuf};

use meshwalk_mesh::resources::Resources;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn the_workload_is_read() {
    let reading = Resources::read(&[root().join("k8s/base")]).unwrap_or_else(|problems| panic!("{problems}"));
    let set = Resources::default().with(&reading).unwrap_or_else(|problems| panic!("{problems}"));
    for field in &set.without_effect {
        eprintln!("{field:?}");
    }
    assert_eq!(set.deployments.len(), 5);
}
