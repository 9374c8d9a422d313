//! A model that learns from another, as a user asks for it.

use std::path::Path;

use super::common::{MOONS, answer, argument, only_run, refusal};

fn model(run: &Path) -> Vec<u8> {
    std::fs::read(run.join("model.safetensors")).expect("a finished run should have a model")
}

/// A folder with a configuration and a trained teacher, `teachers/…/model.safetensors`.
fn school() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), MOONS).expect("a file");
    answer(folder.path(), &["train", "config.yaml", "train.steps=5", "--device", "cpu", "--out", "teachers"]);
    let run = only_run(&folder.path().join("teachers"));
    let name = run.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    (folder, format!("teachers/{name}"))
}

/// `kiln train config.yaml` into `out`, with a teacher, at a rate that does not depend on how long it goes on.
fn taught<'a>(out: &'a str, teacher: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let all = [
        "train",
        "config.yaml",
        "--device",
        "cpu",
        "--out",
        out,
        teacher,
        "train.rate=constant",
        "train.batch=32",
    ];
    [&all[..], more].concat()
}

#[test]
fn an_entry_of_the_zoo_teaches_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let args =
        ["train", "density/moons", "model.objective=consistency_distillation", "train.teacher=density/moons"];
    let more = ["train.steps=2", "train.batch=16", "--device", "cpu", "--out", "runs"];
    // The entry's own sampler is a denoiser's.
    let said = refusal(folder.path(), &[&args[..], &more].concat());
    assert!(
        said.contains("`model.sampling.sampler`: heun does not fit") && said.contains("consistency, lcm"),
        "{said}"
    );
    assert!(!folder.path().join("runs").exists(), "nothing that was refused should leave a folder");
    answer(folder.path(), &[&args[..], &["model.sampling.sampler=consistency"], &more].concat());
    let run = only_run(&folder.path().join("runs"));
    answer(folder.path(), &["sample", argument(&run), "-n", "4", "--steps", "1", "--device", "cpu"]);
    for (more, wanted) in [
        (
            &["sample", "--sampler", "heun"][..],
            "heun does not fit a model that has learnt where the whole walk leads",
        ),
        (&["likelihood"], "only a model of the mean has a likelihood"),
        (&["fit-grid", "--steps", "2"], "which levels do not better"),
    ] {
        let said = refusal(
            folder.path(),
            &[&more[..1], &[argument(&run)], &more[1..], &["--device", "cpu"]].concat(),
        );
        assert!(said.contains(wanted), "kiln {more:?} said: {said}");
    }
}

#[test]
fn a_taught_run_is_resumed_from_another_folder_to_the_same_bytes() {
    let (folder, run) = school();
    let [by_run, by_file] = ["", "/model.safetensors"].map(|file| format!("train.teacher={run}{file}"));
    for (teacher, objective, sampler) in [
        (&by_run, "model.objective=consistency_distillation", "model.sampling.sampler=consistency"),
        (&by_file, "model.objective={kind: progressive, steps: 18}", "model.sampling.sampler=ddim"),
        (&by_run, "model.objective={kind: reflow, sampling: {steps: 3}}", "model.sampling.sampler=heun"),
    ] {
        let runs = tempfile::tempdir().expect("a folder");
        let [whole, parts] = ["whole", "parts"].map(|name| runs.path().join(name));
        answer(folder.path(), &taught(argument(&whole), teacher, &[objective, sampler, "train.steps=6"]));
        answer(folder.path(), &taught(argument(&parts), teacher, &[objective, sampler, "train.steps=3"]));
        let run = only_run(&parts);
        answer(runs.path(), &["train", "--resume", argument(&run), "train.steps=6"]);
        assert!(model(&run) == model(&only_run(&whole)), "{objective}: the resumed model differs");
    }
}

#[test]
fn a_teacher_that_is_not_there_not_wanted_or_lacking_is_refused() {
    let (folder, run) = school();
    let named = format!("train.teacher={run}");
    for (more, wanted) in [
        (
            vec!["model.objective=reflow"],
            "`train.teacher`: what is learnt here is learnt from a trained model",
        ),
        (vec!["model.objective=reflow", "train.teacher=density/moon"], "did you mean `density/moons`?"),
        (vec!["model.objective=reflow", "train.teacher=no.safetensors"], "cannot read no.safetensors"),
        (vec!["model.objective=reflow", "train.teacher=mnist/classifier"], "a classifier does not denoise"),
        (vec!["model.objective=reflow", "train.teacher=mnist/flow"], "samples of shape [1, 28, 28]"),
        (vec![named.as_str()], "would not be asked anything"),
        (vec!["model.objective=reflo"], "did you mean `reflow`?"),
    ] {
        let args = [&["train", "config.yaml", "--device", "cpu", "--out", "runs"][..], &more[..]].concat();
        let said = refusal(folder.path(), &args);
        assert!(said.contains(wanted), "kiln {args:?} said: {said}");
    }
    assert!(!folder.path().join("runs").exists(), "nothing that was refused should leave a folder");
}
