//! Walks of k-diffusion's adaptive samplers with their times in double precision.
//!
//! Its `sample_dpm_fast` and `sample_dpm_adaptive` make single-precision tensors of the noise levels at their ends, and so of all times
//! in between: the recorded walks agree to that. With `DPMSolver(model).dpm_solver_fast(x, t(80), t(0.02), n)` and
//! `.dpm_solver_adaptive(x, t(80), t(0.02), rtol=…, atol=…)` called with double-precision tensors, on the data and the start of the
//! recording script, the results are these.

use burn::tensor::DType;
use serde_json::{Map, Value, json};

use super::case::{Case, KDiffusion, files};
use super::diffusers::Levels;
use super::{far, kdiffusion};

/// Sampler, steps, options, evaluations, result.
type Walk = (&'static str, usize, Value, usize, [f64; 8]);

fn walks() -> [Walk; 4] {
    let adaptive = "sample_dpm_adaptive";
    [
        (
            "sample_dpm_fast",
            5,
            json!({}),
            5,
            [
                2.341916220271684,
                0.7631877825459163,
                1.432903436629751,
                2.893866435882815,
                2.4617255072399713,
                -0.8312133447705083,
                1.3997411470653207,
                0.12480183233533673,
            ],
        ),
        (
            "sample_dpm_fast",
            10,
            json!({}),
            10,
            [
                1.1860503752204923,
                0.5009914532476475,
                0.791601714677991,
                1.4255585836328082,
                1.2380393170876676,
                -0.19086833173546552,
                0.7772115752491527,
                0.22397611583859475,
            ],
        ),
        (
            adaptive,
            5,
            json!({ "rtol": 0.05, "atol": 0.0078 }),
            24,
            [
                1.278034579214251,
                0.5218571278792206,
                0.8426367276651159,
                1.5424070306954722,
                1.3354206876171788,
                -0.2418272094958807,
                0.826752694031454,
                0.21608379203323455,
            ],
        ),
        (
            adaptive,
            5,
            json!({ "rtol": 1e-3, "atol": 1e-4 }),
            57,
            [
                1.1848612936357732,
                0.5007217222679801,
                0.7909419840776916,
                1.4240480814968695,
                1.2367804662267163,
                -0.19020958533671398,
                0.7765711562481418,
                0.22407814006112528,
            ],
        ),
    ]
}

#[test]
fn adaptive_walks_of_k_diffusion_with_exact_times() {
    for (path, file) in files() {
        let Some(Case::KDiffusion(recorded)) = file.cases.first() else { continue };
        for (sampler, n, kwargs, evaluations, last) in walks() {
            let kwargs: Map<String, Value> = kwargs.as_object().cloned().unwrap_or_default();
            let case = KDiffusion {
                sampler: sampler.into(),
                schedule: "karras".into(),
                n,
                kwargs,
                nfe: evaluations,
                sigmas: recorded.sigmas.clone(),
                x_init: recorded.x_init.clone(),
                last: Vec::new(),
                traj: None,
            };
            let plan = kdiffusion::plan(&case, &file.meta, Levels::Recorded).expect("a plan");
            let found = plan.run(&file.meta.noise, DType::F64).expect("a walk");
            let error = far(found.last(), &last);
            println!("{}: {error:.1e}  {sampler} n={n}", path.display());
            assert!(error < 1e-9, "{sampler} n={n}: {error:.1e}");
            assert_eq!(found.evaluations, evaluations, "{sampler} n={n}");
        }
        return;
    }
}
