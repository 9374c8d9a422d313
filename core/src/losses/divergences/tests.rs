//! Divergences against numbers of plain implementations, closed forms and their own gradients.
//!
//! ```text
//! X = [[0, 0], [1, .5], [-.3, .8]]; Y = [[.4, -1], [2, .1], [.7, .7], [-1, .2]]; d = np.sqrt(((a[:, None] - b[None])**2).sum(-1))
//! energy    2*d(X, Y).mean() - off(d(X, X)) - off(d(Y, Y)), off the mean off the diagonal
//! mmd       off(k(X, X)) + off(k(Y, Y)) - 2*k(X, Y).mean(), k the mean of exp(-d**2/2h**2) or h**2/(h**2 + d**2) over h = 1, 2
//! sinkhorn  20,000 turns of f = -eps*(logsumexp((g - d**2/2)/eps, axis=1) - log(m)), eps = .1*(d(X, Y)**2/2).mean()
//! ```

use burn::prelude::*;

use super::*;
use crate::distributions::{Distribution, FullNormal, Normal, kl, kl_monte_carlo};
use crate::random::Purpose;

const KEY: Key = Key::new(11, Purpose::Noise, 0);

fn sets(device: &Device) -> [Tensor<2>; 2] {
    let x = Tensor::from_floats([[0.0, 0.0], [1.0, 0.5], [-0.3, 0.8]], device);
    let y = Tensor::from_floats([[0.4, -1.0], [2.0, 0.1], [0.7, 0.7], [-1.0, 0.2]], device);
    [x, y]
}

fn number<const D: usize>(x: Tensor<D>) -> f64 {
    f64::from(x.into_scalar::<f32>())
}

fn of(divergence: &dyn SetDivergence, [x, y]: [Tensor<2>; 2]) -> f64 {
    number(divergence.measure(x, y, KEY))
}

fn kernel(kernel: Similarity) -> KernelDiscrepancy {
    KernelDiscrepancy { kernel, widths: vec![0.5, 1.0] }
}

#[test]
fn divergences_are_those_of_plain_implementations() {
    let sharp = Sinkhorn { epsilon: 0.1, iterations: 400 };
    let cases: [(&dyn SetDivergence, f64); 4] = [
        (&Energy {}, -0.317_209_444_069_324_5),
        (&kernel(Similarity::Gaussian), -0.105_704_460_365_701_58),
        (&kernel(Similarity::InverseMultiquadric), -0.105_180_311_738_233_5),
        (&sharp, 0.434_084_221_424_336_3),
    ];
    for (which, (divergence, wanted)) in cases.into_iter().enumerate() {
        let [x, y] = sets(&Device::flex());
        let found = of(divergence, [x.clone(), y.clone()]);
        assert!((found - wanted).abs() < 2e-5, "{which}: {found}, not {wanted}");
        // Wherever both lie, and whichever is the first.
        let moved = of(divergence, [y + 30.0, x + 30.0]);
        assert!((moved - wanted).abs() < 2e-4, "{which}: {moved}, not {wanted}");
    }
}

/// Kernels mean what they mean to the metric.
#[test]
fn kernels_are_those_of_the_fused_operation() {
    use kiln_kernels::pairs::{Kernel, Pairs, kernel_mean};
    let [x, y] = sets(&Device::flex());
    let fused = |x: &Tensor<2>, y: &Tensor<2>, pairs| {
        number(kernel_mean(x.clone(), y.clone(), Kernel::Gaussian(vec![1.0, 2.0]), pairs).mean())
    };
    let within = fused(&x, &x, Pairs::Distinct) + fused(&y, &y, Pairs::Distinct);
    let wanted = within - 2.0 * fused(&x, &y, Pairs::All);
    assert!((of(&kernel(Similarity::Gaussian), [x, y]) - wanted).abs() < 1e-5);
}

/// Moving all rows by `t` costs `½ |t|²` whatever the blur, and `|t|²/features` on the mean of directions, but for chance in these.
#[test]
fn transport_of_a_set_to_where_it_was_moved_is_known() {
    let device = Device::flex();
    let x = KEY.normal_rows(40, 3, &device);
    let t = Tensor::<2>::from_floats([[2.0, -1.0, 0.5]], &device);
    for epsilon in [0.02, 0.2, 2.0] {
        let found = of(&Sinkhorn { epsilon, iterations: 200 }, [x.clone(), x.clone() + t.clone()]);
        assert!((found / 2.625 - 1.0).abs() < 0.01, "{epsilon}: {found}");
    }
    let found = of(&Sliced { directions: 4000 }, [x.clone(), x.clone() + t]);
    assert!((found / 1.75 - 1.0).abs() < 0.06, "{found}");
    // A set of half as many rows, each of which stands for two.
    let twice = Tensor::cat(vec![x.clone(), x.clone()], 0);
    assert!(of(&Sliced::default(), [x, twice]).abs() < 1e-6);
}

/// On a line the sliced distance is Wasserstein's: `∫ (F⁻¹ − G⁻¹)²` of staircases of 2 and 3 steps is 1/12.
#[test]
fn staircases_of_different_steps_meet() {
    let device = Device::flex();
    let column = |values: &[f32]| Tensor::<1>::from_floats(values, &device).unsqueeze_dim::<2>(1);
    let found = of(&Sliced::default(), [column(&[1.0, 0.0]), column(&[0.5, 1.0, 0.0])]);
    assert!((found - 1.0 / 12.0).abs() < 1e-6, "{found}");
    // Equal numbers keep their places.
    let found = of(&Sliced::default(), [column(&[1.0, 2.0, 1.0]), column(&[1.0, 1.0, 2.0])]);
    assert!(found.abs() < 1e-12);
}

/// Gradients along a direction against differences. Of transport they are those at rest, which is where the last step starts from.
#[test]
fn gradients_are_those_of_differences() {
    let device = Device::flex().autodiff();
    let [x, y] = [0, 1].map(|draw| KEY.draw(draw).normal_rows(12, 3, &device) + f64::from(draw));
    let along = KEY.draw(2).normal_rows(12, 3, &device);
    for config in SetDivergenceConfig::all() {
        let config = match config {
            // Its blur is a share of the mean cost, without a gradient: held nearly still by a large set's mean it is not here.
            SetDivergenceConfig::Sinkhorn(_) => {
                SetDivergenceConfig::Sinkhorn(Sinkhorn { epsilon: 0.5, iterations: 300 })
            }
            other => other,
        };
        let slope = |which: usize| {
            let mut sets = [x.clone(), y.clone()];
            sets[which] = sets[which].clone().require_grad();
            let [first, second] = sets.clone();
            let gradients = config.measure(first, second, KEY).backward();
            number((sets[which].grad(&gradients).expect("a gradient") * along.clone().inner()).sum())
        };
        let differences = |which: usize| {
            let at = |h: f64| {
                let mut sets = [x.clone(), y.clone()];
                sets[which] = sets[which].clone() + along.clone() * h;
                of(&*config, sets)
            };
            (at(0.01) - at(-0.01)) / 0.02
        };
        let tolerance = if config.name() == "sinkhorn" { 0.1 } else { 0.02 };
        for which in 0..2 {
            let (found, wanted) = (slope(which), differences(which));
            assert!(
                (found - wanted).abs() < tolerance * wanted.abs().max(0.02),
                "{}: {found} {wanted}",
                config.name()
            );
        }
    }
}

/// Two samples of one distribution are nearly at 0, and two of others are not: the estimates without bias within a few of their own errors.
#[test]
fn samples_of_one_distribution_are_near_and_others_are_far() {
    let device = Device::flex();
    let [x, y] = [0, 1].map(|draw| KEY.draw(draw).normal_rows(200, 2, &device));
    for config in SetDivergenceConfig::all() {
        let near = of(&*config, [x.clone(), y.clone()]);
        let far = of(&*config, [x.clone(), y.clone() * 0.7 + 1.0]);
        assert!(near.abs() < 0.1 * far && far > 0.05, "{}: {near}, {far}", config.name());
        config.check().expect("a default should be a divergence");
    }
}

/// `KL(q ‖ p)`; `α/2 (Δμ)²/σ_α² + ln(σ_q^α... )` of normals; and Jensen and Shannon's by a fine sum.
#[test]
fn estimates_between_densities_come_to_their_closed_forms() {
    let device = Device::flex();
    let normal = |m: f32, s: f32| {
        Normal::new(Tensor::from_floats([[m]], &device), Tensor::from_floats([[s]], &device))
    };
    let (p, q) = (normal(0.3, 1.2), normal(-0.2, 1.0));
    let draws = 100_000;
    let near = |found: Tensor<2>, wanted: f64| {
        let found = number(found);
        assert!((found - wanted).abs() < 0.01, "{found} {wanted}");
    };
    near(reverse_kl(&p, &q, KEY, draws), number(kl(&q, &p)));
    near(kl_monte_carlo(&p, &q, KEY, draws), number(kl(&p, &q)));
    for alpha in [0.5_f64, 0.9, 1.5] {
        // Gil et al. 2013: with σ*² = α σ_q² + (1 − α) σ_p².
        let mixed = alpha + (1.0 - alpha) * 1.44;
        let wanted =
            (1.0_f64 / 1.2).ln() + (1.0 / mixed).ln() / (2.0 * (alpha - 1.0)) + 0.5 * alpha * 0.25 / mixed;
        near(renyi(&p, &q, alpha, KEY, draws), wanted);
    }
    let density =
        |x: f64, m: f64, s: f64| (-0.5 * ((x - m) / s).powi(2)).exp() / s / std::f64::consts::TAU.sqrt();
    let wanted: f64 = (-8000..8000)
        .map(|i| {
            let x = f64::from(i) * 1e-3;
            let (p, q) = (density(x, 0.3, 1.2), density(x, -0.2, 1.0));
            0.5e-3 * (p * (2.0 * p / (p + q)).ln() + q * (2.0 * q / (p + q)).ln())
        })
        .sum();
    near(jensen_shannon(&p, &q, KEY, draws), wanted);
    // Far apart it is ln 2, and finite.
    near(jensen_shannon(&normal(-100.0, 1.0), &normal(100.0, 1.0), KEY, 100), std::f64::consts::LN_2);
}

/// Draws carry gradients: the slope of an estimate is that of the closed form.
#[test]
fn estimates_have_the_gradient_of_the_closed_form() {
    let device = Device::flex().autodiff();
    let mean = Tensor::<2>::from_floats([[0.5, -0.3]], &device).require_grad();
    let factor = |rows: [[f32; 2]; 2]| Tensor::<2>::from_floats(rows, &device).unsqueeze_dim::<3>(0);
    let p = FullNormal::new(mean.clone(), factor([[1.0, 0.0], [0.4, 0.8]]));
    let q = FullNormal::new(mean.zeros_like().detach(), factor([[1.2, 0.0], [-0.3, 1.0]]));
    assert!(p.pathwise());
    let slope = |loss: Tensor<2>| mean.grad(&loss.sum().backward()).expect("a gradient");
    let off = slope(kl_monte_carlo(&p, &q, KEY, 20_000)) - slope(kl(&p, &q));
    assert!(off.abs().max().into_scalar::<f32>() < 0.03);
}
