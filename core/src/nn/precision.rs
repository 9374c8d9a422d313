//! Half precision: a network that keeps its weights and computes in f16 or bf16, between inputs and outputs in f32.
//!
//! ```text
//! y = f32(F(half(x); half(θ))),   ∂L/∂θ = f32(∂L/∂half(θ))
//! ```
//!
//! Micikevicius et al. 2018, "Mixed Precision Training", <https://arxiv.org/abs/1710.03740>. What sums many values or takes powers (the
//! statistics of normalisations, softmax) is done in single precision inside. Tokens are numbers of places in a table, which half
//! precision would round to other places: they stay as they are.

use burn::prelude::*;
use burn::tensor::{DType, FloatDType, Gradients};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Mode, Named, Network, Parametric};
use crate::{Error, Result, error};

/// A score or a logarithm this low is that of nothing, and half precision can still write it.
pub use kiln_kernels::tokens::NEVER;

/// The precision in which a network computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Single, 24 bits of significand.
    #[default]
    F32,
    /// Half, 11 bits, numbers up to 65504.
    F16,
    /// Brain floating point, 8 bits, numbers as large as single precision's.
    Bf16,
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 3] = [Self::F32, Self::F16, Self::Bf16];

    /// What a configuration calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// The precision of that name.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|precision| precision.name() == name);
        found.ok_or_else(|| error::unknown("precision", name, &Self::ALL.map(Self::name)))
    }

    /// Refuses a precision in which the device does not compute, and names those in which it does.
    pub fn check(self, device: &Device) -> Result<()> {
        if device.supports_dtype(self.dtype()) {
            return Ok(());
        }
        let there = Self::ALL.into_iter().filter(|precision| device.supports_dtype(precision.dtype()));
        let there: Vec<&str> = there.map(Self::name).collect();
        Err(Error::Device(format!(
            "this device does not compute in {}; it does in: {}",
            self.name(),
            there.join(", ")
        )))
    }

    /// Refuses half precision for networks with an encoder, whose families need them as they are.
    pub fn fits(self, encodes: bool) -> Result<()> {
        if self == Self::F32 || !encodes {
            return Ok(());
        }
        let name = self.name();
        Err(Error::argument(format!(
            "models that encode compute in f32, not in {name}: leave the precision out"
        )))
    }

    /// The network, computing in this precision; its parameters and gradients are given and taken in single.
    pub fn narrow(self, mut network: Box<dyn Network>) -> Box<dyn Network> {
        if self == Self::F32 {
            return network;
        }
        let values: Vec<_> =
            network.parameters().into_iter().map(|named| named.value.cast(self.dtype())).collect();
        network.set_parameters(&values);
        Box::new(Narrow { network, dtype: self.dtype() })
    }

    fn dtype(self) -> FloatDType {
        match self {
            Self::F32 => FloatDType::F32,
            Self::F16 => FloatDType::F16,
            Self::Bf16 => FloatDType::BF16,
        }
    }
}

/// A network in half precision.
struct Narrow {
    network: Box<dyn Network>,
    dtype: FloatDType,
}

impl Network for Narrow {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let dtype = x.dtype();
        let condition = Condition {
            noise: condition.noise.clone(),
            span: condition.span.clone(),
            class: condition.class.clone().map(|class| class.cast(self.dtype)),
            context: condition.context.clone().map(|context| context.cast(self.dtype)),
            padding: condition.padding.clone(),
        };
        let x = if self.network.takes_tokens() { x } else { x.cast(self.dtype) };
        self.network.forward(x, &condition, mode).cast(dtype)
    }

    fn takes_tokens(&self) -> bool {
        self.network.takes_tokens()
    }
}

impl Parametric for Narrow {
    fn parameters(&self) -> Vec<Named> {
        let single = |named: Named| Named { value: named.value.cast(FloatDType::F32), ..named };
        self.network.parameters().into_iter().map(single).collect()
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        let values: Vec<_> = values.iter().map(|value| value.clone().cast(self.dtype)).collect();
        self.network.set_parameters(&values);
    }

    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        self.network.gradients(gradients).into_iter().map(|gradient| gradient.cast(FloatDType::F32)).collect()
    }
}

/// In this precision.
pub(super) fn like<const D: usize>(x: Tensor<D>, dtype: DType) -> Tensor<D> {
    if x.dtype() == dtype { x } else { x.cast(dtype) }
}

/// `f(x)`, computed in single precision where `x` is in half.
pub(super) fn wide<const D: usize>(x: Tensor<D>, f: impl FnOnce(Tensor<D>) -> Tensor<D>) -> Tensor<D> {
    match x.dtype() {
        half @ (DType::F16 | DType::BF16) => f(x.cast(FloatDType::F32)).cast(half),
        _ => f(x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::NetworkConfig;
    use crate::nn::tests::{built, condition, members, rows, stir};

    /// Output and gradients of a stirred network.
    fn computed(
        config: &NetworkConfig,
        precision: Precision,
        device: &Device,
    ) -> (Tensor<2>, Vec<Tensor<1>>) {
        let device = device.clone().autodiff();
        let mut network = precision.narrow(built(config, &device));
        let values = stir(network.parameters(), 0.1, &device.clone().inner());
        network.set_parameters(&values);
        let key = crate::random::Key::new(3, crate::random::Purpose::Dropout, 0);
        let out = network.forward(rows([2, 64], 7, &device), &condition(&device), Mode::Train(key));
        let mut gradients = out.clone().square().sum().backward();
        (out.without_autodiff(), network.gradients(&mut gradients))
    }

    /// `‖a − b‖ / ‖b‖`.
    fn apart(a: Tensor<1>, b: Tensor<1>) -> f32 {
        let norm = |x: Tensor<1>| x.square().sum().sqrt().into_scalar::<f32>();
        norm(a - b.clone()) / norm(b)
    }

    /// Rounding to 11 and 8 bits: some units of 2⁻¹¹ and 2⁻⁸ in the output, some more in gradients.
    #[test]
    fn every_network_computes_in_half_what_it_computes_in_single() {
        let device = Device::flex();
        for config in members() {
            let (single, exact) = computed(&config, Precision::F32, &device);
            for (precision, unit) in
                [(Precision::F16, 2.0_f32.powi(-11)), (Precision::Bf16, 2.0_f32.powi(-8))]
            {
                let (half, gradients) = computed(&config, precision, &device);
                assert_eq!(half.dtype(), DType::F32);
                let out = apart(half.reshape([-1]), single.clone().reshape([-1]));
                let place = format!("{} in {}", config.name(), precision.name());
                assert!(out > 0.0 && out < 12.0 * unit, "{place}: {out}");
                assert!(gradients.iter().all(|gradient| gradient.dtype() == DType::F32), "{place}");
                let gradient = apart(Tensor::cat(gradients, 0), Tensor::cat(exact.clone(), 0));
                println!("{place}: output {out:.1e}, gradient {gradient:.1e}");
                assert!(gradient < 24.0 * unit, "{place}: {gradient}");
            }
        }
    }

    #[test]
    fn a_name_that_is_no_precision_is_refused() {
        let error = Precision::named("fp16").expect_err("no precision").to_string();
        assert_eq!(error, "unknown precision `fp16` (did you mean `f16`?); there are: f32, f16, bf16");
        for precision in Precision::ALL {
            assert_eq!(Precision::named(precision.name()).expect("a precision"), precision);
            assert!(precision.check(&Device::flex()).is_ok(), "the CPU computes in all");
        }
    }
}
