//! Other models that help to draw, as several commands let a user name them.

use std::rc::Rc;

use burn::prelude::Device;
use kiln::model::Helpers;

use crate::failure::Outcome;
use crate::models;

/// Who helps.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Guides {
    /// A weaker model of the same data, to be guided away from by --guidance: an earlier checkpoint, say
    #[arg(long, value_name = "MODEL")]
    weak: Option<String>,
    /// A classifier whose gradient pulls towards --class
    #[arg(long, value_name = "MODEL")]
    classifier: Option<String>,
    /// How hard it pulls; 1 is Bayes' rule
    #[arg(long, value_name = "SCALE", requires = "classifier")]
    pub(super) classifier_scale: Option<f64>,
}

impl Guides {
    /// The models, on the device of the one that draws.
    pub(super) fn load(&self, device: &Device) -> Outcome<Helpers> {
        let load = |name: &Option<String>| {
            name.as_ref()
                .map(|name| models::load(name, device).map(|loaded| Rc::from(loaded.model)))
                .transpose()
        };
        Ok(Helpers { weak: load(&self.weak)?, classifier: load(&self.classifier)? })
    }
}
