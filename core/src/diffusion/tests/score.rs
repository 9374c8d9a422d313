//! Training on Gaussian data, where loss and optimum have closed forms.

use serde_json::json;

use super::*;
use crate::diffusion::column;
use crate::nn::Parametric;
use crate::samplers::Ends;
use crate::schedules::discrete::Table;

pub(super) const MEAN: f64 = 0.4;
pub(super) const VAR: f64 = 0.25;
const SIGMA_DATA: f64 = 0.5;
const ROWS: usize = 60_000;
const SEED: u64 = 2;

/// The network that knows `N(MEAN, VAR)`, and the variance of a table's steps where it has one.
pub(super) struct Knowing {
    /// Added to the noise that it names, `[1, 1]`.
    pub off: Tensor<2>,
    /// Added to `v`, `[1, 1]`.
    pub shift: Tensor<2>,
    pub table: Option<Table>,
}

pub(super) fn number(value: f64, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(vec![value as f32], [1, 1]), device)
}

impl Knowing {
    pub(super) fn new([off, shift]: [f64; 2], table: Option<Table>) -> Self {
        let device = Device::flex();
        Self { off: number(off, &device), shift: number(shift, &device), table }
    }
}

/// `v` at which the step down from that level has the variance that it truly has.
fn exact(table: &Table, sigma: f64) -> f64 {
    let left = VAR * sigma * sigma / (VAR + sigma * sigma);
    let at = table
        .ratios
        .iter()
        .position(|known| (known / sigma - 1.0).abs() < 1e-6)
        .expect("a level of the table");
    if at == 0 {
        let ends = Ends::last(table.ratios[1], sigma);
        return (left / ends.small).ln() / ends.range();
    }
    let to = table.ratios[at - 1];
    (1.0 + (to.powi(-2) - sigma.powi(-2)) * left).ln() / Ends::of(sigma, to).range()
}

impl Network for Knowing {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let sigma: Vec<f64> = condition.noise.iter().map(|noise| (4.0 * noise).exp()).collect();
        let device = x.device();
        let noisy = x * column(&sigma, |sigma| sigma.hypot(SIGMA_DATA), &device);
        let noise = (noisy - MEAN) * column(&sigma, |sigma| sigma / (VAR + sigma * sigma), &device);
        let noise = noise + self.off.clone();
        let Some(table) = &self.table else { return noise };
        let v =
            noise.zeros_like() + column(&sigma, |sigma| exact(table, sigma), &device) + self.shift.clone();
        Tensor::cat(vec![noise, v * 2.0 - 1.0], 1)
    }
}

impl Parametric for Knowing {}

/// A configuration that learns the noise.
pub(super) fn config(noise: serde_json::Value, more: serde_json::Value) -> DiffusionConfig {
    let mut value =
        json!({ "prediction": "epsilon", "sigma_data": SIGMA_DATA, "noise": noise, "network": "mlp" });
    value.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    crate::config::typed(value).expect("a configuration")
}

/// The loss of `ROWS` examples.
pub(super) fn loss(config: &DiffusionConfig, network: &dyn Network, device: &Device) -> Tensor<1> {
    config.check().expect("a sound configuration");
    let mut x = vec![0.0; ROWS];
    Key::new(5, Purpose::Data, 0).fill_normal(&mut x);
    x.iter_mut().for_each(|x| *x = (MEAN + VAR.sqrt() * f64::from(*x)) as f32);
    let batch = Batch { x, shape: vec![1], class: None, first: 0 };
    let learning = Learning::new(SEED, Mode::Infer, device);
    config.loss(network, &Interface::new(vec![1], vec![]), &batch, &learning)
}

pub(super) fn value(config: &DiffusionConfig, network: &dyn Network) -> f64 {
    f64::from(loss(config, network, &Device::flex()).into_scalar::<f32>())
}

/// The mean of `w(σ) f(σ)` over the levels that were drawn.
fn expected(config: &DiffusionConfig, f: impl Fn(f64) -> f64) -> f64 {
    let share = |index: usize| Key::new(SEED, Purpose::Level, index as u64).stream().uniform();
    let shares: Vec<f64> = (0..ROWS).map(share).collect();
    let c_out = |sigma| config.prediction.coefficients(sigma, SIGMA_DATA)[1];
    let costs = config.noise.sigmas(&shares).into_iter().map(|s| config.weight.of(s, c_out(s)) * f(s));
    costs.sum::<f64>() / ROWS as f64
}

/// Denoising score matching, Song et al. 2021, Eq. 7, <https://arxiv.org/abs/2011.13456>: the score of the data's own marginals is its
/// optimum, and what remains there is the variance of the noise given `x`, `VAR/(VAR + σ²)`.
#[test]
fn the_score_of_the_marginals_is_the_optimum_and_its_loss_has_a_closed_form() {
    let weighted = |schedule: &str| json!({ "weight": { "kind": "likelihood", "schedule": schedule } });
    let none = || json!({});
    for (noise, more) in [
        (json!("ve"), none()),
        (json!("vp"), none()),
        (json!("sub_vp"), none()),
        (json!("laplace"), none()),
        (json!("discrete"), none()),
        // A weight of 1/t would take many more examples near data.
        (json!({ "kind": "vp", "t_min": 0.02 }), weighted("vp_linear")),
        (json!({ "kind": "sub_vp", "t_min": 0.05 }), weighted("sub_vp")),
    ] {
        let config = config(noise.clone(), more.clone());
        let at = |off: f64| value(&config, &Knowing::new([off, 0.0], None));
        let wanted = expected(&config, |sigma| VAR / (VAR + sigma * sigma));
        let (best, more, less) = (at(0.0), at(0.3), at(-0.3));
        println!("{noise}: {best:.4}, in closed form {wanted:.4}; away from it {more:.4} and {less:.4}");
        assert!((best / wanted - 1.0).abs() < 0.04, "{noise}: {best}, not {wanted}");
        // The loss is a parabola in the error of the noise.
        let bend = 0.5 * (more + less) - best;
        assert!((bend / (0.09 * expected(&config, |_| 1.0)) - 1.0).abs() < 0.04, "{noise}: {bend}");
        assert!((more - less).abs() < 0.1 * bend, "{noise}: the least is elsewhere: {more} and {less}");
    }
}
