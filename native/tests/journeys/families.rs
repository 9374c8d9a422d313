//! Flows and variational autoencoders as a user trains, judges and looks at them.

use std::path::Path;

use serde_json::Value;

use super::common::{MOONS, answer, argument, only_run, refusal};

const FLOW: &str = "
name: tiny-flow
seed: 2
data: {kind: gaussians}
model:
  kind: flow
  repeat: 2
  transforms: [actnorm, {kind: coupling, element: spline, conditioner: {kind: perceptron, hidden: [16]}}]
train: {steps: 60, batch: 256, log_every: 30, checkpoint_every: 60, sample_every: 60, rate: {kind: constant, peak: 1.0e-2}}
";

pub(super) const VAE: &str = "
name: tiny-vae
seed: 3
data: {kind: shapes, size: 8}
model:
  kind: vae
  network: {kind: convolutional, channels: [8], hidden: 16}
  latents: 3
  decoder: {kind: gaussian, scale: shared}
train: {steps: 20, batch: 16, log_every: 10, checkpoint_every: 20, sample_every: 20, samples: 4}
";

pub(super) fn trained(config: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), config).expect("a file");
    answer(folder.path(), &["train", "config.yaml", "--device", "cpu", "--out", "runs"]);
    let run = only_run(&folder.path().join("runs"));
    (folder, argument(&run).to_owned())
}

pub(super) fn told(folder: &Path, args: &[&str]) -> Value {
    let said = answer(folder, &[args, &["--device", "cpu", "--json"]].concat());
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{args:?}: {error}: {said}"))
}

pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} should be a number"))
}

#[test]
fn a_flow_is_trained_judged_exactly_and_drawn_as_a_heat_map() {
    let (folder, run) = trained(FLOW);
    let here = folder.path();
    let measured = told(here, &["evaluate", &run, "--metric", "nll", "-n", "2000"]);
    let judged = told(here, &["likelihood", &run, "-n", "2000"]);
    let [nll, own] = ["nll", "nll_data"].map(|key| number(&measured["metrics"][key]));
    assert!((number(&judged["log_likelihood"]["nats"]) + nll).abs() < 1e-6, "{judged} {measured}");
    assert!(nll > own && nll < own + 2.0, "{measured}");
    let map = told(here, &["density", &run, "--side", "64", "--out", "map.png"]);
    assert!((0.9..1.01).contains(&number(&map["inside"])), "{map}");
    assert!(here.join("map.png").is_file());
    for (args, wanted) in [
        (vec!["sample", &run, "--steps", "5"], "steps: this is not for a flow"),
        (vec!["likelihood", &run, "--method", "ode"], "take `exact`"),
        (vec!["likelihood", &run, "--steps", "5"], "an exact density takes one"),
        (vec!["density", "mnist/flow"], "a density is drawn of points in the plane"),
        (vec!["likelihood", "density/moons", "--method", "exact"], "`exact` is for normalizing flows"),
    ] {
        let said = refusal(here, &[&args[..], &["--device", "cpu"]].concat());
        assert!(said.contains(wanted), "kiln {args:?} said: {said}");
    }
}

#[test]
fn a_variational_autoencoder_tells_its_terms_its_bounds_and_its_latents() {
    let (folder, run) = trained(VAE);
    let here = folder.path();
    let scalars = std::fs::read_to_string(here.join(&run).join("facts/scalars.csv")).expect("scalars");
    assert!(scalars.starts_with("step,loss,reconstruction,kl,norm,"), "{scalars}");
    let measured = told(here, &["evaluate", &run, "--metric", "nll,elbo", "-n", "40"]);
    let [nll, elbo] = ["nll", "elbo"].map(|key| number(&measured["metrics"][key]));
    assert!(elbo <= -nll, "a bound of one sample lies below that of a hundred: {measured}");
    for (args, file) in [
        (vec!["interpolate", "--examples", "0,1", "--frames", "3"], "between.png"),
        (vec!["interpolate", "--examples", "0,1", "--along", "linear"], "line.png"),
        (vec!["traverse", "--frames", "3"], "axes.png"),
        (vec!["traverse", "--dimensions", "2,0", "--from", "4"], "two.png"),
        (vec!["attribute", "--class", "red circle", "-n", "2"], "red.png"),
        (vec!["encode", "-n", "5"], "codes.csv"),
    ] {
        answer(here, &[&["latent", &run], &args[..], &["--device", "cpu", "--out", file]].concat());
        assert!(here.join(file).is_file(), "{args:?}");
    }
    let table = std::fs::read_to_string(here.join("codes.csv")).expect("a table");
    assert!(table.starts_with("class,z0,z1,z2\n") && table.lines().count() == 6, "{table}");
    for (args, wanted) in [
        (vec!["traverse", "--dimensions", "3"], "numbers 0 to 2, not 3"),
        (vec!["interpolate", "--examples", "0"], "two ends are wanted"),
        (vec!["attribute", "--class", "red circel"], "did you mean `red circle`?"),
    ] {
        let said = refusal(here, &[&["latent", &run], &args[..], &["--device", "cpu"]].concat());
        assert!(said.contains(wanted), "kiln latent {args:?} said: {said}");
    }
}

#[test]
fn what_has_no_latents_or_cannot_be_built_is_refused_with_its_place() {
    let (folder, run) = trained(&MOONS.replace("steps: 40", "steps: 1"));
    let said = refusal(folder.path(), &["latent", &run, "traverse", "--device", "cpu"]);
    assert!(said.contains("a diffusion has no encoder and decoder"), "{said}");
    for (config, wanted) in [
        (FLOW.replace("kind: gaussians", "kind: shapes, size: 9").replace("actnorm", "squeeze"), "squeeze"),
        (VAE.replace("{kind: gaussian, scale: shared}", "logistic"), "decoder"),
        (VAE.replace("latents: 3", "latents: 0"), "latents"),
    ] {
        std::fs::write(folder.path().join("bad.yaml"), config).expect("a file");
        let said = refusal(folder.path(), &["train", "bad.yaml", "--device", "cpu"]);
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
}
