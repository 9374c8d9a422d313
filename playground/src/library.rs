//! The models that panels share: each is asked for by name once, and kept.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use burn::prelude::Device;
use kiln::Result;
use kiln::model::Model;

/// Models on one device.
pub(crate) struct Library {
    device: Device,
    models: HashMap<String, Rc<dyn Model>>,
    asked: HashSet<String>,
    wanted: Vec<String>,
}

impl Library {
    pub(crate) fn new(device: &Device) -> Self {
        Self { device: device.clone(), models: HashMap::new(), asked: HashSet::new(), wanted: Vec::new() }
    }

    /// The model of that name; where it is not here yet, its weights are wanted.
    pub(crate) fn get(&mut self, name: &str) -> Option<Rc<dyn Model>> {
        let found = self.models.get(name).cloned();
        if found.is_none() && self.asked.insert(name.to_owned()) {
            self.wanted.push(name.to_owned());
        }
        found
    }

    /// Takes a weight file.
    pub(crate) fn take(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.asked.remove(name);
        let model = kiln::load(name, bytes, &self.device)?;
        self.models.insert(name.to_owned(), model.into());
        Ok(())
    }

    /// Names whose weights are to be fetched.
    pub(crate) fn wanted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.wanted)
    }

    pub(crate) fn wants(&self) -> bool {
        !self.wanted.is_empty()
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }
}
