//! What is refused before anything is learnt, and what a learnt model is not asked.

use serde_json::{Value, json};

use super::super::{CouplingConfig, Decoder, ObjectiveConfig, VarianceConfig};
use super::*;
use crate::config;
use crate::editing::InpaintConfig;
use crate::model::Family;
use crate::nn::{Init, Network};

fn model(more: Value) -> DiffusionConfig {
    let mut value = json!({ "network": "mlp" });
    value.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    config::typed(value).expect("the right types")
}

fn built(more: Value, classes: usize) -> Result<Box<dyn Network>> {
    let interface = Interface::new(vec![2], (0..classes).map(|c| c.to_string()).collect());
    model(more).network(&interface, &Init::new(1, &burn::prelude::Device::flex()))
}

/// The names of the samplers that fit, with their defaults.
fn fitting(model: &DiffusionConfig) -> Vec<&'static str> {
    let all = SamplerConfig::all();
    all.iter().filter(|sampler| model.misfit(sampler).is_none()).map(SamplerConfig::name).collect()
}

#[test]
fn an_objective_takes_the_samplers_that_take_it_for_what_it_is() {
    for objective in ObjectiveConfig::all() {
        let model = DiffusionConfig { objective: objective.clone(), ..DiffusionConfig::default() };
        let found = fitting(&model);
        match objective.name() {
            "consistency" | "consistency_distillation" => assert_eq!(found, ["consistency", "lcm", "tcd"]),
            "progressive" => assert_eq!(found, ["ddim"]),
            _ => assert_eq!(
                found.len(),
                SamplerConfig::NAMES.len() - 3,
                "all but those of consistency: {found:?}"
            ),
        }
    }
    let noisy: SamplerConfig = config::typed(json!({ "kind": "ddim", "eta": 1.0 })).expect("ddim");
    let said =
        model(json!({ "objective": "progressive" })).misfit(&noisy).expect("steps without noise are learnt");
    assert_eq!(
        said,
        "ddim does not fit a model that has learnt where its own DDIM steps lead; with their defaults these fit: ddim"
    );
}

#[test]
fn coupled_noise_takes_no_other_noise() {
    for coupling in CouplingConfig::all() {
        let coupled = coupling.name() != "independent";
        let model = DiffusionConfig { coupling, ..DiffusionConfig::default() };
        for sampler in SamplerConfig::all().iter().filter(|sampler| sampler.wants() == Wants::Denoiser) {
            let refused = model.misfit(sampler);
            assert_eq!(refused.is_some(), coupled && sampler.stochastic(), "{}: {refused:?}", sampler.name());
        }
        let inpaint = |method: &str| Edit::Inpaint {
            rows: vec![0.0; 2],
            mask: vec![0.0; 2],
            method: InpaintConfig::named(method).expect("a method"),
        };
        let from = Edit::From { rows: vec![0.0; 2], strength: 0.5 };
        let between = Edit::Between { rows: vec![0.0; 4], frames: 2 };
        for (edit, noises) in [
            (from, true),
            (inpaint("replace"), true),
            (inpaint("repaint"), true),
            (inpaint("dps"), false),
            (between, false),
        ] {
            assert_eq!(model.misfit_edit(&edit).is_some(), coupled && noises, "{edit:?}");
        }
    }
}

#[test]
fn a_learnt_variance_is_sampled_with_where_it_was_learnt() {
    let learned: SamplerConfig =
        config::typed(json!({ "kind": "ddpm", "variance": "learned" })).expect("ddpm");
    let said = model(json!({})).misfit(&learned).expect("none was learnt");
    assert!(said.starts_with("ddpm wants a variance that was learnt"), "{said}");
    let model = model(json!({ "noise": "discrete", "variance": "learned" }));
    assert!(model.misfit(&learned).is_none());
}

#[test]
fn the_models_own_walk_is_one_that_it_could_be_asked_for() {
    let sampler = |sampler: Value| json!({ "sampling": { "sampler": sampler } });
    let with = |objective: &str, sampler: &str| {
        let progressive = json!({ "kind": "progressive", "steps": 18 });
        let objective = if objective == "progressive" { progressive } else { json!(objective) };
        json!({ "objective": objective, "sampling": { "sampler": sampler } })
    };
    for (more, place, wanted) in [
        (with("consistency", "heun"), "sampling.sampler", "these fit: consistency, lcm, tcd"),
        (with("consistency_distillation", "ddim"), "sampling.sampler", "these fit: consistency, lcm, tcd"),
        (with("progressive", "heun"), "sampling.sampler", "these fit: ddim"),
        (with("shortcut", "heun"), "sampling.sampler", "`shortcut` wants ddim without noise"),
        (with("denoise", "lcm"), "sampling.sampler", "these fit: euler, heun"),
        (
            sampler(json!({ "kind": "ddpm", "variance": "learned" })),
            "sampling.sampler",
            "wants a variance that was learnt",
        ),
        (
            json!({ "coupling": "transport", "sampling": { "sampler": "ddpm" } }),
            "sampling.sampler",
            "`coupling: transport`",
        ),
        (
            json!({ "sampling": { "grid": { "kind": "explicit", "levels": [1.0] }, "steps": 3 } }),
            "sampling.grid.levels",
            "3 steps cannot be made of one level",
        ),
        (
            json!({ "sampling": { "grid": { "kind": "karras", "rho": 0.0 } } }),
            "sampling.grid.rho",
            "this is 0",
        ),
        (
            json!({ "sampling": { "sampler": { "kind": "ddim", "eta": 2.0 } } }),
            "sampling.sampler.eta",
            "this is 2",
        ),
    ] {
        let said = built(more.clone(), 0).err().expect("this should be refused").to_string();
        assert!(said.contains(&format!("`{place}`")) && said.contains(wanted), "{more}: {said}");
    }
    for (objective, sampler) in [
        ("denoise", "dpmpp_2m"),
        ("reflow", "euler"),
        ("shortcut", "ddim"),
        ("progressive", "ddim"),
        ("consistency", "lcm"),
        ("consistency_distillation", "consistency"),
    ] {
        built(with(objective, sampler), 0)
            .unwrap_or_else(|error| panic!("{objective} with {sampler}: {error}"));
    }
}

#[test]
fn guidance_leads_away_from_what_was_learnt() {
    let guided = |label_dropout: f64, guidance: f64| json!({ "label_dropout": label_dropout, "sampling": { "guidance": guidance } });
    let said = built(guided(0.0, 2.0), 3).err().expect("no class is never learnt").to_string();
    assert!(said.contains("`sampling.guidance`") && said.contains("a label_dropout above 0"), "{said}");
    for (label_dropout, guidance, classes) in [(0.0, 1.0, 3), (0.1, 2.0, 3), (0.0, 2.0, 0)] {
        built(guided(label_dropout, guidance), classes).expect("it can be guided so");
    }
}

#[test]
fn what_an_objective_does_not_read_is_not_said() {
    let fits = |objective: &str| match objective {
        "consistency" | "consistency_distillation" => "consistency",
        _ => "ddim",
    };
    let with = |objective: &ObjectiveConfig, key: &str, value: &str| {
        let name = objective.name();
        let mut more =
            json!({ "objective": name, "sampling": { "sampler": fits(name), "steps": 4, "grid": "karras" } });
        more[key] = json!(value);
        model(more).check()
    };
    for objective in ObjectiveConfig::all() {
        for (key, value) in [("weight", "min_snr"), ("coupling", "transport")] {
            let ignored = objective.ignores().contains(&key);
            match with(&objective, key, value) {
                Ok(()) => assert!(!ignored, "{} drops {key}", objective.name()),
                Err(error) => {
                    let wanted = format!("`{key}`: `{}` does not read it", objective.name());
                    assert!(ignored && error.to_string().contains(&wanted), "{error}");
                }
            }
        }
        // A configuration that is distilled brings its levels along.
        with(&objective, "noise", "uniform").expect("levels are no matter");
    }
    let reads = |key: &str| -> Vec<&str> {
        let all = ObjectiveConfig::all();
        all.iter()
            .filter(|objective| !objective.ignores().contains(&key))
            .map(ObjectiveConfig::name)
            .collect()
    };
    assert_eq!(reads("noise"), ["denoise", "reflow", "shortcut"]);
    assert_eq!(reads("weight"), ["denoise", "progressive", "reflow", "shortcut"]);
    assert_eq!(reads("coupling"), ["denoise"]);
}

#[test]
fn the_end_of_a_consistency_models_ode_is_one_number() {
    let said = |more: Value| model(more).check().expect_err("two ends").to_string();
    let other = json!({ "objective": "consistency", "prediction": "consistency", "range": [0.01, 80.0] });
    assert!(said(other).contains("`prediction.sigma_min`: wanted the bottom of `range`, 0.01"));
    let other = json!({ "objective": "consistency", "range": [0.01, 80.0], "sampling": { "sampler": "consistency" } });
    assert!(said(other).contains("`sampling.sampler.sigma_min`: wanted the bottom of `range`, 0.01"));
    let ends = json!({ "kind": "consistency", "sigma_min": 0.01 });
    let one = json!({ "objective": "consistency", "prediction": ends, "range": [0.01, 80.0], "sampling": { "sampler": ends } });
    model(one).check().expect("they agree");
    let mean = json!({ "prediction": "consistency", "range": [0.01, 80.0] });
    model(mean).check().expect("no ODE is learnt that would end");
}

#[test]
fn bytes_are_of_pictures() {
    let variance =
        |decoder: &str| json!({ "noise": "discrete", "variance": { "kind": "learned", "decoder": decoder } });
    let said = built(variance("bytes"), 0).err().expect("points are no bytes").to_string();
    assert!(said.contains("`variance.decoder`: wanted `density`") && said.contains("[2]"), "{said}");
    built(variance("density"), 0).expect("numbers of any value");
    let bytes =
        VarianceConfig::Learned(super::super::variance::Learned { lambda: 0.001, decoder: Decoder::Bytes });
    bytes.check_shape(&[3, 8, 8]).expect("pictures");
}

/// Of the normal of the levels, next to nothing is within the range: every share would be 0/0.
#[test]
fn the_levels_of_consistency_training_are_within_the_range() {
    let objective = |mean: f64| json!({ "objective": { "kind": "consistency", "mean": mean }, "sampling": { "sampler": "consistency" } });
    for mean in [-50.0, 50.0, 11.0] {
        let said = built(objective(mean), 0).err().expect("nothing is left").to_string();
        assert!(said.contains("`objective.mean`: wanted levels within the model's range"), "{said}");
    }
    built(objective(3.0), 0).expect("half of them are left");
}
