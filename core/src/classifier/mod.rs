//! Classifiers: they judge the samples of other models.

mod shift;

use std::rc::Rc;

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::{at_most, under};
use crate::data::Batch;
use crate::model::{Card, Classify, Family, Learning, Model};
use crate::nn::{
    Condition, Init, Interface, Mode, Named, Network, Parametric, ResNetConfig, collect, count, one_hot,
};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// A residual network that names the class of a picture.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierConfig {
    /// The network.
    pub network: ResNetConfig,
    /// Pictures are moved by up to this many pixels, each way, while learning; less than their height and width.
    pub shift: usize,
}

impl Member for ClassifierConfig {
    const ABOUT: About = About {
        summary: "Residual network that names the class of a picture",
        paper: "He et al. 2016, https://arxiv.org/abs/1603.05027",
    };
}

impl Family for ClassifierConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        if interface.classes.is_empty() {
            return Err(Error::argument("a classifier needs data with classes; these have none"));
        }
        let network = under("network", self.network.build(interface, init))?;
        let side = interface.shape[1..].iter().min().copied().unwrap_or_default();
        at_most("shift", self.shift, side.saturating_sub(1))?;
        Ok(Box::new(network))
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
        let logits = network.forward(x, &Condition::default(), learning.mode);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_nothing_of_a_picture_is_refused() {
        let interface = Interface::new(vec![1, 8, 12], vec!["a".into(), "b".into()]);
        let built = |config: ClassifierConfig| config.network(&interface, &Init::new(0, &Device::flex()));
        let config = |shift, dropout| ClassifierConfig {
            network: ResNetConfig { dropout, ..ResNetConfig::default() },
            shift,
        };
        assert!(built(config(7, 0.9)).is_ok());
        let refused = |config| built(config).err().expect("this should be refused").to_string();
        assert_eq!(refused(config(8, 0.0)), "configuration, at `shift`: wanted 7 or less; this is 8");
        assert!(refused(config(0, 1.5)).contains("`network.dropout`"));
    }
}
