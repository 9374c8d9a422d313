//! What a user types, and what comes back.

use std::path::Path;

use super::common::{MOONS, SHAPES, answer, argument, only_run, refusal, run, text};
use serde_json::Value;

/// A folder with a run of one step in it, and that run's weight file.
fn trained(config: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), config).expect("a file");
    let args = ["train", "config.yaml", "train.steps=1", "train.batch=4", "--device", "cpu", "--out", "runs"];
    answer(folder.path(), &args);
    let file = only_run(&folder.path().join("runs")).join("model.safetensors");
    (folder, argument(&file).to_owned())
}

fn json(folder: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&answer(folder, args)).unwrap_or_else(|error| panic!("{args:?}: {error}"))
}

fn here() -> &'static Path {
    Path::new(".")
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place_and_the_remedy() {
    let (folder, model) = trained(SHAPES);
    for (args, wanted) in [
        (vec!["sample", "mnist/flo"], "did you mean `mnist/flow`?"),
        (vec!["sample", "absent.safetensors"], "cannot read absent.safetensors"),
        (vec!["sample", "runs"], "this is not the folder of a run"),
        (vec!["sample", &model, "--sampler", "huen"], "unknown sampler `huen` (did you mean `heun`?)"),
        (vec!["sample", &model, "--sampler", "ddim:etta=1"], "unknown key `etta` (did you mean `eta`?)"),
        (vec!["sample", &model, "--grid", "karas"], "did you mean `karras`?"),
        (vec!["sample", &model, "--steps", "0"], "steps: "),
        (vec!["sample", &model, "-n", "0"], "at least 1 sample"),
        (vec!["sample", &model, "--batch", "0"], "at least 1 sample"),
        (vec!["sample", &model, "--class", "99"], "unknown class `99`"),
        (vec!["sample", &model, "--guidance", "3", "--class", "any"], "there is no class to guide towards"),
        (
            vec!["sample", &model, "--guidance-rescale", "0.5", "--class", "any"],
            "there is no class to guide towards",
        ),
        (vec!["sample", &model, "--guidance-rescale", "0.5"], "a scale of 1 is none"),
        (vec!["sample", "density/moons", "--weak", "density/moons"], "a scale of 1 is none"),
        (vec!["sample", "density/moons", "--columns", "3"], "--columns: only pictures stand in columns"),
        (vec!["sample", &model, "--out", "six.jpg"], "give it a name that ends in .png"),
        (vec!["sample", &model, "--device", "gpu:99"], "there is no device `gpu:99`"),
        (vec!["evaluate", &model], "add --dataset NAME"),
        (vec!["evaluate", &model, "--dataset", "shape"], "did you mean `shapes`?"),
        (
            vec!["evaluate", "mnist/classifier", "--steps", "3"],
            "the options of a walk: nothing that is measured",
        ),
        (vec!["evaluate", "mnist/classifier", "--seed", "3"], "--seed: nothing that is measured"),
        (vec!["evaluate", "density/moons", "--guided", "9"], "--guided: nothing that is measured"),
        (
            vec!["evaluate", "mnist/classifier", "--metric", "wasserstein"],
            "--metric wasserstein: nothing that is measured",
        ),
        (vec!["evaluate", "density/moons", "--metric", "wasserstein"], "too many to be paired"),
        (vec!["evaluate", "density/moons", "--metric", "energy_distanse"], "did you mean `energy_distance`?"),
        (vec!["train", "nothing.yaml"], "cannot read nothing.yaml"),
        (vec!["train", "config.yaml", "train.stepz=1"], "did you mean `steps`?"),
        (vec!["train", "config.yaml", "train.steps=0"], "`train.steps`"),
        (vec!["train", "config.yaml", "data={kind: gaussians, std: 0}"], "`data.std`"),
        (
            vec!["train", "density/moons", "model.sampling.sampler={kind: unipc, order: 9}"],
            "`model.sampling.sampler.order`",
        ),
        (
            vec!["train", "density/moons", "model.sampling.grid={kind: explicit, levels: [1]}"],
            "30 steps cannot be made of one level",
        ),
        (
            vec![
                "train",
                "config.yaml",
                "model={kind: interpolant, label_dropout: 0, sampling: {guidance: 2}, network: {kind: mlp, hidden: 8}}",
            ],
            "`model`: it could be trained, but not drawn from: guidance",
        ),
        (vec!["train", "mnist/flow"], "--data PATH"),
        (vec!["train", "--resume", "runs"], "this is not the folder of a run"),
        (vec!["config", "show", "config.yaml", "sed=1"], "did you mean `seed`?"),
        (vec!["zoo", "info", "density/moon"], "did you mean `density/moons`?"),
    ] {
        let said = refusal(folder.path(), &args);
        assert!(said.contains(wanted), "kiln {args:?} said: {said}");
    }
    assert!(!folder.path().join("outputs").exists(), "nothing that was refused should leave a file");
}

#[test]
fn a_command_line_that_cannot_be_read_ends_with_two() {
    let elsewhere = ["train", "--resume", "runs/x", "--out", "elsewhere"];
    for args in [
        &["smaple"][..],
        &["sample"],
        &["train"],
        &elsewhere,
        &["list", "x"],
        &["sample", "m", "--steps", "x"],
    ] {
        assert_eq!(run(here(), args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn what_a_program_reads_is_json() {
    let entries = json(here(), &["zoo", "list", "--json"]);
    let named =
        |name: &str| entries.as_array().is_some_and(|all| all.iter().any(|entry| entry["name"] == name));
    assert!(named("mnist/flow") && named("density/moons"), "{entries}");
    assert_eq!(json(here(), &["zoo", "info", "mnist/flow", "--json"])["name"], "mnist/flow");
    let [listed, recipes] =
        [&["zoo", "list"][..], &["zoo", "list", "--recipes"]].map(|args| answer(here(), args));
    for entry in entries.as_array().expect("entries") {
        let line = format!("{} ", entry["name"].as_str().expect("a name"));
        let is_in = |list: &str| list.lines().any(|known| known.starts_with(&line));
        let trained = entry["trained"].as_bool().expect("true or false");
        assert_eq!([is_in(&listed), is_in(&recipes)], [trained, !trained], "{entry}");
        assert!(entry["about"].as_str().is_some_and(|about| about.len() > 10), "{entry}");
    }
    let said = text(&run(here(), &["zoo", "list"]).stderr);
    assert!(said.contains(" recipes to train: kiln zoo list --recipes"), "{said}");
    let cpu = &json(here(), &["devices", "--json"])[0];
    assert_eq!(cpu["name"], "cpu");
    assert!(cpu["processor"]["threads"].as_u64().is_some_and(|threads| threads > 0), "{cpu}");
    let lists = json(here(), &["list", "--json"]);
    for group in lists.as_object().expect("groups").values() {
        for member in group.as_array().expect("members") {
            assert!(member["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{member}");
        }
    }
    for (group, first) in [("samplers", "euler"), ("couplings", "independent"), ("loss-weights", "unit")] {
        assert_eq!(lists[group][0]["name"], first);
    }
    assert!(json(here(), &["config", "schema"])["properties"]["train"].is_object());
}

#[test]
fn devices_are_told_with_their_limits() {
    let told = answer(here(), &["devices"]);
    let [head, cpu] = [0, 1].map(|line| told.lines().nth(line).unwrap_or_default());
    for column in ["memory", "largest buffer", "shared memory", "workgroup", "f16"] {
        assert!(head.contains(column), "{told}");
    }
    assert!(cpu.starts_with("cpu ") && cpu.ends_with(" threads"), "{told}");
    assert!(cpu.contains(" GiB ") || !cfg!(target_os = "linux"), "{told}");
}

/// Every adapter that is here, software too, computes forwards and backwards what the processor does.
#[test]
fn devices_are_checked_against_the_processor() {
    let devices = json(here(), &["devices", "--json"]);
    let told = answer(here(), &["devices", "--check"]);
    for device in devices.as_array().expect("devices") {
        let name = device["name"].as_str().expect("a name");
        assert!(told.contains(&format!("{name}: computes what the processor computes")), "{told}");
    }
}

#[test]
fn what_is_shown_of_a_configuration_is_read_back_as_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = answer(folder.path(), &["config", "show", "density/moons", "seed=9"]);
    assert!(shown.contains("seed: 9"), "{shown}");
    std::fs::write(folder.path().join("shown.yaml"), &shown).expect("a file");
    assert_eq!(answer(folder.path(), &["config", "show", "shown.yaml"]), shown);
}

/// The numbers that `--raw` writes.
fn raw(folder: &Path, args: &[&str]) -> Vec<f32> {
    answer(folder, &[&["sample", "--raw", "raw.f32", "--device", "cpu"], args].concat());
    let bytes = std::fs::read(folder.join("raw.f32")).expect("numbers");
    bytes
        .chunks_exact(4)
        .map(|number| f32::from_le_bytes([number[0], number[1], number[2], number[3]]))
        .collect()
}

#[test]
fn samples_depend_on_their_seed_and_index_and_not_on_the_batch() {
    let (folder, model) = trained(SHAPES);
    let draw = |more: &[&str]| {
        let args = [&[model.as_str(), "--class", "each", "--sampler", "ddpm", "--steps", "3"], more].concat();
        raw(folder.path(), &args)
    };
    let at_once = draw(&["-n", "7"]);
    let in_parts = draw(&["-n", "7", "--batch", "3"]);
    assert_eq!(at_once.len(), 7 * 3 * 8 * 8);
    let difference = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(difference(&at_once, &in_parts) < 1e-4);
    assert!(difference(&at_once, &draw(&["-n", "2"])) < 1e-4);
    assert!(difference(&at_once, &draw(&["-n", "7", "--seed", "1"])) > 0.1);
}

#[test]
fn samples_become_pictures_of_their_kind() {
    let (folder, model) = trained(SHAPES);
    let size = |name: &str| {
        let bytes = std::fs::read(folder.path().join(name)).expect("a picture");
        assert!(bytes.starts_with(b"\x89PNG"));
        let side = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        (side(16), side(20))
    };
    let said = answer(
        folder.path(),
        &["sample", &model, "-n", "6", "--steps", "1", "--columns", "3", "--out", "a/six.png"],
    );
    assert_eq!(said.trim(), "a/six.png");
    let (width, height) = size("a/six.png");
    assert!(3 * height < 3 * width && width < 2 * height, "two rows of three: {width} x {height}");

    let run = only_run(&folder.path().join("runs"));
    answer(folder.path(), &["sample", argument(&run), "-n", "1", "--steps", "1", "--out", "run.png"]);
    size("run.png");

    let (points, model) = trained(MOONS);
    let run = only_run(&points.path().join("runs"));
    for (name, model) in [("alone.png", model.as_str()), ("beside.png", argument(&run))] {
        answer(points.path(), &["sample", model, "-n", "500", "--steps", "2", "--out", name]);
        std::fs::copy(points.path().join(name), folder.path().join(name)).expect("a copy");
    }
    let (alone, beside) = (size("alone.png"), size("beside.png"));
    assert_eq!(alone.0, alone.1);
    assert!(beside.0 > 2 * alone.0 - 1, "a run knows its data and shows them beside: {beside:?}");
}

#[test]
fn a_density_is_measured_beside_its_data() {
    let (folder, _) = trained(MOONS);
    let run = only_run(&folder.path().join("runs"));
    let args = ["evaluate", argument(&run), "-n", "400", "--steps", "2", "--json"];
    let told = json(folder.path(), &args);
    assert_eq!((told["samples"].as_u64(), told.get("guided")), (Some(400), None), "{told}");
    let metrics = &told["metrics"];
    for key in ["sliced_wasserstein", "energy_distance"] {
        let [value, data] =
            [key.to_owned(), format!("{key}_data")].map(|key| metrics[&key].as_f64().expect("a number"));
        assert!(value > 2.0 * data && data >= 0.0, "{key}: one step of learning is not enough: {metrics}");
    }
    let other =
        [&args[..], &["--metric", "wasserstein,sliced_wasserstein:directions=2,precision,coverage:k=3"]]
            .concat();
    let other = &json(folder.path(), &other)["metrics"];
    assert!(other["wasserstein"].is_f64() && other["wasserstein_data"].is_f64(), "{other}");
    for key in ["precision", "precision_data", "coverage", "coverage_data"] {
        assert!(other[key].as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)), "{key}: {other}");
    }
    assert!(other["sliced_wasserstein"] != metrics["sliced_wasserstein"], "{other}");
    assert!(other.get("energy_distance").is_none(), "{other}");
}

#[test]
fn a_run_keeps_its_configuration_and_may_be_made_longer() {
    let (folder, _) = trained(MOONS);
    let run = only_run(&folder.path().join("runs"));
    let said = refusal(folder.path(), &["train", "--resume", argument(&run), "train.batch=8"]);
    assert!(said.contains("only `train.steps=N` may be changed"), "{said}");
    answer(folder.path(), &["train", "--resume", argument(&run), "train.steps=3"]);
    let events = std::fs::read_to_string(run.join("facts/events.jsonl")).expect("events");
    assert!(events.lines().last().is_some_and(|event| event.contains("\"finished\",\"step\":3")), "{events}");
    assert!(answer(folder.path(), &["config", "show", argument(&run)]).contains("steps: 3"));
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let mut child = super::common::kiln(here(), &["completions", "bash"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program should start");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program should end");
    assert!(output.status.success(), "{}", text(&output.stderr));
}
