//! The U-Net for sequences: time series, trajectories, sound.
//!
//! The network is that of pictures (`unet`), where a sequence is a picture of height 1, of one channel unless it has several: kernels
//! are `[1, kernel]`, and a level halves the length. So convolved, diffusion plans motions (Janner et al. 2022, <https://arxiv.org/abs/2205.09991>, section 3.1 and
//! Appendix C, whose kernels have 5 taps) and makes music (Schneider et al. 2023, <https://arxiv.org/abs/2301.11757>).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::unet::{Axes, ContextConfig, Plan, UnetConfig};
use super::{Architecture, Init, Interface, Network};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// A U-Net for sequences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Unet1dConfig {
    /// Channels at the highest resolution.
    pub channels: usize,
    /// Channels of each level, as multiples; each level halves the length of the one before.
    pub multipliers: Vec<usize>,
    /// Residual blocks a level, on the way down (one more on the way up).
    pub blocks: usize,
    /// Taps of the convolutions, an odd number.
    pub kernel: usize,
    /// Lengths of levels, after folding, at which there is self-attention, and cross-attention where there is a context.
    pub attention: Vec<usize>,
    /// Channels of an attention head.
    pub head: usize,
    /// Width of the embedding of noise level and class.
    pub embedding: usize,
    /// Groups of the group normalisations; must divide each level's channels.
    pub groups: usize,
    /// Probability of dropping an activation while training.
    pub dropout: f64,
    /// Fold this many neighbours into channels first.
    pub patch: usize,
    /// Cross-attention to a context, or to the class where the model is given no context; null for none.
    pub context: Option<ContextConfig>,
}

impl Default for Unet1dConfig {
    fn default() -> Self {
        Self {
            channels: 32,
            multipliers: vec![1, 2, 4],
            blocks: 2,
            kernel: 5,
            attention: vec![],
            head: 32,
            embedding: 128,
            groups: 8,
            dropout: 0.0,
            patch: 1,
            context: None,
        }
    }
}

impl Member for Unet1dConfig {
    const ABOUT: About = About {
        summary: "U-Net for sequences, with convolutions along their length",
        paper: "Janner et al. 2022, https://arxiv.org/abs/2205.09991; Schneider et al. 2023, https://arxiv.org/abs/2301.11757",
    };
}

impl Architecture for Unet1dConfig {
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        let size = match *interface.shape.as_slice() {
            [length] => [1, 1, length],
            [channels, length] => [channels, 1, length],
            ref shape => {
                let message =
                    format!("a unet1d takes sequences [length] or [channels, length], not {shape:?}");
                return Err(Error::config(".", message));
            }
        };
        let config = self.of_pictures();
        Plan { config: &config, interface, size, axes: Axes::Line, kernel: self.kernel }.build(init)
    }
}

impl Unet1dConfig {
    /// The same for pictures; of height 1, with kernels of their own.
    fn of_pictures(&self) -> UnetConfig {
        let Self { channels, blocks, head, embedding, groups, dropout, patch, .. } = *self;
        let (multipliers, attention) = (self.multipliers.clone(), self.attention.clone());
        let context = self.context.clone();
        UnetConfig {
            channels,
            multipliers,
            blocks,
            attention,
            head,
            embedding,
            groups,
            dropout,
            patch,
            context,
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::prelude::*;

    use super::*;
    use crate::nn::tests::{rows, stir};
    use crate::nn::{Condition, Conv2d, Mode};

    fn small() -> Unet1dConfig {
        Unet1dConfig {
            channels: 8,
            multipliers: vec![1, 2],
            blocks: 1,
            attention: vec![6],
            head: 4,
            embedding: 16,
            patch: 2,
            ..Unet1dConfig::default()
        }
    }

    fn built(config: &Unet1dConfig, shape: &[usize]) -> Result<Box<dyn Network>> {
        config.build(&Interface::new(shape.to_vec(), vec![]), &Init::new(1, &Device::flex()))
    }

    #[test]
    fn its_convolution_is_the_sum_over_taps() {
        let device = Device::flex();
        let layer = Conv2d::spanning([2, 3], [1, 5], [1, 2], &Init::new(1, &device));
        let x = rows([2, 8], 1, &device);
        let host = |t: Tensor<1>| t.into_data().try_to_vec::<f32>().expect("floats");
        let (input, mut found) = (host(x.clone().reshape([-1])), crate::nn::collect(&layer).into_iter());
        let mut next = || host(found.next().expect("weight and bias").value);
        let (weight, bias) = (next(), next());
        let output = host(layer.forward(x.reshape([1, 2, 1, 8])).reshape([-1]));
        assert_eq!(output.len(), 3 * 4);
        for (at, value) in output.iter().enumerate() {
            let (out, centre) = (at / 4, 2 * (at % 4));
            let tap = |c: usize, k: usize| match (centre + k).checked_sub(2) {
                Some(place) if place < 8 => input[c * 8 + place] * weight[(out * 2 + c) * 5 + k],
                _ => 0.0,
            };
            let sum: f32 = (0..2).flat_map(|c| (0..5).map(move |k| tap(c, k))).sum();
            assert!((value - sum - bias[out]).abs() < 1e-5, "{at}: {value} {sum}");
        }
    }

    #[test]
    fn kernels_are_lines_and_a_fresh_network_says_zero() {
        let device = Device::flex();
        let mut network = built(&small(), &[3, 24]).expect("it should fit");
        for named in network.parameters().iter().filter(|named| named.shape.len() == 4) {
            assert_eq!(named.shape[2], 1, "{}", named.path);
            assert!([1, 5].contains(&named.shape[3]), "{}", named.path);
        }
        let told = Condition { noise: vec![0.1], ..Condition::default() };
        let out = |network: &dyn Network| network.forward(rows([2, 72], 1, &device), &told, Mode::Infer);
        assert_eq!(out(&*network).abs().max().into_scalar::<f32>(), 0.0);
        let values = stir(network.parameters(), 0.1, &device);
        network.set_parameters(&values);
        assert_eq!(out(&*network).dims(), [2, 72]);
        assert!(out(&*network).abs().max().into_scalar::<f32>() > 0.1);
    }

    #[test]
    fn a_row_of_numbers_is_a_sequence_of_one_channel() {
        let device = Device::flex();
        let out = |shape: &[usize]| {
            let mut network = built(&small(), shape).expect("it should fit");
            let values = stir(network.parameters(), 0.1, &device);
            network.set_parameters(&values);
            let told = Condition { noise: vec![0.1], ..Condition::default() };
            network.forward(rows([2, 24], 1, &device), &told, Mode::Infer)
        };
        let row = out(&[24]);
        assert!(row.clone().abs().max().into_scalar::<f32>() > 0.1);
        assert_eq!(row.into_data(), out(&[1, 24]).into_data());
    }

    #[test]
    fn what_does_not_fit_is_refused_by_the_name_of_its_field() {
        for (config, shape, expected) in [
            (small(), vec![1, 8, 8], "sequences [length] or [channels, length]"),
            (Unet1dConfig { attention: vec![7], ..small() }, vec![3, 24], "`attention`"),
            (small(), vec![3, 30], "a length divisible by 4; the data are 30"),
            (Unet1dConfig { kernel: 4, ..small() }, vec![3, 24], "`kernel`"),
            (Unet1dConfig { kernel: 0, ..small() }, vec![3, 24], "`kernel`"),
            (Unet1dConfig { groups: 3, ..small() }, vec![3, 24], "`groups`"),
            (Unet1dConfig { head: 3, ..small() }, vec![3, 24], "`head`"),
        ] {
            let error = built(&config, &shape).err().expect("this should be refused").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
