//! Text: what a model of tokens is trained on, says, and is judged by.

use super::common::{answer, argument, only_run, refusal};

const CONFIG: &str = "
name: tiny-text
seed: 3
data: {kind: text, length: 16}
model:
  kind: discrete
  network: {kind: tokens, hidden: 16, depth: 1, heads: 2}
  sampling: {steps: 6}
train: {steps: 4, batch: 8, log_every: 2, checkpoint_every: 2, sample_every: 4, samples: 2, ema: 0.9}
";

/// A folder with a configuration, a text and a finished run.
fn trained() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), CONFIG).expect("a file");
    std::fs::write(folder.path().join("text.txt"), "a cab, a bad cab\n".repeat(40)).expect("a file");
    answer(
        folder.path(),
        &["train", "config.yaml", "--data", "text.txt", "--device", "cpu", "--out", "runs"],
    );
    let run = only_run(&folder.path().join("runs"));
    (folder, argument(&run).to_owned())
}

#[test]
fn a_model_of_text_is_trained_speaks_and_is_judged() {
    let (folder, run) = trained();
    let sample = std::path::Path::new(&run).join("samples/step_000004.txt");
    let text = std::fs::read_to_string(&sample).expect("samples as text");
    assert!(text.starts_with("--- 0\n") && text.contains("\n--- 1\n"), "{text}");

    let args = ["sample", &run, "-n", "1", "--device", "cpu", "--prompt", "a bad"];
    let said = answer(folder.path(), &args);
    assert!(said.starts_with("a bad"), "{said}");
    assert_eq!(said.chars().filter(|c| "abcd ,\n".contains(*c)).count(), 16 + 1, "{said:?}");
    assert!(!folder.path().join("outputs").exists(), "text is printed, not drawn");
    let args = [
        "sample",
        &run,
        "-n",
        "2",
        "--device",
        "cpu",
        "--decoder",
        "confidence",
        "--top-p",
        "0.9",
        "--out",
        "out.txt",
    ];
    let said = answer(folder.path(), &args);
    let file = std::fs::read_to_string(folder.path().join("out.txt")).expect("a file");
    assert!(said.starts_with(&file), "{said}\n{file}");

    for args in [
        vec!["evaluate", &run, "--device", "cpu"],
        vec!["likelihood", &run, "-n", "4", "--steps", "8", "--device", "cpu"],
    ] {
        let said = answer(folder.path(), &args);
        assert!(said.contains("per token"), "{args:?}: {said}");
    }
    let told = answer(folder.path(), &["evaluate", &run, "-n", "4", "--device", "cpu", "--json"]);
    assert!(told.contains("\"examples\": 4") && !told.contains("\"samples\""), "{told}");
}

#[test]
fn what_is_no_text_and_what_is_not_for_text_is_refused() {
    let (folder, run) = trained();
    std::fs::write(folder.path().join("other.txt"), "a cab\nan ax ".repeat(40)).expect("a file");
    std::fs::write(folder.path().join("binary.txt"), [b'a', 0xff, 0xfe].repeat(99)).expect("a file");
    std::fs::write(folder.path().join("empty.txt"), "").expect("a file");
    for (args, wanted) in [
        (vec!["train", "config.yaml", "--data", "binary.txt"], "not UTF-8: byte 0xff at offset 1"),
        (vec!["train", "config.yaml", "--data", "empty.txt"], "the file is empty"),
        (vec!["train", "config.yaml", "--data", "text.txt", "data.length=9999"], "too short"),
        (vec!["train", "config.yaml", "data=moons"], "quantised"),
        (vec!["evaluate", &run, "--data", "other.txt"], "line 2, column 2: 'n' is not in the vocabulary"),
        (vec!["evaluate", &run, "--top-p", "0.9"], "the options of a walk: nothing that is measured"),
        (vec!["sample", &run, "--columns", "2"], "--columns: only pictures stand in columns"),
        (vec!["sample", &run, "--prompt", "xyz"], "'x' is not in the vocabulary"),
        (vec!["sample", &run, "--prompt", "a bad bad bad cab"], "wanted 1 to 15 tokens"),
        (vec!["sample", &run, "--sampler", "heun"], "sampler: this is not for a model of tokens"),
        (vec!["sample", &run, "--decoder", "confidant"], "did you mean `confidence`?"),
        (vec!["sample", "density/moons", "--top-p", "0.5"], "draws no tokens"),
        (vec!["likelihood", &run, "--method", "ode"], "has a `bound`"),
    ] {
        let said = refusal(folder.path(), &args);
        assert!(said.contains(wanted), "kiln {args:?} said: {said}");
    }
}
