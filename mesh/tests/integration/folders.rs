//! Folders and kustomizations become objects.

use std::fs;

use meshwalk_mesh::resources::{Resource, Resources};
use serde_json::json;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_kustomization_is_followed_with_its_namespace_and_labels() {
    let folder = folder(&[
        (
            "kustomization.yaml",
            "namespace: shop\nresources: [sub, a.yaml]\nlabels: [{pairs: {part-of: shop}, includeTemplates: true}]\n",
        ),
        ("sub/kustomization.yaml", "kind: Kustomization\nresources:\n  - namespace.yaml\n"),
        ("sub/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"),
        ("a.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: other}\n"),
        ("unnamed.yaml", "this: is not read\n"),
    ]);
    let reading = Resources::read(&[folder.path()]).unwrap();
    let names: Vec<String> = reading.resources.iter().map(Resource::identity).collect();
    assert_eq!(names, ["Namespace shop", "ServiceAccount shop/a"]);
    assert_eq!(reading.resources[1].document()["metadata"]["labels"], json!({"part-of": "shop"}));
}

#[test]
fn rejects_unsupported_parts_of_a_kustomization() {
    let refused = |text: &str| {
        let folder = folder(&[("kustomization.yaml", text)]);
        let message = Resources::read(&[folder.path()]).unwrap_err().to_string();
        message.replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(
        refused("resources: []\nimages:\n  - name: x\n"),
        "kustomization.yaml:2:1: images: the local mesh does not support this field of a kustomization; supported \
         are apiVersion, kind, namespace, resources, labels"
    );
    assert_eq!(
        refused("resources:\n  - gone.yaml\n"),
        "kustomization.yaml:2:5: resources[0]: cannot find the file or folder `gone.yaml`; name a file or folder \
         relative to the kustomization"
    );
    assert!(refused("resources: [.]\n").contains("the kustomizations form a cycle"));
    assert!(
        refused("labels: [{pairs: {a: b}, includeSelectors: true}]\n").contains("does not add labels to selectors")
    );
}

#[test]
fn reads_a_folder_without_subfolders_and_reports_all_problems() {
    let bad = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {nmae: a}\n";
    let folder =
        folder(&[("a.yaml", bad), ("b.yml", "a: [\n"), ("sub/c.yaml", "not: read\n"), ("notes.txt", "nor this")]);
    let message = Resources::read(&[folder.path()]).unwrap_err().to_string();
    assert!(message.contains("b.yml:") && !message.contains("c.yaml"), "{message}");
    let empty = Resources::read(&[folder.path().join("sub").parent().unwrap().join("gone")]).unwrap_err().to_string();
    assert!(empty.contains("gone: cannot be read: "), "{empty}");
    fs::create_dir(folder.path().join("none")).unwrap();
    let none = Resources::read(&[folder.path().join("none")]).unwrap_err().to_string();
    assert!(
        none.ends_with(
            "none: the folder contains no YAML file; name its files, or one of its subfolders, which are not searched"
        ),
        "{none}"
    );
}
