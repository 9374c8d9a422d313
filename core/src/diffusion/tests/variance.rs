//! The hybrid loss on Gaussian data, whose reverse steps are Gaussians of known variance.

use serde_json::json;

use super::score::{Knowing, VAR, config, loss, number, value};
use super::*;
use crate::schedules::discrete::{BetaSchedule, Betas, Table};

fn betas() -> serde_json::Value {
    json!({ "kind": "discrete", "betas": { "schedule": "squaredcos_cap_v2", "train_steps": 12 } })
}

fn table() -> Table {
    Betas { schedule: BetaSchedule::SquaredcosCapV2, train_steps: 12, ..Betas::default() }.table()
}

fn hybrid(lambda: f64) -> DiffusionConfig {
    let variance = json!({ "kind": "learned", "lambda": lambda, "decoder": "density" });
    config(betas(), json!({ "variance": variance }))
}

/// The hybrid loss with `λ = 1`, less the simple loss of the same draws: `L_vlb`.
fn bound(off: f64, shift: f64) -> f64 {
    let at = |lambda| value(&hybrid(lambda), &Knowing::new([off, shift], Some(table())));
    at(1.0) - at(0.0)
}

/// With mean and variance those of the reverse steps, `KL_t = ½ ln(1 + g_t P_t)` and `L_0 = ½ ln(2πe P_0)`, where
/// `P = Var(y | x) = VAR σ²/(VAR + σ²)`; any other variance costs more.
#[test]
fn the_bound_has_its_closed_form_and_is_least_at_the_true_variance() {
    let table = table();
    let left = |sigma: f64| VAR * sigma * sigma / (VAR + sigma * sigma);
    let step = |pair: &[f64]| 0.5 * (1.0 + (pair[0].powi(-2) - pair[1].powi(-2)) * left(pair[1])).ln();
    let last = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * left(table.ratios[0])).ln();
    let wanted = last + table.ratios.windows(2).map(step).sum::<f64>();
    let [best, more, less] = [0.0, 0.3, -0.3].map(|shift| bound(0.0, shift));
    println!("{best:.4}, in closed form {wanted:.4}; with other variances {more:.4} and {less:.4}");
    assert!((best - wanted).abs() < 0.06, "{best}, not {wanted}");
    assert!(more > best + 0.02 && less > best + 0.02, "{best} {more} {less}");
    // The chain of exact steps loses nothing: what the data cost beyond the noise of the last level.
    let entropy = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * VAR).ln();
    assert!((wanted - entropy).abs() < 1e-3, "{wanted} {entropy}");
}

#[test]
fn the_mean_learns_from_the_simple_loss_alone_and_the_variance_from_the_bound() {
    let device = Device::flex().autodiff();
    let gradients = |lambda: f64| {
        let [off, shift] = [0.2, 0.1].map(|value| number(value, &device).require_grad());
        let network = Knowing { off: off.clone(), shift: shift.clone(), table: Some(table()) };
        let gradients = loss(&hybrid(lambda), &network, &device).backward();
        [off, shift]
            .map(|leaf| leaf.grad(&gradients).map_or(0.0, |grad| f64::from(grad.into_scalar::<f32>())))
    };
    let ([off, shift], [off_without, shift_without]) = (gradients(1.0), gradients(0.0));
    assert!(off.abs() > 0.1 && (off - off_without).abs() < 1e-5 * off.abs(), "{off} {off_without}");
    assert_eq!(shift_without, 0.0);
    let h = 1e-2;
    let difference = (bound(0.2, 0.1 + h) - bound(0.2, 0.1 - h)) / (2.0 * h);
    assert!((shift / difference - 1.0).abs() < 0.02, "{shift}, by differences {difference}");
}

#[test]
fn where_lambda_is_zero_it_is_the_simple_loss() {
    let plain = value(&config(betas(), json!({})), &Knowing::new([0.1, 0.0], None));
    let hybrid = value(&hybrid(0.0), &Knowing::new([0.1, 0.0], Some(table())));
    assert!((plain / hybrid - 1.0).abs() < 1e-6, "{plain} {hybrid}");
}

#[test]
fn a_variance_is_learnt_for_levels_of_a_table_only() {
    let said = |noise: serde_json::Value| {
        let config = config(noise, json!({ "variance": { "kind": "learned", "decoder": "density" } }));
        let interface = Interface::new(vec![2], vec![]);
        let built = config.network(&interface, &Init::new(1, &Device::flex()));
        built.map(|network| network.parameters().last().expect("an output").shape.clone())
    };
    let error = said(json!("log_normal")).expect_err("no table").to_string();
    assert!(error.contains("`variance`") && error.contains("kind: discrete"), "{error}");
    let error = said(json!({ "kind": "discrete", "betas": { "train_steps": 1 } }))
        .expect_err("one level")
        .to_string();
    assert!(error.contains("two training levels"), "{error}");
    assert_eq!(said(betas()).expect("it fits"), [4]);
}
