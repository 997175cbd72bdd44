//! Selects labs: all of a folder, or those given by name, number or path.

use std::path::{Path, PathBuf};

use meshwalk_yaml::{self as yaml, Diagnostic, Diagnostics, Location, nearest};

use super::{Lab, files, read};

/// Reads and checks labs: the given ones, or all of the folder `labs` in the order of their numbers.
///
/// # Errors
/// Returns all problems of the labs, and the names that match no lab.
pub fn select(root: &Path, labs: &Path, names: &[String]) -> Result<Vec<Lab>, Diagnostics> {
    let known = list(labs)?;
    let paths = if names.is_empty() { known } else { named(labs, &known, names)? };
    let (mut selected, mut diagnostics) = (Vec::<Lab>::new(), Vec::new());
    for path in paths {
        match check(root, &path) {
            Ok(lab) => {
                if let Some(other) = selected.iter().find(|other| other.id == lab.id && other.file != lab.file) {
                    let location = Location { file: path.clone(), line: 1, column: 1 };
                    let message = format!("a second lab is called `{}`", lab.id);
                    let help = format!("choose another name; the first is {}", other.file.display());
                    diagnostics.push(Diagnostic::new(message).at(&location).field("lab").help(help));
                }
                selected.push(lab);
            }
            Err(Diagnostics(more)) => diagnostics.extend(more),
        }
    }
    if diagnostics.is_empty() { Ok(selected) } else { Err(Diagnostics(diagnostics)) }
}

/// Reads a lab, checks the files that it applies, and simulates its states.
fn check(root: &Path, path: &Path) -> Result<Lab, Diagnostics> {
    let (lab, named) = read::read(path)?;
    let absent = files::present(root, &named);
    if !absent.is_empty() {
        return Err(Diagnostics(absent));
    }
    files::rehearse(root, &lab)?;
    Ok(lab)
}

/// Lists the labs' files in a folder, by number and then by name.
fn list(labs: &Path) -> Result<Vec<PathBuf>, Diagnostics> {
    let cannot = |error: std::io::Error| {
        Diagnostic::new(format!("cannot list the labs in {}: {error}", labs.display()))
            .help("run this in the project's folder, or name the folder with --labs")
    };
    let mut found = Vec::new();
    for entry in labs.read_dir().map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    if found.is_empty() {
        let message = format!("there is no lab in {}", labs.display());
        return Err(Diagnostic::new(message).help("labs are files NUMBER-NAME.yaml").into());
    }
    found.sort_by_key(|path| (split(path).0.unwrap_or(u32::MAX), path.clone()));
    Ok(found)
}

/// Splits a file name into its number and the rest.
fn split(path: &Path) -> (Option<u32>, String) {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    match stem.split_once('-').map(|(number, rest)| (number.parse(), rest)) {
        Some((Ok(number), rest)) => (Some(number), rest.to_owned()),
        _ => (None, stem.to_owned()),
    }
}

/// Returns the name in a lab, even if the lab is invalid. Its file may have another name.
fn id(path: &Path) -> Option<String> {
    let documents = yaml::read(path).ok()?;
    documents.first()?.root.get("lab")?.as_str().map(str::to_owned)
}

fn named(labs: &Path, known: &[PathBuf], names: &[String]) -> Result<Vec<PathBuf>, Diagnostics> {
    let (mut paths, mut diagnostics) = (Vec::new(), Vec::new());
    for name in names {
        let is_called = |path: &&PathBuf| id(path).is_some_and(|id| id == *name);
        let is = |path: &&PathBuf| {
            let (number, rest) = split(path);
            rest == *name
                || number.is_some_and(|number| number.to_string() == *name)
                || path.file_stem().is_some_and(|stem| stem == name.as_str())
        };
        let is_path = name.contains('/') || name.ends_with(".yaml");
        if let Some(path) = known.iter().find(is_called).or_else(|| known.iter().find(is)) {
            paths.push(path.clone());
        } else if is_path && Path::new(name).is_file() {
            paths.push(PathBuf::from(name));
        } else if Path::new(name).is_dir() {
            paths.extend(list(Path::new(name))?);
        } else if is_path {
            let help = format!("write the path of a lab's file, or the name of a lab in {}", labs.display());
            diagnostics.push(Diagnostic::new(format!("there is no file {name}")).help(help));
        } else {
            let all: Vec<_> = known.iter().map(|path| id(path).unwrap_or_else(|| split(path).1)).collect();
            let help = nearest(name, all.iter().map(String::as_str))
                .map_or_else(|| format!("there are {}", all.join(", ")), |name| format!("did you mean `{name}`?"));
            diagnostics.push(Diagnostic::new(format!("no lab in {} is called `{name}`", labs.display())).help(help));
        }
    }
    if diagnostics.is_empty() { Ok(paths) } else { Err(Diagnostics(diagnostics)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the files that the names select in a folder of two labs, one of which has another name than its file.
    fn found(names: &[&str]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("1-canary.yaml"), "lab: canary\n").unwrap();
        std::fs::write(folder.path().join("2-identity.yaml"), "lab: mutual-tls\n").unwrap();
        let known = list(folder.path()).unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let paths = named(Path::new("labs"), &known, &names).map_err(|diagnostics| diagnostics.to_string())?;
        Ok(paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn a_lab_is_found_by_its_number_its_own_name_and_its_files() {
        for name in ["2", "mutual-tls", "identity", "2-identity"] {
            assert_eq!(found(&[name]), Ok(vec!["2-identity.yaml".to_owned()]), "{name}");
        }
        let told = found(&["mutual-tsl"]).unwrap_err();
        assert_eq!(told, "no lab in labs is called `mutual-tsl`; did you mean `mutual-tls`?");
    }

    #[test]
    fn path_selects_a_file_or_the_files_of_a_folder_or_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.yaml");
        std::fs::write(&file, "lab: mine\n").unwrap();
        assert_eq!(found(&[file.to_str().unwrap()]), Ok(vec!["mine.yaml".to_owned()]));
        assert_eq!(found(&[folder.path().to_str().unwrap()]), Ok(vec!["mine.yaml".to_owned()]));
        assert_eq!(
            found(&["labs/9-gone.yaml"]).unwrap_err(),
            "there is no file labs/9-gone.yaml; write the path of a lab's file, or the name of a lab in labs"
        );
    }
}
