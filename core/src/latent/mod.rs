//! Latent diffusion: diffusion in the latents of an autoencoder.
//!
//! ```text
//! L = L_diffusion(a f(x)),   x = g(z/a),   z drawn by the diffusion model
//! ```
//!
//! Rombach et al. 2022, <https://arxiv.org/abs/2112.10752>, section 3.2. `f` and `g` are the stage's encoder and decoder, which are
//! learnt before and stay as they are, of a variational autoencoder the means of its posteriors; `a` is their constant `scale`. A weight file holds both: the stage's parameters under
//! `stage`, the diffusion model's under `diffusion`.

mod stage;
mod scaled;
mod drawing;
mod helpers;

use std::rc::Rc;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::Codec;
use crate::config::check::{positive, under};
use crate::data::Batch;
use crate::diffusion::{CouplingConfig, DiffusionConfig};
use crate::model::{Card, Family, Learning, Model, Teaching};
use crate::nn::{Init, Interface, Network, Staged, count, into_own, own};
use crate::registry::{About, Member};
use crate::{Error, Result};

use drawing::Latent;
use scaled::Scaled;
pub use stage::StageConfig;

/// Diffusion in the latents of an autoencoder.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LatentConfig {
    /// The autoencoder. It is not trained: `train.from` says whose weights it has.
    pub stage: StageConfig,
    /// Latents are multiplied by this before the diffusion model sees them. 1 for those on a sphere.
    pub scale: f64,
    /// The diffusion model; its `sigma_data` is the latents' deviation times `scale`.
    pub diffusion: Box<DiffusionConfig>,
}

impl Default for LatentConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            stage: StageConfig::named("autoencoder").expect(named),
            scale: 1.0,
            diffusion: Box::new(DiffusionConfig { sigma_data: 1.0, ..DiffusionConfig::default() }),
        }
    }
}

impl Member for LatentConfig {
    const ABOUT: About = About {
        summary: "Diffusion in the latents of an autoencoder",
        paper: "Rombach et al. 2022, https://arxiv.org/abs/2112.10752",
    };
}

impl LatentConfig {
    fn check(&self) -> Result<()> {
        positive("scale", self.scale)?;
        // What is paired with noise would have to be read from the device at each step.
        if !matches!(self.diffusion.coupling, CouplingConfig::Independent(_)) {
            let message = format!(
                "latents are paired with noise at random: wanted `independent`, this is `{}`",
                self.diffusion.coupling.name()
            );
            return Err(Error::config("diffusion.coupling", message));
        }
        if self.diffusion.teaching() == Teaching::Needed {
            let name = self.diffusion.objective.name();
            let message =
                format!("`{name}` asks a teacher, which knows samples and not latents; take `denoise`");
            return Err(Error::config("diffusion.objective", message));
        }
        Ok(())
    }

    /// What a stage says of a sample hangs on no class.
    fn check_stage(&self, interface: &Interface) -> Result<()> {
        match &self.stage {
            StageConfig::VaeConfig(stage) if !stage.does_without(&interface.classes) => {
                let message = "the stage is asked without a class, which it never learns at 0: wanted above 0, to 1; this is 0";
                Err(Error::config("stage.label_dropout", message))
            }
            _ => Ok(()),
        }
    }

    /// The scale that the diffusion model believes in is that of the latents, where it is known.
    fn check_deviation(&self, codec: &dyn Codec) -> Result<()> {
        let Some(deviation) = codec.deviation() else { return Ok(()) };
        let (wanted, given) = (deviation * self.scale, self.diffusion.sigma_data);
        if (given / wanted - 1.0).abs() < 1e-6 {
            return Ok(());
        }
        let message = format!(
            "the stage's latents have deviation {deviation} and are scaled by {}: wanted {wanted}; this is {given}",
            self.scale
        );
        Err(Error::config("diffusion.sigma_data", message))
    }

    /// What the diffusion model is built for.
    fn interface(&self, interface: &Interface, stage: &dyn Network) -> Interface {
        Interface { shape: self.codec_of(stage).latent_shape().to_vec(), ..interface.clone() }
    }

    fn codec_of<'a>(&self, stage: &'a dyn Network) -> &'a dyn Codec {
        self.stage.codec(stage).expect("a stage should have a codec")
    }
}

impl Family for LatentConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        self.check_stage(interface)?;
        // Without autodiff: its parameters are never learnt, and its graph need not be kept.
        let fixed = init.at("stage").on(&init.device().clone().inner());
        let stage = under("stage", self.stage.network(interface, &fixed))?;
        self.check_deviation(self.codec_of(&*stage))?;
        let latent = self.interface(interface, &*stage);
        let diffusion = under("diffusion", self.diffusion.network(&latent, &init.at("diffusion")))?;
        Ok(Box::new(Staged { names: NAMES, stage, learner: diffusion }))
    }

    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let Staged { stage, learner: diffusion, .. } = own(network);
        let x = learning.rows(batch).without_autodiff();
        let z = self.codec_of(&**stage).encode(x) * self.scale;
        let learning = Learning { given: Some(z), ..*learning };
        self.diffusion.loss(&**diffusion, &self.interface(interface, &**stage), batch, &learning)
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        let parameters = count(&network.parameters());
        let Staged { stage, learner: diffusion, .. } = into_own(network);
        let latent = self.interface(interface, &*stage);
        let diffusion = under("diffusion", self.diffusion.model(&latent, diffusion, device))?;
        let stage: Rc<dyn Model> = under("stage", self.stage.model(interface, stage, device))?.into();
        let classes = diffusion.card().classes.clone();
        let card = Card::new("latent", &interface.plain(classes), parameters);
        let codec = Rc::new(Scaled { stage, scale: self.scale });
        Ok(Box::new(Latent { card, codec, diffusion, device: device.clone() }))
    }

    fn codec<'a>(&self, network: &'a dyn Network) -> Option<&'a dyn Codec> {
        self.stage.codec(&*own::<Staged>(network).stage)
    }

    fn frozen(&self) -> &'static [&'static str] {
        &["stage"]
    }
}

/// What the paths of its parts' parameters begin with.
const NAMES: [&str; 2] = ["stage", "diffusion"];

#[cfg(test)]
mod tests;
