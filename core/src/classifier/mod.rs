//! Classifiers: they judge the samples of other models.

use std::rc::Rc;

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::under;
use crate::data::Batch;
use crate::model::{Card, Classify, Family, Learning, Model};
use crate::nn::{Condition, Init, Interface, Mode, Named, Network, ResNetConfig, collect, count, one_hot};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// A residual network that names the class of a picture.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierConfig {
    /// The network.
    pub network: ResNetConfig,
    /// Pictures are moved by up to this many pixels, each way, while learning.
    pub shift: usize,
}

impl Member for ClassifierConfig {
    const ABOUT: About = About {
        summary: "Residual network that names the class of a picture",
        paper: "He et al. 2016, https://arxiv.org/abs/1512.03385",
    };
}

impl Family for ClassifierConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        if interface.classes.is_empty() {
            return Err(Error::argument("a classifier needs data with classes; these have none"));
        }
        Ok(Box::new(under("network", self.network.build(interface, init))?))
    }

    /// Cross entropy, in nats.
    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let rows = batch.size();
        let mut pixels = batch.x.clone();
        if let (Mode::Train(_), &[c, h, w]) = (learning.mode, interface.shape.as_slice()) {
            shift::all(&mut pixels, [c, h, w], self.shift, learning.seed, batch.first);
        }
        let x =
            Tensor::<2>::from_data(TensorData::new(pixels, [rows, interface.features()]), learning.device);
        let classes: Vec<Option<u32>> = match &batch.class {
            Some(classes) => classes.iter().map(|class| Some(*class)).collect(),
            None => vec![None; rows],
        };
        let target = one_hot(&classes, interface.classes.len(), learning.device);
        let logits = network.forward(x, &unconditional(), learning.mode);
        -(log_softmax(logits, 1) * target).sum() / rows as f64
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        let mut own = self.network.build(interface, &Init::new(0, device))?;
        let values: Vec<Tensor<1>> = network.parameters().into_iter().map(|named| named.value).collect();
        own.set_parameters(&values);
        let card = Card::new("classifier", interface, count(&collect(&own)));
        Ok(Box::new(Classifier { card, network: Rc::new(own) }))
    }
}

mod shift;

fn unconditional() -> Condition {
    Condition::default()
}

/// A trained classifier.
pub struct Classifier {
    card: Card,
    network: Rc<crate::nn::ResNet>,
}

impl Model for Classifier {
    fn card(&self) -> &Card {
        &self.card
    }
    fn classifier(&self) -> Option<&dyn Classify> {
        Some(self)
    }
    fn parameters(&self) -> Vec<Named> {
        collect(&*self.network)
    }
}

impl Classify for Classifier {
    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        self.network.logits(self.network.features(x, Mode::Infer))
    }
    fn features(&self, x: Tensor<2>) -> Tensor<2> {
        self.network.features(x, Mode::Infer)
    }
}
