//! An autoencoder, and a latent model that is trained on it, as a user makes them.

use std::path::Path;

use super::common::{answer, argument, only_run, refusal, run};

const CODER: &str = "kind: autoencoder
  latents: 4
  network: {kind: residual, channels: [8], blocks: 1, groups: 4, patch: 2}";

const TRAIN: &str =
    "{steps: 4, batch: 8, log_every: 2, checkpoint_every: 2, sample_every: 4, samples: 12, ema: 0.9}";

fn write(folder: &Path) {
    let config = format!("name: coder\ndata: {{kind: shapes, size: 8}}\nmodel:\n  {CODER}\ntrain: {TRAIN}\n");
    std::fs::write(folder.join("coder.yaml"), config).expect("a file");
    let latent = format!(
        "name: latent\ndata: {{kind: shapes, size: 8}}\nmodel:\n  kind: latent\n  stage:\n    {}\n  diffusion:\n    sigma_data: 1.0\n    \
         network: {{kind: mlp, hidden: 16, blocks: 1}}\n    sampling: {{steps: 3}}\ntrain: {TRAIN}\n",
        CODER.replace("\n  ", "\n    ")
    );
    std::fs::write(folder.join("latent.yaml"), latent).expect("a file");
}

#[test]
fn a_latent_model_is_trained_on_an_autoencoder_and_draws() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    write(here);
    answer(here, &["train", "coder.yaml", "--device", "cpu", "--out", "coders"]);
    let coder = only_run(&here.join("coders"));
    assert!(coder.join("samples/step_000004.png").is_file(), "examples above their reconstructions");
    let told = answer(here, &["evaluate", argument(&coder), "-n", "20", "--device", "cpu", "--json"]);
    assert!(told.contains("\"mse\"") && told.contains("\"latent_std\""), "{told}");
    assert!(told.contains("\"examples\": 20") && !told.contains("\"guided\""), "{told}");

    let said = refusal(here, &["train", "latent.yaml", "--device", "cpu", "--out", "runs"]);
    assert!(said.contains("train.from.stage=NAME"), "{said}");
    let from = format!("train.from.stage={}", argument(&coder));
    answer(here, &["train", "latent.yaml", &from, "--device", "cpu", "--out", "runs"]);
    let latent = only_run(&here.join("runs"));
    assert!(latent.join("samples/step_000004.png").is_file());
    // What the run holds is enough to go on.
    std::fs::remove_dir_all(&coder).expect("the coder's run");
    answer(here, &["train", "--resume", argument(&latent), "train.steps=6"]);
    let sample = ["sample", argument(&latent), "-n", "4", "--device", "cpu", "--out", "four.png"];
    assert!(run(here, &sample).status.success());
    assert!(here.join("four.png").is_file());
    // It denoises latents: their levels are fitted, and a bound of pixels is none of theirs.
    let fit = ["fit-grid", argument(&latent), "--steps", "3", "--nodes", "8", "-n", "4", "--device", "cpu"];
    let levels = answer(here, &fit);
    assert!(levels.starts_with("explicit:levels=[") && levels.matches(',').count() == 2, "{levels}");
    let said = refusal(here, &["sample", argument(&latent), "--threshold", "0.99", "--device", "cpu"]);
    assert!(said.contains("threshold: it bounds pixels"), "{said}");
    // Nobody in the zoo reads pictures that small.
    let said = refusal(here, &["evaluate", argument(&latent), "--device", "cpu"]);
    assert!(said.contains("no classifier of the zoo reads") && said.contains("--classifier MODEL"), "{said}");
}
