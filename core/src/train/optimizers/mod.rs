//! Optimizers: how weights follow gradients. Each works on all parameters as one vector.

mod adam;
mod adamw;
mod sgd;
mod lion;
mod muon;

use burn::prelude::*;

use crate::Result;

/// An optimizer's configuration.
pub trait Rule {
    /// Refuses values outside of their range.
    fn check(&self) -> Result<()>;

    /// The optimizer before its first step, for parameters of these shapes, which lie one after the other in the vector.
    fn build(&self, shapes: &[Vec<usize>]) -> Box<dyn Optimizer>;
}

/// An optimizer with its state.
pub trait Optimizer {
    /// The parameters after a step, `[n]`, given theirs and their gradient.
    fn step(&mut self, rate: f64, parameters: Tensor<1>, gradient: Tensor<1>) -> Tensor<1>;

    /// What it remembers: names and vectors, for a checkpoint. Empty before the first step.
    fn state(&self) -> Vec<(&'static str, Tensor<1>)>;

    /// Takes up a remembered state, in the order of [`Optimizer::state`], after so many steps.
    fn restore(&mut self, steps: u64, state: Vec<Tensor<1>>);

    /// Names and lengths of what it remembers after a step: a number for each of the parameters, or one for all.
    fn memory(&self, parameters: usize) -> Vec<(&'static str, usize)>;
}

registry! {
    /// The optimizers that a configuration can name.
    pub enum OptimizerConfig("optimizer"): dyn Rule {
        "adamw" => adamw::AdamW,
        "adam" => adam::Adam,
        "sgd" => sgd::Sgd,
        "lion" => lion::Lion,
        "muon" => muon::Muon,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(values: [f32; 3]) -> Tensor<1> {
        Tensor::from_floats(values, &Device::flex())
    }

    /// Three steps on a quadratic by hand in double precision.
    #[test]
    fn adamw_follows_its_equations() {
        let (b1, b2, eps, decay, rate) = (0.9, 0.999, 1e-8, 0.01, 0.1);
        let mut optimizer = OptimizerConfig::named("adamw").expect("adamw").build(&[vec![3]]);
        let mut x = vector([1.0, -2.0, 0.5]);
        let mut by_hand = [1.0_f64, -2.0, 0.5];
        let (mut m, mut v) = ([0.0; 3], [0.0; 3]);
        for t in 1..=3 {
            x = optimizer.step(rate, x.clone(), x * 2.0);
            for i in 0..3 {
                let g = 2.0 * by_hand[i];
                m[i] = b1 * m[i] + (1.0 - b1) * g;
                v[i] = b2 * v[i] + (1.0 - b2) * g * g;
                let (m_hat, v_hat) = (m[i] / (1.0 - f64::powi(b1, t)), v[i] / (1.0 - f64::powi(b2, t)));
                by_hand[i] -= rate * (m_hat / (v_hat.sqrt() + eps) + decay * by_hand[i]);
            }
        }
        let got: Vec<f32> = x.into_data().try_to_vec().expect("floats");
        for (got, wanted) in got.iter().zip(by_hand) {
            assert!((f64::from(*got) - wanted).abs() < 1e-5, "{got} {wanted}");
        }
    }

    #[test]
    fn every_optimizer_descends_and_resumes_where_it_was() {
        for config in OptimizerConfig::all() {
            let mut one = config.build(&[vec![1], vec![2]]);
            let mut x = vector([1.0, -2.0, 0.5]);
            for _ in 0..5 {
                x = one.step(0.05, x.clone(), x * 2.0);
            }
            let mut two = config.build(&[vec![1], vec![2]]);
            let state = one.state();
            let memory: Vec<_> = state.iter().map(|(name, value)| (*name, value.dims()[0])).collect();
            assert_eq!(one.memory(3), memory, "{}", config.name());
            two.restore(5, state.into_iter().map(|(_, value)| value).collect());
            let next = one.step(0.05, x.clone(), x.clone() * 2.0);
            let again = two.step(0.05, x.clone(), x.clone() * 2.0);
            assert_eq!(next.clone().into_data(), again.into_data(), "{}", config.name());
            assert!(next.square().sum().into_scalar::<f32>() < 5.25, "{}", config.name());
        }
    }
}
