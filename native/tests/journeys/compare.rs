//! `kiln compare`: what it finds of samplers whose order is known, and what it refuses.

use std::path::Path;

use super::common::{answer, refusal};
use serde_json::Value;

/// A comparison of four walks on a density of the zoo, and what it said.
fn compared(folder: &Path, more: &[&str]) -> String {
    let args =
        ["compare", "density/moons", "--steps", "8,32", "-n", "512", "--device", "cpu", "--out", "found"];
    answer(folder, &[&args, more].concat())
}

#[test]
fn errors_fall_with_steps_and_faster_for_the_higher_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--samplers", "euler,heun,ddim:eta=1", "--reference", "heun:128", "--json"];
    let told: Value = serde_json::from_str(&compared(folder.path(), &args)).expect("JSON");
    let walks = told["walks"].as_array().expect("walks");
    let walk = |sampler: &str, steps: u64| {
        let mut found = walks.iter().filter(|walk| walk["sampler"] == sampler && walk["steps"] == steps);
        found.next().unwrap_or_else(|| panic!("{sampler} in {steps} is not in {told}"))
    };
    let number = |walk: &Value, key: &str| walk[key].as_f64().unwrap_or_else(|| panic!("{key} in {walk}"));
    for sampler in ["euler", "heun"] {
        let [few, many] = [8, 32].map(|steps| number(walk(sampler, steps), "error"));
        assert!(0.0 < many && many < few / 2.0, "{sampler}: {few}, {many}");
    }
    for steps in [8, 32] {
        let [euler, heun] = ["euler", "heun"].map(|sampler| walk(sampler, steps));
        assert!(number(heun, "error") < number(euler, "error") / 2.0, "{heun} {euler}");
        assert_eq!(euler["evaluations"], steps);
        assert_eq!(heun["evaluations"], 2 * steps - 1, "the last step is Euler's");
        assert!(walk("ddim:eta=1", steps)["error"].is_null(), "it draws noise");
    }
    assert_eq!(told["reference"]["error"], 0.0);
    assert_eq!((walks.len(), &told["quality"]), (6, &Value::from("sliced_wasserstein")));
    let data = number(&told, "data_to_data");
    for sampler in ["euler", "heun", "ddim:eta=1"] {
        let [few, many] = [8, 32].map(|steps| number(walk(sampler, steps), "quality"));
        assert!(data > 0.0 && many < 4.0 * data && many < 1.2 * few, "{sampler}: {few}, {many}; data {data}");
    }
}

#[test]
fn a_table_a_plot_and_pictures_are_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = compared(folder.path(), &["--samplers", "euler,ddim:eta=0.5", "--reference", "heun:40"]);
    let files = ["compare.csv", "compare.png", "samplers.png"];
    for file in files {
        assert!(said.contains(file), "{said}");
    }
    let read = |name: &str| std::fs::read(folder.path().join("found").join(name)).expect("a file");
    for picture in &files[1..] {
        assert!(read(picture).starts_with(b"\x89PNG"), "{picture}");
    }
    let table = String::from_utf8(read("compare.csv")).expect("text");
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["sampler", "steps", "evaluations", "error", "sliced_wasserstein", "seconds"]);
    let walks: Vec<[&str; 2]> = lines[1..].iter().map(|line| [line[0], line[1]]).collect();
    assert_eq!(walks, [["euler", "8"], ["euler", "32"], ["ddim:eta=0.5", "8"], ["ddim:eta=0.5", "32"]]);
    for line in &lines[1..] {
        assert_eq!(line[3].is_empty(), line[0].starts_with("ddim"), "{line:?}");
        assert!(line[4].parse::<f64>().is_ok_and(|quality| quality > 0.0), "{line:?}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_with_what_can() {
    let folder = tempfile::tempdir().expect("a folder");
    for (args, wanted) in [
        (vec!["density/moons", "--samplers", "heun,eulr"], "unknown sampler `eulr` (did you mean `euler`?)"),
        (vec!["density/moons", "--samplers", "ddim:etta=1"], "did you mean `eta`?"),
        (vec!["density/moons", "--samplers", "heun", "--steps", "5,0"], "steps: "),
        (vec!["density/moons", "--reference", "ddpm:10"], "deterministic are: euler"),
        (vec!["density/moons", "--reference", "huen:10"], "did you mean `heun`?"),
        (vec!["density/moons", "--grid", "karas"], "did you mean `karras`?"),
        (vec!["density/moons", "--schedule", "edn"], "did you mean `edm`?"),
        (vec!["density/moons", "--class", "3"], "has no classes"),
        (vec!["density/moons", "-n", "1"], "at least 2 samples"),
        (vec!["density/moons", "--batch", "0"], "at least 1 sample"),
        (vec!["mnist/classifier"], "does not generate"),
        (vec!["mnist/edm", "--data", "absent"], "absent"),
        (vec!["mnist/edm", "--classifier", "density/moons"], "name a classifier"),
        (vec!["mnist/edm", "--guidance", "3", "--class", "any"], "there is no class to guide towards"),
    ] {
        let said = refusal(folder.path(), &[&["compare", "--device", "cpu"], args.as_slice()].concat());
        assert!(said.contains(wanted), "kiln compare {args:?} said: {said}");
    }
    assert!(!folder.path().join("outputs").exists(), "nothing that was refused should leave a file");
}
