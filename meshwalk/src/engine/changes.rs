//! Changes to the mesh and to the applications.

use std::path::PathBuf;

use super::{Engine, StopReason, observer::Event};
use crate::{
    lab::{Actions, Faults},
    platform::{Action, FaultChange, Instance, InstanceSelector, manifest_files},
    report::{Change, FileText, When},
};

impl Engine<'_> {
    /// Makes changes, one after the other, and notes each before it is made.
    pub(super) async fn change(
        &self,
        actions: &Actions,
        when: When,
        changes: &mut Vec<Change>,
    ) -> Result<(), StopReason> {
        if !actions.apply.is_empty() {
            self.note(&Action::Apply(&actions.apply), when, changes).await?;
            self.platform.apply(&actions.apply).await?;
        }
        if !actions.delete.is_empty() {
            self.note(&Action::Delete(&actions.delete), when, changes).await?;
            self.platform.delete(&actions.delete).await?;
        }
        for scale in &actions.scale {
            self.note(&Action::Scale(&scale.deployment, scale.replicas), when, changes).await?;
            self.platform.scale(&scale.deployment, scale.replicas).await?;
        }
        for restart in &actions.restart {
            self.note(&Action::Restart(&restart.deployment), when, changes).await?;
            self.platform.restart(&restart.deployment).await?;
        }
        if actions.clear_faults {
            for instance in self.faulty().await? {
                self.set_faults(&instance.name, FaultChange::Clear, when, changes).await?;
            }
        }
        for faults in &actions.faults {
            for instance in self.matching(faults).await? {
                self.set_faults(&instance.name, FaultChange::Replace(&faults.rules), when, changes).await?;
            }
        }
        Ok(())
    }

    async fn set_faults(
        &self,
        instance: &str,
        change: FaultChange<'_>,
        when: When,
        changes: &mut Vec<Change>,
    ) -> Result<(), StopReason> {
        self.note(&Action::Faults(instance, change), when, changes).await?;
        self.platform.change_faults(instance, change).await?;
        Ok(())
    }

    async fn note(&self, action: &Action<'_>, when: When, changes: &mut Vec<Change>) -> Result<(), StopReason> {
        if self.interrupt.is_wished() {
            return Err(StopReason::Interrupted);
        }
        let command = self.platform.command(action).await?;
        self.observer.tell(&Event::Changing(&command));
        let files = match action {
            Action::Apply(files) | Action::Delete(files) => self.texts(files)?,
            Action::Restart(_) | Action::Scale(..) | Action::Faults(..) => Vec::new(),
        };
        changes.push(Change { when, command, files });
        Ok(())
    }

    /// The commands to the effect of some changes, without making them.
    pub(super) async fn commands(&self, actions: &Actions) -> Result<Vec<String>, StopReason> {
        let mut commands = Vec::new();
        if !actions.apply.is_empty() {
            commands.push(self.platform.command(&Action::Apply(&actions.apply)).await?);
        }
        if !actions.delete.is_empty() {
            commands.push(self.platform.command(&Action::Delete(&actions.delete)).await?);
        }
        for scale in &actions.scale {
            commands.push(self.platform.command(&Action::Scale(&scale.deployment, scale.replicas)).await?);
        }
        for restart in &actions.restart {
            commands.push(self.platform.command(&Action::Restart(&restart.deployment)).await?);
        }
        if actions.clear_faults {
            for instance in self.faulty().await? {
                commands.push(self.platform.command(&Action::Faults(&instance.name, FaultChange::Clear)).await?);
            }
        }
        for faults in &actions.faults {
            for instance in self.matching(faults).await? {
                commands.push(
                    self.platform.command(&Action::Faults(&instance.name, FaultChange::Replace(&faults.rules))).await?,
                );
            }
        }
        Ok(commands)
    }

    /// The instances that have faults to be cleared of.
    async fn faulty(&self) -> Result<Vec<Instance>, StopReason> {
        let mut faulty = Vec::new();
        for instance in self.platform.instances().await? {
            if !self.platform.faults(&instance.name).await?.is_empty() {
                faulty.push(instance);
            }
        }
        Ok(faulty)
    }

    /// The instances that faults are for; none at all is a mistake in the lab.
    async fn matching(&self, faults: &Faults) -> Result<Vec<Instance>, StopReason> {
        let all = self.platform.instances().await?;
        let instance_selector = InstanceSelector {
            service: &faults.service,
            version: faults.version.as_deref(),
            instance: faults.instance.as_deref(),
            count: faults.instances,
        };
        instance_selector
            .of(&all)
            .map_err(|why| StopReason::Broken(format!("{}: these faults are for nobody: {why}", faults.location)))
    }

    /// The texts of files, and of the files in folders.
    fn texts(&self, files: &[PathBuf]) -> Result<Vec<FileText>, StopReason> {
        let mut texts = Vec::new();
        for path in manifest_files(self.root, files).map_err(|error| StopReason::Broken(error.to_string()))? {
            let text = std::fs::read_to_string(self.root.join(&path))
                .map_err(|error| StopReason::Broken(format!("cannot read {}: {error}", path.display())))?;
            texts.push(FileText { path, text });
        }
        Ok(texts)
    }
}
