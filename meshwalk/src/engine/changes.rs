//! Changes to the mesh and to the applications.

use std::path::PathBuf;

use super::{Engine, Halt, observer::Event};
use crate::{
    lab::{Actions, Faults},
    report::{Change, FileText, When},
    target::{Action, Instance},
};

impl Engine<'_> {
    /// Makes changes, one after the other, and notes each before it is made.
    pub(super) async fn change(&self, actions: &Actions, when: When, changes: &mut Vec<Change>) -> Result<(), Halt> {
        if !actions.apply.is_empty() {
            self.note(&Action::Apply(&actions.apply), when, changes).await?;
            self.target.apply(&actions.apply).await?;
        }
        if !actions.delete.is_empty() {
            self.note(&Action::Delete(&actions.delete), when, changes).await?;
            self.target.delete(&actions.delete).await?;
        }
        if actions.clear_faults {
            for instance in self.target.instances().await? {
                if !self.target.faults(&instance.name).await?.is_empty() {
                    self.set_faults(&instance.name, "", when, changes).await?;
                }
            }
        }
        for faults in &actions.faults {
            for instance in self.matching(faults).await? {
                self.set_faults(&instance.name, &faults.rules, when, changes).await?;
            }
        }
        Ok(())
    }

    async fn set_faults(&self, instance: &str, rules: &str, when: When, changes: &mut Vec<Change>) -> Result<(), Halt> {
        self.note(&Action::SetFaults(instance, rules), when, changes).await?;
        Ok(self.target.set_faults(instance, rules).await?)
    }

    async fn note(&self, action: &Action<'_>, when: When, changes: &mut Vec<Change>) -> Result<(), Halt> {
        if self.interrupt.is_wished() {
            return Err(Halt::Interrupted);
        }
        let command = self.target.command(action).await?;
        self.observer.tell(&Event::Changing(&command));
        let files = match action {
            Action::Apply(files) | Action::Delete(files) => self.texts(files)?,
            Action::SetFaults(..) => Vec::new(),
        };
        changes.push(Change { when, command, files });
        Ok(())
    }

    /// The commands to the effect of some changes, without making them.
    pub(super) async fn commands(&self, actions: &Actions) -> Result<Vec<String>, Halt> {
        let mut commands = Vec::new();
        if !actions.apply.is_empty() {
            commands.push(self.target.command(&Action::Apply(&actions.apply)).await?);
        }
        if !actions.delete.is_empty() {
            commands.push(self.target.command(&Action::Delete(&actions.delete)).await?);
        }
        for faults in &actions.faults {
            for instance in self.matching(faults).await? {
                commands.push(self.target.command(&Action::SetFaults(&instance.name, &faults.rules)).await?);
            }
        }
        Ok(commands)
    }

    /// The instances that faults are for; none at all is a mistake in the lab.
    async fn matching(&self, faults: &Faults) -> Result<Vec<Instance>, Halt> {
        let all = self.target.instances().await?;
        let fits = |instance: &&Instance| {
            instance.service == faults.service
                && (faults.version.is_none() || faults.version == instance.version)
                && faults.instance.as_deref().is_none_or(|pattern| matches(pattern, &instance.name))
        };
        let matching: Vec<_> = all.iter().filter(fits).cloned().collect();
        if matching.is_empty() {
            let names: Vec<_> = all.iter().map(|instance| instance.name.as_str()).collect();
            return Err(Halt::Broken(format!(
                "{}: these faults are for no instance; there are {}",
                faults.place,
                names.join(", ")
            )));
        }
        Ok(matching)
    }

    /// The texts of files, and of the files in folders.
    fn texts(&self, files: &[PathBuf]) -> Result<Vec<FileText>, Halt> {
        let mut texts = Vec::new();
        for path in crate::lab::files::listed(self.root, files).map_err(|error| Halt::Broken(error.to_string()))? {
            let text = std::fs::read_to_string(self.root.join(&path))
                .map_err(|error| Halt::Broken(format!("cannot read {}: {error}", path.display())))?;
            texts.push(FileText { path, text });
        }
        Ok(texts)
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(tail) = name.strip_prefix(start) else { return false };
    // Every place at which the rest may begin; patterns and names are short.
    (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| matches(rest, &tail[at..]))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything_and_nothing() {
        for (pattern, name) in [("backend-v2-*", "backend-v2-1"), ("*", ""), ("a*c*e", "abcde"), ("5*", "503")] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("backend-v2-*", "backend-v1-1"), ("a", "ab"), ("a*c", "abcd"), ("", "a")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
