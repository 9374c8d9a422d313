//! Overrides: the last layer, from the command line.

use super::*;

fn overridden(base: &Value, overrides: &[&str]) -> Value {
    let mut value = base.clone();
    apply(&mut value, &strings(overrides)).expect("it applies");
    value
}

#[test]
fn the_value_is_yaml() {
    for (text, expected) in [
        ("64", json!(64)),
        ("1e-4", json!(1e-4)),
        ("1e5", json!(1e5)),
        ("-2", json!(-2)),
        (".5", json!(0.5)),
        ("true", json!(true)),
        ("no", json!("no")),
        ("null", json!(null)),
        ("", json!(null)),
        ("adam", json!("adam")),
        ("'64'", json!("64")),
        ("a=b", json!("a=b")),
        ("[1, 2]", json!([1, 2])),
        ("{kind: adam, lr: 1e-3}", json!({ "kind": "adam", "lr": 1e-3 })),
        ("18446744073709551615", json!(u64::MAX)),
    ] {
        assert_eq!(
            overridden(&json!({}), &[&format!("a.b={text}")]),
            json!({ "a": { "b": expected } }),
            "{text}"
        );
    }
}

#[test]
fn an_override_changes_one_place_and_the_last_word_wins() {
    let base = json!({ "a": { "x": 1, "y": 2 }, "b": [1, { "c": 2 }, 3] });
    assert_eq!(overridden(&base, &["a.x=5", "a.x=6"])["a"], json!({ "x": 6, "y": 2 }));
    assert_eq!(overridden(&base, &["b.0=9", "b.1.c=8"])["b"], json!([9, { "c": 8 }, 3]));
    assert_eq!(overridden(&base, &["b=[1]"])["b"], json!([1]));
    assert_eq!(overridden(&base, &["a={y: 3}"])["a"], json!({ "x": 1, "y": 3 }));
}

#[test]
fn another_kind_takes_the_old_ones_fields_away() {
    let base = json!({ "network": { "kind": "unet", "channels": 64 } });
    for (overrides, expected) in [
        (vec!["network=mlp"], json!("mlp")),
        (vec!["network=unet"], json!("unet")),
        (vec!["network.kind=mlp"], json!({ "kind": "mlp" })),
        (vec!["network.kind=unet"], json!({ "kind": "unet", "channels": 64 })),
        (vec!["network=mlp", "network.width=3"], json!({ "kind": "mlp", "width": 3 })),
        (vec!["network.kind=mlp", "network.width=3"], json!({ "kind": "mlp", "width": 3 })),
        (vec!["network={kind: mlp, width: 3}"], json!({ "kind": "mlp", "width": 3 })),
    ] {
        assert_eq!(overridden(&base, &overrides)["network"], expected, "{overrides:?}");
    }
}

#[test]
fn overrides_reach_the_typed_configuration_over_the_file() {
    let files = [("run.yaml", "seed: 1\nnetwork: unet")];
    let given = strings(&["seed=2", "network.norm.kind=identity", "network.channels=8", "precision=half"]);
    let run: Run = load("run.yaml", &given, &from(&files)).expect("it loads");
    assert_eq!(run.seed, 2);
    let expected =
        json!({ "kind": "unet", "channels": 8, "multipliers": [1, 2, 4], "norm": { "kind": "identity" } });
    assert_eq!(tree(&run.network), expected);
    assert!(matches!(run.precision, Precision::Half));
}
