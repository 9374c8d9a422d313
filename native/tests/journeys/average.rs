//! Averages that are made after training, and training in half precision, as their users meet them.

use std::path::Path;

use super::common::{MOONS, Training, answer, argument, only_run, refusal, text};

const POWER: [&str; 2] = ["train.ema={kind: power, snapshot_every: 10}", "train.steps=60"];

fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "config.yaml", "--device", "cpu", "--out", "runs"], more].concat()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), MOONS).expect("a file");
    folder
}

/// Every file of every snapshot, in order.
fn snapshots(run: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for step in [10, 20, 30, 40, 50, 60] {
        for file in ["track_0.safetensors", "track_1.safetensors", "manifest.json"] {
            let name = format!("averages/step_{step:06}/{file}");
            let bytes = std::fs::read(run.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            found.push((name, bytes));
        }
    }
    found
}

#[test]
fn snapshots_survive_a_kill_and_become_an_average_of_any_length() {
    let whole = folder();
    answer(whole.path(), &train(&POWER));
    let wanted = snapshots(&only_run(&whole.path().join("runs")));

    let killed = folder();
    let mut training = Training::start(killed.path(), &train(&POWER));
    assert!(training.wait_for("step 30 ", 1));
    training.kill();
    let run = only_run(&killed.path().join("runs"));
    answer(killed.path(), &["train", "--resume", argument(&run)]);
    for (one, two) in snapshots(&run).iter().zip(&wanted) {
        assert!(one == two, "{} differs", one.0);
    }

    let run = argument(&run);
    for length in ["0.05", "0.08"] {
        answer(killed.path(), &["average", run, "--length", length, "--out", "averaged.safetensors"]);
        answer(
            killed.path(),
            &["sample", "averaged.safetensors", "-n", "4", "--steps", "2", "--device", "cpu"],
        );
    }
    let at = &["average", run, "--length", "0.1", "--at", "40", "--out", "averaged.safetensors"];
    answer(killed.path(), at);
    for (more, wanted) in [
        (["--length", "0.5", "--at", "40"], "--length 0.5: wanted a share above 0 and below 0.288"),
        (["--length", "0.1", "--at", "45"], "there are: 10, 20, 30, 40, 50, 60"),
    ] {
        let arguments = [&["average", run, "--out", "none.safetensors"], &more[..]].concat();
        let said = refusal(killed.path(), &arguments);
        assert!(said.contains(wanted), "{said}");
    }
    std::fs::write(Path::new(run).join("averages/step_000020/track_0.safetensors"), "cut").expect("a file");
    let said = refusal(killed.path(), &["average", run, "--length", "0.1", "--out", "none.safetensors"]);
    assert!(said.contains("step_000020") && said.contains("the others will do"), "{said}");
}

#[test]
fn a_run_without_snapshots_says_how_to_have_some() {
    let folder = folder();
    answer(folder.path(), &train(&["train.steps=5"]));
    let run = only_run(&folder.path().join("runs"));
    let said =
        refusal(folder.path(), &["average", argument(&run), "--length", "0.1", "--out", "none.safetensors"]);
    assert!(said.contains("no snapshots") && said.contains("train.ema=power"), "{said}");
}

#[test]
fn a_run_in_half_precision_is_a_model_for_every_precision() {
    let folder = folder();
    answer(folder.path(), &train(&["train.steps=20", "train.precision=f16", "train.checkpointing=balanced"]));
    let run = only_run(&folder.path().join("runs"));
    for precision in ["f32", "f16", "bf16"] {
        let arguments = [
            "sample",
            argument(&run),
            "-n",
            "4",
            "--steps",
            "2",
            "--device",
            "cpu",
            "--precision",
            precision,
        ];
        answer(folder.path(), &arguments);
    }
    let output = super::common::run(folder.path(), &["sample", argument(&run), "--precision", "f8"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("[possible values: f32, f16, bf16]"), "{}", text(&output.stderr));
    let output = super::common::run(folder.path(), &train(&["train.precision=f8"]));
    assert!(text(&output.stderr).contains("`train.precision`"), "{}", text(&output.stderr));
}
