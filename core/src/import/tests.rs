//! Files as diffusers writes them, and what is refused.

use serde_json::{Value, json};

use super::*;
use crate::guidance::Threshold;
use crate::schedules::grids::Span;

fn imported(file: Value) -> Imported {
    diffusers(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn refusal(file: Value) -> String {
    diffusers(&file).expect_err("this should be refused").to_string()
}

/// `scheduler/scheduler_config.json` of Stable Diffusion 1.5.
fn stable_diffusion() -> Value {
    json!({
        "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
        "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null,
        "clip_sample": false,
    })
}

#[test]
fn a_file_of_stable_diffusion_is_understood() {
    let imported = imported(stable_diffusion());
    let sampling = serde_json::to_value(&imported.sampling).expect("a map");
    assert_eq!(sampling["sampler"], json!({ "kind": "pndm", "warmup": "linear", "table": null }));
    assert_eq!(imported.prediction.name(), "epsilon");
    assert_eq!(imported.notes, ["clip_sample: has no effect: PNDMScheduler does not read it"]);
    let span = Span { steps: 50, schedule: &*imported.sampling.schedule, range: imported.range, features: 1 };
    let levels = imported.sampling.grid.levels(&span).expect("levels");
    // Timestep 981 of betas from 0.00085 to 0.012: the first of fifty, with an offset of one.
    assert!((levels[0].ratio() - 13.1204).abs() < 1e-3, "{}", levels[0].ratio());
    assert!((levels[50].ratio() - 0.0292).abs() < 1e-4, "{}", levels[50].ratio());
}

#[test]
fn every_scheduler_is_read_with_its_defaults() {
    for (class, _) in CLASSES {
        let imported = imported(json!({ "_class_name": class }));
        let span =
            Span { steps: 20, schedule: &*imported.sampling.schedule, range: imported.range, features: 4 };
        imported.sampling.sampler.check().unwrap_or_else(|error| panic!("{class}: {error}"));
        let levels = imported.sampling.grid.levels(&span).unwrap_or_else(|error| panic!("{class}: {error}"));
        assert!(levels[0].ratio() > 10.0, "{class} starts at {}", levels[0].ratio());
    }
}

#[test]
fn a_field_is_understood_noted_or_refused_by_its_name() {
    let with = |key: &str, value: Value| {
        let mut file = json!({ "_class_name": "DPMSolverMultistepScheduler" });
        file[key] = value;
        file
    };
    let noted = imported(with("skip_prk_steps", json!(true)));
    assert!(noted.notes[0].starts_with("skip_prk_steps"), "{:?}", noted.notes);
    let noted = imported(with("flow_shift", json!(3.0)));
    assert!(noted.notes[0].starts_with("flow_shift"), "{:?}", noted.notes);
    let noted = imported(with("variance_type", json!("learned_range")));
    assert!(noted.notes[0].starts_with("variance_type"), "{:?}", noted.notes);
    for (key, value, reason) in [
        ("solver_orde", json!(2), "did you mean `solver_order`"),
        ("solver_order", json!(4), "1, 2, 3"),
        ("solver_order", json!("two"), "a whole number"),
        ("algorithm_type", json!("sde-dpmsolver"), "gives it up"),
        ("beta_schedule", json!("cosine"), "squaredcos_cap_v2"),
        ("use_karras_sigmas", json!("yes"), "true or false"),
    ] {
        let error = refusal(with(key, value));
        assert!(error.contains(reason) && error.contains("order") | error.contains(key), "{error}");
    }
    let both = json!({ "_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true, "use_beta_sigmas": true });
    assert!(refusal(both).contains("use_karras_sigmas is on as well"));
}

#[test]
fn a_scheduler_that_is_not_known_is_refused_with_those_that_are() {
    assert!(refusal(json!({ "_class_name": "DDIMSchedular" })).contains("did you mean `DDIMScheduler`"));
    assert!(refusal(json!({ "beta_start": 0.1 })).contains("_class_name"));
    assert!(refusal(json!([1])).contains("a map"));
}

/// What no sampler, grid or model of Kiln's can be.
#[test]
fn what_cannot_be_sampled_is_refused() {
    for (class, fields, place) in [
        ("DPMSolverMultistepScheduler", json!({ "solver_order": 0 }), "sampler.order"),
        ("DPMSolverMultistepScheduler", json!({ "lambda_min_clipped": 50 }), "grid.lambda_min"),
        ("DDIMScheduler", json!({ "beta_end": 2 }), "grid.betas.beta_end"),
        ("DDIMScheduler", json!({ "num_train_timesteps": 0 }), "num_train_timesteps"),
        ("LCMScheduler", json!({ "original_inference_steps": 0 }), "grid.original_steps"),
        (
            "UniPCMultistepScheduler",
            json!({ "use_karras_sigmas": true, "sigma_min": 2, "sigma_max": 1 }),
            "grid.sigma_max",
        ),
        ("EDMEulerScheduler", json!({ "sigma_min": 2, "sigma_max": 1 }), "sigma_max"),
        ("FlowMatchEulerDiscreteScheduler", json!({ "shift": 0 }), "shift"),
        ("UniPCMultistepScheduler", json!({ "use_flow_sigmas": true, "flow_shift": 0 }), "flow_shift"),
    ] {
        let mut file = fields;
        file["_class_name"] = class.into();
        let error = refusal(file);
        assert!(error.contains(&format!("at `{place}`")), "{class}: {error}");
    }
}

/// PixArt-α's file, but for what is as usual: Python's word for no bound, and a variance that the solver leaves.
#[test]
fn numbers_that_only_python_writes_are_read() {
    let file = br#"{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity,
        "solver_order": 2, "variance_type": "learned_range"}"#;
    let imported = read("pixart.json", file).expect("a scheduler");
    assert!(matches!(&imported.sampling.grid, GridConfig::Discrete(grid) if grid.lambda_min.is_none()));
    assert!(imported.notes.iter().all(|note| note.starts_with("variance_type")), "{:?}", imported.notes);
    let refused = |text: &[u8]| read("mine.json", text).expect_err("this should be refused").to_string();
    let endless = refused(br#"{"_class_name": "DDIMScheduler", "beta_end": Infinity}"#);
    assert_eq!(endless, r#"mine.json: at `beta_end`: wanted a number; this is "Infinity""#);
    for text in [&b"{"[..], b"", b"\xff", b"-Infinit"] {
        assert!(refused(text).starts_with("mine.json: wanted JSON, as diffusers saves it"), "{text:?}");
    }
}

#[test]
fn numbers_are_compared_as_numbers() {
    imported(json!({ "_class_name": "FlowMatchHeunDiscreteScheduler", "s_churn": 0 }));
    let usual = json!({ "_class_name": "DPMSolverMultistepScheduler", "flow_shift": 1, "steps_offset": 0.0 });
    assert_eq!(imported(usual).notes, [""; 0]);
}

/// DDIM in thirty steps goes back from 966 by a whole stride of 33, to 933; the next trailing timestep is 932.
#[test]
fn strides_that_do_not_join_are_noted() {
    let notes = |spacing: &str| {
        let file =
            json!({ "_class_name": "DDIMScheduler", "timestep_spacing": spacing, "clip_sample": false });
        imported(file).notes.concat()
    };
    assert_eq!(notes("leading"), "");
    assert!(notes("linspace").contains("under linspace;"));
    assert!(notes("trailing").contains("under trailing where the steps do not divide"));
}

/// Whoever takes another grid covers the levels of this model.
#[test]
fn the_range_is_that_of_the_models_table() {
    let (linear, narrow) = ([0.010_001_33, 157.407_272], [0.029_167_535, 14.614_646_9]);
    for (class, [end, start]) in [
        ("DDIMScheduler", linear),
        ("DEISMultistepScheduler", linear),
        ("LCMScheduler", narrow),
        ("FlowMatchEulerDiscreteScheduler", [0.002, 80.0]),
    ] {
        // A grid around the table's, which stops at its last level.
        let karras = class.starts_with("DEIS");
        let range = imported(json!({ "_class_name": class, "use_karras_sigmas": karras })).range;
        assert!((range[0] / end - 1.0).abs() + (range[1] / start - 1.0).abs() < 1e-6, "{class}: {range:?}");
    }
}

/// What keeps predictions within the data's range is Kiln's threshold.
#[test]
fn clipping_and_thresholding_are_imported() {
    let threshold = |file: Value| imported(file).sampling.guiding.threshold;
    let clipped = threshold(json!({ "_class_name": "DDPMScheduler", "clip_sample_range": 0.7 }));
    assert_eq!(clipped, Some(Threshold { limit: 0.7, largest: Some(0.7), ..Threshold::default() }));
    assert_eq!(threshold(json!({ "_class_name": "DDPMScheduler", "clip_sample": false })), None);
    let dynamic = json!({
        "_class_name": "UniPCMultistepScheduler", "thresholding": true, "dynamic_thresholding_ratio": 0.9,
        "sample_max_value": 1.5,
    });
    let wanted = Threshold { percentile: 0.9, limit: 1.0, largest: Some(1.5) };
    assert_eq!(threshold(dynamic), Some(wanted));
    // DDIM alone goes on with noise that does not fit what it has clipped, unless it is told not to.
    let noted = imported(json!({ "_class_name": "DDIMScheduler" }));
    assert!(noted.notes.iter().any(|note| note.starts_with("use_clipped_model_output")), "{:?}", noted.notes);
    let fitting = json!({ "_class_name": "DDIMScheduler", "use_clipped_model_output": true });
    assert_eq!(imported(fitting).notes, [""; 0]);
    assert!(refusal(json!({ "_class_name": "DDPMScheduler", "clip_sample_range": 0 })).contains("limit"));
}

#[test]
fn what_a_stochastic_solver_has_not_is_refused_by_name() {
    let sde = |class: &str, order: usize| json!({ "_class_name": class, "algorithm_type": "sde-dpmsolver++", "solver_order": order });
    let third = refusal(sde("DPMSolverMultistepScheduler", 3));
    assert!(third.contains("solver_order") && third.contains("dpmpp_3m_sde"), "{third}");
    let single = refusal(sde("DPMSolverSinglestepScheduler", 2));
    assert!(single.contains("algorithm_type") && single.contains("multistep"), "{single}");
    let data = json!({ "_class_name": "DPMSolverSDEScheduler", "prediction_type": "sample" });
    assert!(refusal(data).contains("prediction_type"));
}

/// What is written is read again as a part of a model's configuration.
#[test]
fn what_was_imported_survives_writing_and_reading() {
    for (class, _) in CLASSES {
        let imported = imported(json!({ "_class_name": class }));
        let written = serde_json::to_value(&imported).expect("a map");
        let model: crate::diffusion::DiffusionConfig = typed(written.clone()).expect("a model");
        let again = serde_json::to_value(&model.sampling).expect("a map");
        assert_eq!(again, written["sampling"], "{class}");
    }
}
