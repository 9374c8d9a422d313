//! The models that panels share: each is asked for by name once, and kept.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use burn::prelude::Device;
use kiln::Result;
use kiln::model::Model;

use crate::canary;

/// Models on one device.
pub(crate) struct Library {
    device: Device,
    /// Where each model is made to draw first, to be compared with what it draws on the device.
    reference: Option<Device>,
    models: HashMap<String, Rc<dyn Model>>,
    asked: HashSet<String>,
    wanted: Vec<String>,
    arrived: Vec<(String, Vec<u8>)>,
}

impl Library {
    pub(crate) fn new(device: &Device, reference: Option<&Device>) -> Self {
        Self {
            device: device.clone(),
            reference: reference.cloned(),
            models: HashMap::new(),
            asked: HashSet::new(),
            wanted: Vec::new(),
            arrived: Vec::new(),
        }
    }

    /// The model of that name; where it is not here yet, its weights are wanted.
    pub(crate) fn get(&mut self, name: &str) -> Option<Rc<dyn Model>> {
        let found = self.models.get(name).cloned();
        if found.is_none() && self.asked.insert(name.to_owned()) {
            self.wanted.push(name.to_owned());
        }
        found
    }

    /// A weight file has come.
    pub(crate) fn take(&mut self, name: String, bytes: Vec<u8>) {
        self.arrived.push((name, bytes));
    }

    /// Makes models of the files that have come: whether each could be made, by name.
    pub(crate) async fn unpack(&mut self) -> Vec<(String, Result<()>)> {
        let mut unpacked = Vec::new();
        for (name, bytes) in std::mem::take(&mut self.arrived) {
            self.asked.remove(&name);
            let made = self.load(&name, &bytes).await;
            unpacked.push((name.clone(), made.map(|model| drop(self.models.insert(name, model)))));
        }
        unpacked
    }

    async fn load(&self, name: &str, bytes: &[u8]) -> Result<Rc<dyn Model>> {
        let model = kiln::load(name, bytes, &self.device)?;
        if let Some(reference) = &self.reference {
            canary::model(&*model, &*kiln::load(name, bytes, reference)?).await?;
        }
        Ok(model.into())
    }

    /// The weights of this model could not be had; whoever asks for it again has them fetched again.
    pub(crate) fn lost(&mut self, name: &str) {
        self.asked.remove(name);
    }

    /// Names whose weights are to be fetched.
    pub(crate) fn wanted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.wanted)
    }

    /// Whether there is something to fetch or to unpack.
    pub(crate) fn busy(&self) -> bool {
        !self.wanted.is_empty() || !self.arrived.is_empty()
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }
}
