//! Applies the changes of a lab to the mesh and to the applications.

use std::path::PathBuf;

use super::{Engine, StopReason, observer::Event};
use crate::{
    lab::{Actions, Faults},
    platform::{Action, FaultChange, Instance, InstanceSelector, manifest_files},
    report::{Change, FileText, When},
};

/// How to process actions.
enum Mode<'a> {
    /// Apply the changes, and record them with this time.
    Make(When, &'a mut Vec<Change>),
    /// Add the equivalent commands to this list.
    List(&'a mut Vec<String>),
}

impl Engine<'_> {
    /// Applies changes one after the other, and records each before it is applied.
    pub(super) async fn change(
        &self,
        actions: &Actions,
        when: When,
        changes: &mut Vec<Change>,
    ) -> Result<(), StopReason> {
        self.each(actions, &mut Mode::Make(when, changes)).await
    }

    /// Returns the equivalent commands without applying the changes.
    pub(super) async fn commands(&self, actions: &Actions) -> Result<Vec<String>, StopReason> {
        let mut commands = Vec::new();
        self.each(actions, &mut Mode::List(&mut commands)).await?;
        Ok(commands)
    }

    async fn each(&self, actions: &Actions, mode: &mut Mode<'_>) -> Result<(), StopReason> {
        if !actions.apply.is_empty() {
            self.act(&Action::Apply(&actions.apply), mode).await?;
        }
        if !actions.delete.is_empty() {
            self.act(&Action::Delete(&actions.delete), mode).await?;
        }
        for scale in &actions.scale {
            self.act(&Action::Scale(&scale.deployment, scale.replicas), mode).await?;
        }
        for restart in &actions.restart {
            self.act(&Action::Restart(&restart.deployment), mode).await?;
        }
        if actions.clear_faults {
            for instance in self.faulty().await? {
                self.act(&Action::Faults(&instance.name, FaultChange::Replace("")), mode).await?;
            }
        }
        for faults in &actions.faults {
            for instance in self.matching(faults).await? {
                self.act(&Action::Faults(&instance.name, FaultChange::Replace(&faults.rules)), mode).await?;
            }
        }
        Ok(())
    }

    async fn act(&self, action: &Action<'_>, mode: &mut Mode<'_>) -> Result<(), StopReason> {
        if matches!(mode, Mode::Make(..)) && self.interrupt.is_requested() {
            return Err(StopReason::Interrupted);
        }
        let command = self.platform.command(action).await?;
        let (when, changes) = match mode {
            Mode::List(commands) => {
                commands.push(command);
                return Ok(());
            }
            Mode::Make(when, changes) => (*when, changes),
        };
        self.observer.tell(&Event::Changing(&command));
        let files = match action {
            Action::Apply(files) | Action::Delete(files) => self.texts(files)?,
            Action::Restart(_) | Action::Scale(..) | Action::Faults(..) => Vec::new(),
        };
        changes.push(Change { when, command, files });
        match *action {
            Action::Apply(files) => self.platform.apply(files).await?,
            Action::Delete(files) => self.platform.delete(files).await?,
            Action::Scale(deployment, replicas) => self.platform.scale(deployment, replicas).await?,
            Action::Restart(deployment) => self.platform.restart(deployment).await?,
            Action::Faults(instance, change) => drop(self.platform.change_faults(instance, change).await?),
        }
        Ok(())
    }

    /// Returns the instances whose faults must be cleared.
    async fn faulty(&self) -> Result<Vec<Instance>, StopReason> {
        let mut faulty = Vec::new();
        for instance in self.platform.instances().await? {
            if !self.platform.faults(&instance.name).await?.is_empty() {
                faulty.push(instance);
            }
        }
        Ok(faulty)
    }

    /// Returns the instances that faults select. Selecting none is an error of the lab.
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
            .map_err(|why| StopReason::Broken(format!("{}: these faults match no instance: {why}", faults.location)))
    }

    /// Reads the texts of files, and of the files in folders.
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
