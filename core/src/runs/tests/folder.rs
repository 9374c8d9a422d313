//! The folder and its checkpoints.

use std::fs;

use super::super::{Run, Timestamp, plain, suffix};
use super::{checkpoint, meta, run};

/// The names in the folder of checkpoints.
fn saved(run: &Run) -> Vec<String> {
    super::super::disk::names(&run.folder().join("checkpoints")).unwrap()
}

#[test]
fn a_run_is_found_again_as_it_was_created() {
    let (root, run) = run();
    assert_eq!(run.folder(), root.path().join("1970-01-01T00-00-00_mnist-flow_k3f9"));
    let again = Run::open(run.folder()).unwrap();
    assert_eq!(again.meta(), &meta());
    assert_eq!(again.config().unwrap(), "seed: 1\n");
    let error = Run::create(root.path(), "mnist/flow", Timestamp(0), "k3f9", "", &meta());
    assert!(
        error.expect_err("the folder is there").to_string().contains("1970-01-01T00-00-00_mnist-flow_k3f9")
    );
}

#[test]
fn a_suffix_is_four_letters_or_digits_and_differs_with_the_word() {
    let all: std::collections::HashSet<String> = (0..10_000).map(suffix).collect();
    assert_eq!(all.len(), 10_000);
    assert!(all.iter().all(|text| text.len() == 4 && text.chars().all(|c| c.is_ascii_alphanumeric())));
    assert_eq!(suffix(u32::MAX).len(), 4);
}

#[test]
fn another_folder_and_a_newer_run_are_refused() {
    let (root, run) = run();
    let error = Run::open(root.path()).expect_err("this is the folder above").to_string();
    assert!(error.contains("not the folder of a run (meta.json and config.yaml missing)"), "{error}");
    let path = run.folder().join("meta.json");
    fs::write(&path, r#"{"schema": 2, "universe": 7}"#).unwrap();
    let error = Run::open(run.folder()).expect_err("schema 2 is not known").to_string();
    assert!(error.contains("newer Kiln (schema 2; this one reads up to 1)"), "{error}");
    fs::write(&path, "{").unwrap();
    assert!(Run::open(run.folder()).expect_err("this is half a JSON").to_string().contains("meta.json"));
}

#[test]
fn the_newest_checkpoint_comes_back_and_latest_names_it() {
    let (_root, run) = run();
    assert!(run.latest_checkpoint().unwrap().is_none());
    for step in [50, 100, 150, 200] {
        let folder = run.save_checkpoint(&checkpoint(step), 2).unwrap();
        assert!(folder.ends_with(format!("step_{step:06}")));
        let found = run.latest_checkpoint().unwrap().unwrap();
        assert_eq!(found.checkpoint, checkpoint(step));
        assert!(found.skipped.is_empty());
    }
    assert_eq!(saved(&run), ["latest", "step_000150", "step_000200"]);
    assert_eq!(fs::read_to_string(run.folder().join("checkpoints/latest")).unwrap(), "step_000200\n");
}

#[test]
fn steps_sort_as_numbers_and_the_newest_is_never_dropped() {
    let (_root, run) = run();
    for step in [999_999, 1_000_000, 10_000_000] {
        run.save_checkpoint(&checkpoint(step), 0).unwrap();
        assert_eq!(saved(&run), ["latest".to_owned(), format!("step_{step}")]);
    }
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_reported_and_all_damaged_is_an_error() {
    let (_root, run) = run();
    for step in [1, 2, 3] {
        run.save_checkpoint(&checkpoint(step), 3).unwrap();
    }
    let file = |step: u64, name: &str| run.folder().join(format!("checkpoints/step_{step:06}/{name}"));
    let mut bytes = fs::read(file(3, "ema")).unwrap();
    bytes[500] ^= 1;
    fs::write(file(3, "ema"), &bytes).unwrap();
    let found = run.latest_checkpoint().unwrap().unwrap();
    assert_eq!(found.checkpoint, checkpoint(2));
    assert!(found.skipped[0].contains("step_000003") && found.skipped[0].contains("CRC-32"));
    fs::write(file(2, "model"), &bytes[..10]).unwrap();
    let found = run.latest_checkpoint().unwrap().unwrap();
    assert_eq!((found.checkpoint.step, found.skipped.len()), (1, 2));
    assert!(found.skipped[1].contains("10 are there"));
    fs::remove_file(file(1, "manifest.json")).unwrap();
    let error = run.latest_checkpoint().expect_err("all three are damaged").to_string();
    assert!(["step_000001", "step_000002", "step_000003"].iter().all(|name| error.contains(name)), "{error}");
}

#[test]
fn a_rewound_run_goes_on_from_the_step_it_was_rewound_to() {
    let (_root, run) = run();
    let latest = || fs::read_to_string(run.folder().join("checkpoints/latest")).unwrap();
    for step in [1, 2, 3] {
        run.save_checkpoint(&checkpoint(step), 3).unwrap();
    }
    run.rewind(1).unwrap();
    assert_eq!(
        (run.latest_checkpoint().unwrap().unwrap().checkpoint, latest()),
        (checkpoint(1), "step_000001\n".into())
    );
    run.save_checkpoint(&checkpoint(2), 3).unwrap();
    assert_eq!(
        (saved(&run), latest()),
        (["latest", "step_000001", "step_000002"].map(String::from).to_vec(), "step_000002\n".into())
    );
    run.rewind(0).unwrap();
    assert!(saved(&run).is_empty(), "`latest` would name nothing");
}

#[test]
fn a_run_is_trained_by_one_at_a_time_and_read_by_all() {
    let (_root, run) = run();
    let lock = run.lock().unwrap();
    let again = Run::open(run.folder()).unwrap();
    let error = again.lock().expect_err("it is being trained").to_string();
    assert!(error.contains("_mnist-flow_k3f9: this run is being trained by another process"), "{error}");
    run.save_checkpoint(&checkpoint(1), 1).unwrap();
    assert_eq!(again.latest_checkpoint().unwrap().unwrap().checkpoint, checkpoint(1));
    drop(lock);
    again.lock().unwrap();
}

#[test]
fn a_name_becomes_one_part_of_a_path() {
    for (name, wanted) in
        [("mnist/flow", "mnist-flow"), ("../my run/", "my-run"), ("a.safetensors", "a.safetensors")]
    {
        assert_eq!(plain(name), wanted);
    }
}

#[test]
fn names_that_would_leave_the_folder_are_refused() {
    let (_root, run) = run();
    for name in ["", "..", "../model", "/model", "a/b", ".hidden", "manifest.json"] {
        let mut bad = checkpoint(1);
        bad.files[0].0 = name.into();
        let error = run.save_checkpoint(&bad, 2).expect_err("the name is no name").to_string();
        assert!(error.contains("cannot name a file of a checkpoint"), "{error}");
    }
}

#[test]
fn snapshots_are_all_kept_and_later_ones_go_when_the_run_is_rewound() {
    let (_root, run) = run();
    assert!(run.snapshots().unwrap().is_empty());
    run.rewind(0).unwrap();
    for step in [10, 20, 30, 1_000_000] {
        run.save_snapshot(&checkpoint(step)).unwrap();
    }
    assert_eq!(run.snapshots().unwrap(), [10, 20, 30, 1_000_000]);
    assert_eq!(run.snapshot(20).unwrap(), checkpoint(20));
    run.rewind(25).unwrap();
    assert_eq!(run.snapshots().unwrap(), [10, 20]);
    fs::write(run.folder().join("averages/step_000010/ema"), b"cut").unwrap();
    let error = run.snapshot(10).expect_err("it is damaged").to_string();
    assert!(
        error.contains("step_000010/ema") && error.contains("bytes were written, 3 are there"),
        "{error}"
    );
}
