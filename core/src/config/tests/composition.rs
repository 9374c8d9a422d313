//! Layers: what covers what, and what cannot be composed.

use super::*;

fn composed(files: &[(&str, &str)]) -> Value {
    compose(files[0].0, &[], &from(files)).expect("it composes")
}

fn error(files: &[(&str, &str)]) -> String {
    compose(files[0].0, &[], &from(files)).expect_err("it should be refused").to_string()
}

#[test]
fn later_defaults_cover_earlier_ones_and_the_files_own_keys_cover_all() {
    let value = composed(&[
        ("run.yaml", "c: own\nm: {z: own}\ndefaults: [a, b.yaml]"),
        ("a.yaml", "a: a\nb: a\nc: a\nm: {x: a, y: a, z: a}"),
        ("b.yaml", "b: b\nc: b\nm: {y: b, z: b}"),
    ]);
    assert_eq!(value, json!({ "a": "a", "b": "b", "c": "own", "m": { "x": "a", "y": "b", "z": "own" } }));
}

#[test]
fn defaults_are_found_relative_to_the_file_that_names_them() {
    let value = composed(&[
        ("zoo/mnist/run.yaml", "defaults: [../shared/base, ./local]"),
        ("zoo/shared/base.yaml", "defaults: [deeper/still]\na: 1"),
        ("zoo/shared/deeper/still.yaml", "a: 0\nb: 2"),
        ("zoo/mnist/local.yaml", "c: 3"),
    ]);
    assert_eq!(value, json!({ "a": 1, "b": 2, "c": 3 }));
}

#[test]
fn one_file_may_be_built_on_twice() {
    let files = [
        ("run.yaml", "defaults: [a, b]"),
        ("a.yaml", "defaults: [c]\nx: 1"),
        ("b.yaml", "defaults: [c]"),
        ("c.yaml", "x: 0"),
    ];
    assert_eq!(composed(&files), json!({ "x": 0 }), "b comes after a, with all that it builds on");
}

#[test]
fn an_empty_file_changes_nothing() {
    assert_eq!(composed(&[("run.yaml", "defaults: [a]"), ("a.yaml", "# nothing\n")]), json!({}));
}

#[test]
fn lists_are_replaced_whole_and_null_covers() {
    let value = composed(&[("run.yaml", "defaults: [a]\nl: [3]\nm: ~"), ("a.yaml", "l: [1, 2]\nm: {x: 1}")]);
    assert_eq!(value, json!({ "l": [3], "m": null }));
}

#[test]
fn a_map_of_another_kind_replaces_and_one_of_the_same_or_of_none_merges() {
    let base = json!({ "kind": "unet", "channels": 64, "norm": { "kind": "layer", "epsilon": 1 } });
    for (over, expected) in [
        (json!({ "kind": "mlp", "width": 3 }), json!({ "kind": "mlp", "width": 3 })),
        (
            json!({ "kind": "unet", "channels": 3 }),
            json!({ "kind": "unet", "channels": 3, "norm": base["norm"] }),
        ),
        (json!({ "channels": 3 }), json!({ "kind": "unet", "channels": 3, "norm": base["norm"] })),
        (
            json!({ "norm": { "kind": "identity" } }),
            json!({ "kind": "unet", "channels": 64, "norm": { "kind": "identity" } }),
        ),
        (json!("unet"), json!("unet")),
    ] {
        let mut value = base.clone();
        merge(&mut value, over.clone());
        assert_eq!(value, expected, "{over}");
    }
}

#[test]
fn a_name_under_a_map_is_the_short_form_of_its_kind() {
    for (over, expected) in [
        (json!({ "channels": 3 }), json!({ "kind": "unet", "channels": 3 })),
        (json!({ "kind": "unet", "channels": 3 }), json!({ "kind": "unet", "channels": 3 })),
        (json!({ "kind": "mlp" }), json!({ "kind": "mlp" })),
    ] {
        let mut value = json!("unet");
        merge(&mut value, over);
        assert_eq!(value, expected);
    }
}

#[test]
fn fields_that_have_no_kind_yet_are_kept_when_it_comes() {
    let mut value = json!({ "lr": 1e-3 });
    merge(&mut value, json!({ "kind": "adam" }));
    assert_eq!(value, json!({ "lr": 1e-3, "kind": "adam" }));
}

#[test]
fn a_circle_names_its_way_round() {
    let files = [("d/a.yaml", "defaults: [b]"), ("d/b.yaml", "defaults: [../d/./a]")];
    assert_eq!(error(&files), "d/b.yaml: `defaults` go in a circle: d/a.yaml -> d/b.yaml -> d/a.yaml");
    assert_eq!(error(&[("a.yaml", "defaults: [a]")]), "a.yaml: `defaults` go in a circle: a.yaml -> a.yaml");
}

#[test]
fn a_missing_file_names_the_way_to_it() {
    let files = [("a.yaml", "defaults: [b]"), ("b.yaml", "defaults: [c]")];
    assert_eq!(
        error(&files),
        "b.yaml: in `defaults`: there is no file c.yaml (the way there: a.yaml -> b.yaml -> c.yaml)"
    );
    let first = compose("a.yaml", &[], &from(&[])).expect_err("there is none");
    assert_eq!(first.to_string(), "there is no file a.yaml");
}

#[test]
fn a_file_on_the_disk_is_read_with_what_it_builds_on() {
    let folder = tempfile::tempdir().expect("a folder is made");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).expect("a file is written");
    };
    write("base.yaml", b"seed: 1\nlr: 1e-3");
    write("run.yaml", b"defaults: [base]\nseed: 2");
    write("latin.yaml", b"name: caf\xe9");
    let value = read_file(&folder.path().join("run.yaml"), &strings(&["seed=3"])).expect("it is read");
    assert_eq!(value, json!({ "seed": 3, "lr": 1e-3 }));
    let error = read_file(&folder.path().join("latin.yaml"), &[]).expect_err("it is no UTF-8").to_string();
    assert!(error.ends_with("latin.yaml: not text in UTF-8, at byte 9"), "{error}");
    let error = read_file(&folder.path().join("none.yaml"), &[]).expect_err("there is none").to_string();
    assert!(error.starts_with("cannot read ") && error.contains("none.yaml"), "{error}");
}
