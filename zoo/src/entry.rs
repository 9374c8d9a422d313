//! An entry of the zoo.

use burn::prelude::Device;
use kiln::model::Model;
use kiln::nn::Precision;
use kiln::{Error, Result, error};

/// A trained model, or one that can be trained.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// `GROUP/NAME`, by which it is called.
    pub name: &'static str,
    /// Where its weights lie below the zoo's folder.
    pub file: &'static str,
    /// The configuration that it was trained with, as YAML.
    pub config: &'static str,
    /// Its card, as YAML; `None` where it has not been written yet.
    pub card_text: Option<&'static str>,
    /// Its weights; `None` where this build does not carry them.
    pub weights: Option<&'static [u8]>,
}

static ENTRIES: &[Entry] = include!(concat!(env!("OUT_DIR"), "/entries.rs"));

/// Every entry, by name.
pub fn entries() -> &'static [Entry] {
    ENTRIES
}

/// The entry called `name`, `GROUP/NAME` or `NAME_GROUP`; the error suggests the nearest.
pub fn find(name: &str) -> Result<&'static Entry> {
    let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
    let found = ENTRIES.iter().find(|entry| entry.name == name || entry.alias() == name);
    found.ok_or_else(|| error::unknown("model of the zoo", name, &names))
}

impl Entry {
    /// Its other name, `NAME_GROUP`, as other libraries call their models: `vae_mnist`.
    pub fn alias(&self) -> String {
        let (group, name) = self.name.split_once('/').unwrap_or(("", self.name));
        format!("{name}_{group}").replace('-', "_")
    }

    /// What its configuration says of itself: the comment that it begins with.
    pub fn about(&self) -> String {
        let lines = self.config.lines().map_while(|line| line.strip_prefix('#'));
        lines.map(str::trim).collect::<Vec<_>>().join(" ")
    }

    /// The trained model.
    pub fn load(&self, device: &Device) -> Result<Box<dyn Model>> {
        self.load_in(device, Precision::F32)
    }

    /// The same, its network computing in this precision.
    pub fn load_in(&self, device: &Device, precision: Precision) -> Result<Box<dyn Model>> {
        kiln::weights::load_in(self.file, self.bytes()?, device, precision)
    }

    /// Its weight file, or what to do where this build has none.
    pub fn bytes(&self) -> Result<&'static [u8]> {
        self.weights.ok_or_else(|| {
            Error::argument(format!(
                "`{name}` has no weights in this build of Kiln: train it with `kiln train {name}`",
                name = self.name
            ))
        })
    }

    /// The configuration that it was trained with, with every default filled in.
    #[cfg(feature = "host")]
    pub fn run_config(&self) -> Result<kiln::train::RunConfig> {
        let value = kiln::config::parse(self.name, self.config)?;
        kiln::config::typed(value)
    }

    /// Its card; `None` where it has not been written yet.
    #[cfg(feature = "host")]
    pub fn card(&self) -> Result<Option<crate::Card>> {
        let Some(text) = self.card_text else { return Ok(None) };
        let value = kiln::config::parse(self.name, text)?;
        kiln::config::typed(value).map(Some)
    }
}
