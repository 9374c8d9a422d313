//! Samplers, orders, grids and single pictures, as a user asks for them.

use std::path::Path;

use super::common::{SHAPES, answer, argument, only_run, refusal};
use kiln::schedules::grids::GridConfig;

fn raw(folder: &Path, args: &[&str]) -> Vec<u8> {
    let common = ["density/moons", "-n", "64", "--device", "cpu", "--raw", "raw.f32"];
    answer(folder, &[&["sample"], &common[..], args].concat());
    std::fs::read(folder.join("raw.f32")).expect("numbers")
}

#[test]
fn an_order_and_a_time_grid_are_named_by_flags() {
    let folder = tempfile::tempdir().expect("a folder");
    let draw = |args: &[&str]| raw(folder.path(), &[&["--steps", "9"], args].concat());
    let third = draw(&["--sampler", "unipc", "--order", "3", "--schedule", "karras"]);
    assert_eq!(third, draw(&["--sampler", "unipc:order=3", "--grid", "karras"]));
    assert_ne!(third, draw(&["--sampler", "unipc", "--grid", "karras"]));
    assert_ne!(third, draw(&["--sampler", "unipc", "--order", "3", "--schedule", "linear"]));
    let compare =
        ["compare", "density/moons", "--samplers", "dpmpp,unipc", "--order", "3", "--schedule", "karras"];
    let more = ["--steps", "6", "-n", "64", "--reference", "heun:20", "--device", "cpu"];
    let said = answer(folder.path(), &[&compare[..], &more].concat());
    assert!(said.contains("unipc:order=3") && said.contains("dpmpp:order=3"), "{said}");
    for (args, wanted) in [
        (["--sampler", "unipc", "--order", "4"], "unipc has the orders 1, 2, 3; this is 4"),
        (["--sampler", "heun", "--order", "2"], "heun has no order to choose"),
        (["--schedule", "karras", "--grid", "linear"], "is a time grid, and --grid names another"),
        (["--schedule", "karas", "--steps", "3"], "did you mean `karras`?"),
        (["--grid", "@absent.yaml", "--steps", "3"], "cannot read absent.yaml"),
    ] {
        let said =
            refusal(folder.path(), &[&["sample", "density/moons", "--device", "cpu"], &args[..]].concat());
        assert!(said.contains(wanted), "kiln sample {args:?} said: {said}");
    }
}

#[test]
fn a_grid_is_fitted_to_a_model_and_walked() {
    let folder = tempfile::tempdir().expect("a folder");
    let fit = ["fit-grid", "density/moons", "--steps", "6", "--nodes", "40", "-n", "256", "--device", "cpu"];
    let told = answer(folder.path(), &fit);
    let told = told.trim();
    answer(folder.path(), &[&fit[..], &["--out", "six.yaml"]].concat());
    let yaml = std::fs::read_to_string(folder.path().join("six.yaml")).expect("a file");
    let grid: GridConfig =
        kiln::config::typed(kiln::config::parse("six.yaml", &yaml).expect("YAML")).expect("a grid");
    let GridConfig::Explicit(grid) = grid else { panic!("{yaml}") };
    assert_eq!(grid.levels.len(), 6);
    assert!(grid.levels.windows(2).all(|pair| pair[0] > pair[1]), "{yaml}");
    let drawn = raw(folder.path(), &["--steps", "6", "--grid", "@six.yaml"]);
    assert_eq!(drawn, raw(folder.path(), &["--steps", "6", "--grid", told]), "{told}");
    for (args, wanted) in [
        (vec!["density/moons", "--steps", "0"], "`steps`: wanted 1 or more"),
        (vec!["density/moons", "--steps", "9", "--nodes", "9"], "`nodes`: wanted 10 or more"),
        (vec!["mnist/classifier", "--steps", "9"], "does not denoise"),
        (vec!["density/moons", "--steps", "9", "--dataset", "shapes"], "the data are of [3, "),
    ] {
        let said = refusal(folder.path(), &[&["fit-grid", "--device", "cpu"], &args[..]].concat());
        assert!(said.contains(wanted), "kiln fit-grid {args:?} said: {said}");
    }
}

#[test]
fn a_scheduler_is_imported_into_a_folder_that_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let scheduler = r#"{"_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.42.1"}"#;
    std::fs::write(folder.path().join("scheduler_config.json"), scheduler).expect("a file");
    let said = answer(folder.path(), &["import", "scheduler_config.json", "--out", "new/sampling.yaml"]);
    assert!(said.contains("EulerDiscreteScheduler as Kiln samples it"), "{said}");
    let yaml = std::fs::read_to_string(folder.path().join("new/sampling.yaml")).expect("a file");
    assert!(yaml.contains("sampler:"), "{yaml}");
}

/// What one command writes the next one reads.
#[test]
fn a_single_picture_is_drawn_edited_and_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), SHAPES).expect("a file");
    let train =
        ["train", "config.yaml", "train.steps=1", "train.batch=4", "--device", "cpu", "--out", "runs"];
    answer(folder.path(), &train);
    let run = only_run(&folder.path().join("runs"));
    let common = [argument(&run), "--steps", "3", "--device", "cpu"];
    let size = |name: &str| image::image_dimensions(folder.path().join(name)).expect("a picture");
    answer(folder.path(), &[&["sample"], &common[..], &["-n", "1", "--out", "one.png"]].concat());
    assert_eq!(size("one.png"), (8, 8));
    for part in ["train", "test"] {
        for seed in ["1", "2"] {
            let out = format!("edited/{part}/{seed}.png");
            let more = ["--image", "one.png", "--seed", seed, "--out", &out];
            answer(folder.path(), &[&["edit"], &common[..], &more].concat());
            assert_eq!(size(&out), (8, 8));
        }
    }
    let more = ["--data", "edited", "--dataset", "folder:size=[8,8]", "-n", "2"];
    let said = answer(folder.path(), &[&["likelihood"], &common[..], &more].concat());
    assert!(said.contains("bits per dimension"), "{said}");
    // Several are a sheet, and so is one in columns.
    answer(folder.path(), &[&["sample"], &common[..], &["-n", "4", "--out", "four.png"]].concat());
    answer(
        folder.path(),
        &[&["sample"], &common[..], &["-n", "1", "--columns", "1", "--out", "framed.png"]].concat(),
    );
    assert_eq!((size("four.png"), size("framed.png")), ((118, 118), (60, 60)));
}
