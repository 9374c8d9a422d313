//! Dynamic loss scaling: the loss is multiplied before the backward pass, so that small gradients are not lost in half precision.
//!
//! ```text
//! g = ∇(s L) / s;   a step whose g is not finite is not taken, and s ← s/2;   after 2000 finite ones in a row, s ← 2 s
//! ```
//!
//! Micikevicius et al. 2018, <https://arxiv.org/abs/1710.03740>, section 3.2, with PyTorch's constants. The scale is a power of two, so
//! that it rounds nothing, and stays on the device, as does the decision: nothing waits for a number.

use burn::prelude::*;

use super::optimizers::Optimizer;
use crate::weights::{self, HostTensor, WeightFile};
use crate::{Error, Result};

/// The scale at first.
const FIRST: f64 = 65536.0;
/// Finite steps in a row after which the scale is doubled.
const PATIENCE: f64 = 2000.0;
/// No scale is below this, which is one too many halvings for a gradient that half precision can hold.
const LEAST: f64 = 0.5;
/// No scale is above.
const GREATEST: f64 = 16_777_216.0;
/// The checkpoint's file.
pub(super) const FILE: &str = "scale.safetensors";

/// The scale of the loss.
pub(super) struct Scaler {
    /// `s`, `[1]`.
    scale: Tensor<1>,
    /// Finite steps in a row, `[1]`.
    run: Tensor<1>,
}

impl Scaler {
    pub(super) fn new(device: &Device) -> Self {
        Self { scale: Tensor::full([1], FIRST, device), run: Tensor::zeros([1], device) }
    }

    /// `s`, as it is now.
    pub(super) fn scale(&self) -> Tensor<1> {
        self.scale.clone()
    }

    /// The optimizer's step number `steps` (from 1), where the gradient's norm is finite; else parameters and state as they were.
    pub(super) fn step(
        &mut self,
        optimizer: &mut dyn Optimizer,
        (steps, rate): (u64, f64),
        parameters: Tensor<1>,
        gradient: Tensor<1>,
        norm: Tensor<1>,
    ) -> Tensor<1> {
        let finite = norm.lower_equal_elem(f32::MAX); // false for NaN too
        let chosen = |new: Tensor<1>, old: Tensor<1>| {
            let finite = finite.clone().expand(new.dims());
            old.mask_where(finite, new)
        };
        let before: Vec<Tensor<1>> = optimizer.state().into_iter().map(|(_, value)| value).collect();
        let after = optimizer.step(rate, parameters.clone(), gradient);
        let state = optimizer.state().into_iter().enumerate().map(|(i, (_, new))| {
            // Before its first step an optimizer remembers nothing, which is zero.
            let old = before.get(i).cloned().unwrap_or_else(|| new.zeros_like());
            chosen(new, old)
        });
        let state = state.collect();
        optimizer.restore(steps, state);
        self.adapt(finite.clone().float());
        chosen(after, parameters)
    }

    /// After a step that was finite (1) or not (0).
    fn adapt(&mut self, finite: Tensor<1>) {
        let run = (self.run.clone() + 1.0) * finite.clone();
        let grow = run.clone().greater_equal_elem(PATIENCE).float();
        let factor = finite.clone() * (grow.clone() + 1.0) + (finite * -1.0 + 1.0) * 0.5;
        self.scale = (self.scale.clone() * factor).clamp(LEAST, GREATEST);
        self.run = run * (grow * -1.0 + 1.0);
    }

    /// For a checkpoint.
    pub(super) async fn save(&self) -> Result<Vec<u8>> {
        let mut tensors = Vec::new();
        for (name, value) in [("scale", &self.scale), ("run", &self.run)] {
            tensors.push(HostTensor::of(name, vec![1], &weights::read(value.clone()).await?));
        }
        weights::write(&tensors, None)
    }

    /// From a checkpoint.
    pub(super) fn load(&mut self, bytes: &[u8]) -> Result<()> {
        let file = WeightFile::parse(FILE, bytes)?;
        let device = self.scale.device();
        (self.scale, self.run) = (file.value("scale", &[1], &device)?, file.value("run", &[1], &device)?);
        Ok(())
    }
}

/// Whether the step was skipped, by what was read of it: the gradient's norm and the scale. An error where no scale helps.
pub(super) fn skipped(step: u64, norm: f32, scale: f32) -> Result<bool> {
    if !norm.is_finite() && f64::from(scale) <= LEAST {
        return Err(Error::NotFinite(format!(
            "the gradient of step {step} does not fit into half precision at any scale of the loss: training has stopped; \
             `train.precision: bf16` or `f32`, or a lower `train.rate.peak`, may help"
        )));
    }
    Ok(!norm.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::OptimizerConfig;

    fn scalar(tensor: Tensor<1>) -> f32 {
        tensor.into_scalar::<f32>()
    }

    /// A step with this gradient; the parameters after it.
    fn step(
        scaler: &mut Scaler,
        optimizer: &mut dyn Optimizer,
        x: Tensor<1>,
        gradient: [f32; 2],
    ) -> Tensor<1> {
        let gradient = Tensor::<1>::from_floats(gradient, &Device::flex());
        let norm = gradient.clone().square().sum().sqrt();
        scaler.step(optimizer, (1, 0.1), x, gradient, norm)
    }

    #[test]
    fn a_step_that_is_not_finite_changes_nothing_but_the_scale() {
        for config in OptimizerConfig::all() {
            let mut scaler = Scaler::new(&Device::flex());
            let mut optimizer = config.build(&[vec![1], vec![1]]);
            let mut x = Tensor::<1>::from_floats([1.0, -2.0], &Device::flex());
            for (number, bad) in [f32::INFINITY, f32::NAN].into_iter().enumerate() {
                let before: Vec<_> = optimizer.state().into_iter().map(|(_, v)| v.into_data()).collect();
                let same = step(&mut scaler, &mut *optimizer, x.clone(), [bad, 1.0]);
                assert_eq!(same.into_data(), x.clone().into_data(), "{}", config.name());
                let after: Vec<_> = optimizer.state().into_iter().map(|(_, v)| v.into_data()).collect();
                if number > 0 {
                    assert_eq!(before, after, "{}", config.name());
                } else {
                    let zero = |data: &TensorData| data.iter::<f32>().all(|value| value == 0.0);
                    assert!(after.iter().all(zero), "{}", config.name());
                }
                assert_eq!(scalar(scaler.scale()), 65536.0 / 2.0_f32.powi(2 * number as i32 + 1));
                // One that is finite in between is taken.
                let moved = step(&mut scaler, &mut *optimizer, x.clone(), [1.0, 1.0]);
                assert!(moved.clone().into_data() != x.into_data(), "{}", config.name());
                x = moved;
                step(&mut scaler, &mut *optimizer, x.clone(), [bad, 1.0]);
            }
        }
    }

    #[test]
    fn after_steps_that_were_not_taken_the_first_is_as_if_they_had_never_been() {
        for config in OptimizerConfig::all() {
            let first = |skipped: usize| {
                let mut scaler = Scaler::new(&Device::flex());
                let mut optimizer = config.build(&[vec![1], vec![1]]);
                let x = Tensor::<1>::from_floats([1.0, -2.0], &Device::flex());
                for _ in 0..skipped {
                    step(&mut scaler, &mut *optimizer, x.clone(), [f32::INFINITY, 1.0]);
                }
                step(&mut scaler, &mut *optimizer, x, [0.3, -4.0]).into_data()
            };
            assert_eq!(first(5), first(0), "{}", config.name());
        }
    }

    #[test]
    fn the_scale_doubles_after_two_thousand_finite_steps_and_stays_in_its_bounds() {
        let mut scaler = Scaler::new(&Device::flex());
        let told =
            |scaler: &mut Scaler, finite: f32| scaler.adapt(Tensor::from_floats([finite], &Device::flex()));
        (0..1999).for_each(|_| told(&mut scaler, 1.0));
        assert_eq!(scalar(scaler.scale()), 65536.0);
        told(&mut scaler, 1.0);
        assert_eq!((scalar(scaler.scale()), scalar(scaler.run.clone())), (131_072.0, 0.0));
        (0..40).for_each(|_| told(&mut scaler, 0.0));
        assert_eq!(scalar(scaler.scale()), 0.5);
        assert!(skipped(3, f32::INFINITY, 1.0).expect("a lower scale may help"));
        assert!(skipped(3, f32::NAN, 0.5).expect_err("none is lower").to_string().contains("step 3"));
    }
}
