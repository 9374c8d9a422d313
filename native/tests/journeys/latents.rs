//! What is measured of latents and of codes, as a user asks for it.

use super::common::{MOONS, refusal};
use super::families::{VAE, number, told, trained};

const VQVAE: &str = "
name: tiny-vqvae
seed: 4
data: {kind: shapes, size: 8}
model:
  kind: vqvae
  network: {kind: residual, patch: 2, channels: [8], blocks: 1, groups: 4}
  dimensions: 4
  quantiser: {kind: residual, depth: 2, level: {codes: 16}}
train: {steps: 20, batch: 16, log_every: 10, checkpoint_every: 20, sample_every: 0, ema: 0.9}
";

#[test]
fn latents_are_measured_by_themselves_and_against_the_factors_of_the_data() {
    let (folder, run) = trained(VAE);
    let here = folder.path();
    let all = ["evaluate", &run, "--metric", "kl,active-units,mig,sap,dci,factor_vae", "-n", "300"];
    let measured = told(here, &all);
    assert_eq!((&measured["examples"], &measured["samples"]), (&300.into(), &serde_json::Value::Null));
    let value = |key: &str| number(&measured["metrics"][key]);
    let active = value("active_units");
    assert!(active.fract() == 0.0 && (0.0..=3.0).contains(&active), "{measured}");
    assert_eq!(value("active_units_latents"), 3.0);
    assert!(value("kl") > 0.0, "{measured}");
    for key in ["mig", "sap", "dci_disentanglement", "dci_completeness", "dci_informativeness", "factor_vae"]
    {
        assert!((0.0..=1.0).contains(&value(key)), "{key}: {measured}");
    }
    // Kind, colour, size, x, y.
    assert_eq!(value("factor_vae_chance"), 0.2);
    let again = told(here, &[&all[..], &["--batch", "7"]].concat());
    assert!((number(&again["metrics"]["kl"]) - value("kl")).abs() < 1e-4 * value("kl"), "{again}");
    for (args, wanted) in [
        (
            vec!["--metric", "mig,kl", "--seed", "3"],
            "--seed: nothing that is measured of this vae hangs on it",
        ),
        (vec!["--metric", "kl", "--batch", "0"], "at least 1 example has to be read at a time, not 0"),
        (vec!["--metric", "kl", "--dataset", "moons"], "the data are of [2], the model's of [3, 8, 8]"),
        (vec!["--metric", "kl:beta=2"], "`kl` has nothing to be set"),
        (vec!["--metric", "active_unit"], "did you mean `active_units`?"),
        (
            vec!["--metric", "perplexity"],
            "of the family `vae` and has no codebook; families that have: vqvae, coded",
        ),
    ] {
        let said = refusal(here, &[&["evaluate", &run], &args[..], &["--device", "cpu"]].concat());
        assert!(said.contains(wanted), "kiln evaluate {args:?} said: {said}");
    }
}

#[test]
fn codes_are_counted_over_the_test_set() {
    let (folder, run) = trained(VQVAE);
    let here = folder.path();
    let measured = told(here, &["evaluate", &run, "--metric", "codes-used,perplexity", "-n", "60"]);
    assert_eq!((&measured["examples"], &measured["metrics"]["mse"]), (&60.into(), &serde_json::Value::Null));
    let [used, perplexity, size] =
        ["codes_used", "perplexity", "perplexity_size"].map(|key| number(&measured["metrics"][key]));
    assert_eq!(size, 16.0);
    // A perplexity is at most the number of codes that occur, whose mean over both depths this is.
    assert!(perplexity >= 1.0 && perplexity <= used * size + 1e-3 && used <= 1.0, "{measured}");
    let few = told(here, &["evaluate", &run, "--metric", "codes_used", "-n", "60", "--batch", "7"]);
    // A code that lies as near as another may be rounded to either.
    assert!((number(&few["metrics"]["codes_used"]) - used).abs() < 0.05, "{few}");
    for (metric, wanted) in [
        ("kl", "of the family `vqvae` and has no latents that are distributions; families that have: vae"),
        (
            "perplexity,wasserstein",
            "--metric wasserstein: nothing that is measured of this vqvae hangs on it",
        ),
        ("perplexty", "did you mean `perplexity`?"),
    ] {
        let said = refusal(here, &["evaluate", &run, "--metric", metric, "--device", "cpu"]);
        assert!(said.contains(wanted), "--metric {metric} said: {said}");
    }
}

#[test]
fn factors_are_asked_of_data_that_know_some() {
    let points = VAE
        .replace("{kind: shapes, size: 8}", "{kind: gaussians}")
        .replace("{kind: convolutional, channels: [8], hidden: 16}", "{kind: mlp, hidden: [8]}")
        .replace("steps: 20,", "steps: 1,");
    let (folder, run) = trained(&points);
    let said = refusal(folder.path(), &["evaluate", &run, "--metric", "kl,dci", "--device", "cpu"]);
    let wanted = "--metric dci: the data `gaussians` do not say which factors their examples are made from";
    assert!(said.contains(wanted) && said.contains("shapes, mnist, cifar10, folder"), "{said}");
    let (folder, run) = trained(&MOONS.replace("steps: 40", "steps: 1"));
    for (metric, wanted) in [("active_units", "families that have: vae"), ("codes_used", "vqvae, coded")] {
        let said = refusal(folder.path(), &["evaluate", &run, "--metric", metric, "--device", "cpu"]);
        assert!(said.contains("of the family `diffusion`") && said.contains(wanted), "{said}");
    }
}
