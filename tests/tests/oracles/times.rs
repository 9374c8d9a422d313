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
                2.34191583082223,
                0.7631876942032827,
                1.432903220553964,
                2.89386594116141,
                2.461725094939764,
                -0.8312131290170822,
                1.3997409373145029,
                0.12480186575042865,
            ],
        ),
        (
            "sample_dpm_fast",
            10,
            json!({}),
            10,
            [
                1.1860502062263942,
                0.5009914149130672,
                0.7916016209160674,
                1.4255583689579363,
                1.238039138177855,
                -0.1908682381134186,
                0.7772114842318236,
                0.22397613033843342,
            ],
        ),
        (
            adaptive,
            5,
            json!({ "rtol": 0.05, "atol": 0.0078 }),
            24,
            [
                1.278034401424056,
                0.5218570875493354,
                0.8426366290229066,
                1.5424068048468231,
                1.3354204993951584,
                -0.24182711100083057,
                0.8267525982766959,
                0.21608380728778626,
            ],
        ),
        (
            adaptive,
            5,
            json!({ "rtol": 1e-3, "atol": 1e-4 }),
            57,
            [
                1.1848611250449703,
                0.5007216840248833,
                0.790941890539525,
                1.4240478673342993,
                1.2367802877438614,
                -0.1902094919380894,
                0.7765710654480187,
                0.22407815452636146,
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
