//! Networks that learn a score, and those that learn a variance, on Gaussian data.

use super::*;
use crate::model::Generate;
use crate::random::{Key, Purpose};
use crate::samplers::{Ddpm, SamplerConfig, Variance};

fn trained(model: serde_json::Value, steps: u64) -> Box<dyn crate::model::Model> {
    let run: RunConfig = config::typed(json!({
        "seed": 4,
        "data": "moons",
        "model": model,
        "train": { "steps": steps, "batch": 256, "rate": { "kind": "cosine", "peak": 1e-2, "warmup": 20 }, "ema": 0.98 },
    }))
    .expect("a configuration");
    let (mut session, mut loader) = session(&run, Arc::new(Gaussian));
    for _ in 0..steps {
        session.step(&mut loader);
    }
    session.model().expect("a model")
}

/// Whichever levels are seen, what is learnt is the score, `−(x − μ)/(s² + σ²)`; on data of two different scales.
#[test]
fn every_distribution_of_levels_teaches_the_score() {
    let (means, vars) = ([1.0, -2.0], [0.25, 0.04_f64]);
    for noise in ["ve", "vp", "sub_vp", "laplace", "discrete"] {
        let model = trained(
            json!({ "kind": "diffusion", "prediction": "epsilon", "noise": noise, "network": { "kind": "mlp", "hidden": 32, "blocks": 2 } }),
            400,
        );
        let denoiser = model.generator().and_then(Generate::denoiser).expect("it denoises");
        for sigma in [0.3, 1.0, 3.0_f64] {
            let rows = 1000;
            let mut x = vec![0.0; 2 * rows];
            Key::new(1, Purpose::Data, 3).fill_normal(&mut x);
            for pair in x.chunks_mut(2) {
                (0..2).for_each(|i| {
                    pair[i] = (means[i] + f64::from(pair[i]) * (vars[i] + sigma * sigma).sqrt()) as f32;
                });
            }
            let rows_of = |values: &[f32]| {
                Tensor::<2>::from_data(TensorData::new(values.to_vec(), [rows, 2]), &Device::flex())
            };
            let denoised = denoiser.denoise(rows_of(&x), sigma, None);
            let found: Vec<f64> = denoised.into_data().iter::<f64>().collect();
            // The score times −σ has a variance below 1.
            let error = |(i, denoised): (usize, &f64)| {
                let away = f64::from(x[i]) - means[i % 2];
                let wanted = f64::from(x[i]) - sigma * sigma * away / (vars[i % 2] + sigma * sigma);
                ((denoised - wanted) / sigma).powi(2)
            };
            let error = found.iter().enumerate().map(error).sum::<f64>() / found.len() as f64;
            println!("{noise} at {sigma}: squared error {error:.4}");
            assert!(error < 0.03, "{noise} at {sigma}: {error}");
        }
    }
}

/// Ten steps that were learnt as they are walked: with the variance learnt too, samples spread as the data with the noise of the last
/// level do; with the large one they spread further, with the small one less.
#[test]
fn a_learned_variance_draws_the_right_spread_in_few_steps() {
    let betas = json!({ "schedule": "squaredcos_cap_v2", "train_steps": 10 });
    let model = trained(
        json!({
            "kind": "diffusion",
            "prediction": "v",
            "noise": { "kind": "discrete", "betas": betas },
            "variance": { "kind": "learned", "decoder": "density", "lambda": 0.01 },
            "network": { "kind": "mlp", "hidden": 32, "blocks": 2 },
            "sampling": { "sampler": "ddpm", "schedule": "vp", "grid": { "kind": "discrete", "betas": betas, "ending": "lowest" }, "steps": 10 },
        }),
        800,
    );
    let spread = |variance| {
        let sampler = Some(SamplerConfig::Ddpm(Ddpm { variance }));
        let request = Request { count: 4000, sampler, ..Request::default() };
        let mut generation = model.generate(&request).expect("a generation");
        let mut x = None;
        while let Some(frame) = generation.step() {
            x = Some(frame.expect("a step").x);
        }
        let std = x.expect("a step").var(0).sqrt();
        std.into_data().iter::<f64>().collect::<Vec<f64>>()
    };
    let lowest = crate::schedules::discrete::Betas {
        schedule: crate::schedules::discrete::BetaSchedule::SquaredcosCapV2,
        train_steps: 10,
        ..Default::default()
    }
    .table()
    .ratios[0];
    let wanted = [0.25, 0.04].map(|var: f64| (var + lowest * lowest).sqrt());
    let [small, learned, large] = [Variance::Small, Variance::Learned, Variance::Large].map(spread);
    println!("wanted {wanted:.3?}: learned {learned:.3?}, small {small:.3?}, large {large:.3?}");
    for i in 0..2 {
        let error = |found: &[f64]| (found[i] / wanted[i] - 1.0).abs();
        assert!(error(&learned) < 0.05, "{learned:?}, not {wanted:?}");
        assert!(error(&large) > 2.0 * error(&learned) && error(&small) > 2.0 * error(&learned));
    }
}
