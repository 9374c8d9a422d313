//! What a bad configuration is told: the exact words.

use super::*;

/// The error for `text` in `run.yaml` with `overrides`.
fn error(text: &str, overrides: &[&str]) -> String {
    let loaded = load::<Run>("run.yaml", &strings(overrides), &from(&[("run.yaml", text)]));
    loaded.expect_err("it should be refused").to_string()
}

#[test]
fn a_key_or_value_that_does_not_fit_names_its_whole_path() {
    for (text, expected) in [
        (
            "sed: 1",
            "`sed`: unknown key `sed` (did you mean `seed`?); allowed: name, seed, lr, ema, small, precision, network",
        ),
        (
            "network: {kind: unet, chanels: 3}",
            "`network.chanels`: unknown key `chanels` (did you mean `channels`?); allowed: channels, multipliers, norm",
        ),
        (
            "network: {kind: unet, norm: {kind: layer, eps: 3}}",
            "`network.norm.eps`: unknown key `eps`; allowed: epsilon",
        ),
        (
            "network: {kind: mlp, norms: [layer, {kind: identity, x: 1}]}",
            "`network.norms.1.x`: unknown key `x`; none is allowed here",
        ),
        (
            "network: {kind: unt}",
            "`network.kind`: unknown network `unt` (did you mean `unet`?); there are: unet, mlp",
        ),
        ("network: unt", "`network`: unknown network `unt` (did you mean `unet`?); there are: unet, mlp"),
        (
            "network: {width: 3}",
            "`network.kind`: a network is a name or a map with `kind`, one of: unet, mlp; `kind` is missing",
        ),
        (
            "network: {kind: unet, norm: [1]}",
            "`network.norm`: a norm is a name or a map with `kind`, one of: layer, identity; this is [1]",
        ),
        ("precision: haf", "`precision`: unknown value `haf` (did you mean `half`?); allowed: single, half"),
        ("seed: x", "`seed`: wanted a whole number, 0 or more; this is the text \"x\""),
        ("seed: 1.5", "`seed`: wanted a whole number, 0 or more; this is the number 1.5"),
        ("seed: -1", "`seed`: wanted a whole number, 0 or more; this is the number -1"),
        ("seed: 007", "`seed`: wanted a whole number, 0 or more; this is the text \"007\""),
        ("small: 256", "`small`: wanted a whole number from 0 to 255; this is the number 256"),
        ("lr: [1, 2]", "`lr`: wanted a number; this is a list"),
        ("lr:", "`lr`: wanted a number; this is null"),
        ("ema: yes", "`ema`: wanted true or false; this is the text \"yes\""),
        ("name: true", "`name`: wanted text; this is true"),
        ("name: {a: 1}", "`name`: wanted text; this is a map"),
        (
            "network: {kind: unet, multipliers: [1, two]}",
            "`network.multipliers.1`: wanted a whole number, 0 or more; this is the text \"two\"",
        ),
        (
            "network: {kind: unet, multipliers: 2}",
            "`network.multipliers`: wanted a list; this is the number 2",
        ),
        ("lr: .nan", "`lr`: wanted a finite number (run.yaml, line 1, column 5)"),
        ("network: {a: [1, -.inf]}", "`network.a.1`: wanted a finite number (run.yaml, line 1, column 18)"),
        ("lr: 1e999", "`lr`: wanted a finite number (run.yaml, line 1, column 5)"),
        ("defaults: base", "`defaults`: wanted a list of file names, such as [base] (run.yaml)"),
        ("defaults: [1]", "`defaults`: wanted a list of file names, such as [base] (run.yaml)"),
    ] {
        assert_eq!(error(text, &[]), format!("configuration, at {expected}"), "{text}");
    }
}

#[test]
fn text_that_is_not_yaml_names_file_line_and_column() {
    for (text, expected) in [
        ("seed: 1\nlr: [1,\n", "line 2, column 5: unclosed bracket '['"),
        ("seed: 1\n  lr: 2", "line 2, column 5: mapping values are not allowed in this context"),
        ("seed: 1\nlr: 2\nseed: 3", "line 3, column 1: the key `seed` stands here a second time"),
        ("seed: 1\n---\nseed: 2", "line 3, column 1: a second document starts here; a configuration is one"),
        ("seed: *x", "line 1, column 7: alias references unknown anchor"),
        ("? [1]\n: 2", "line 1, column 3: expected string scalar"),
        ("- 1", "a configuration is a map of keys; this is [1]"),
    ] {
        assert_eq!(error(text, &[]), format!("run.yaml: {expected}"), "{text}");
    }
}

#[test]
fn an_override_that_does_not_fit_names_its_path() {
    for (text, given, expected) in [
        (
            "",
            "network=unt",
            "configuration, at `network`: unknown network `unt` (did you mean `unet`?); there are: unet, mlp",
        ),
        (
            "network: unet",
            "network.chanels=3",
            "configuration, at `network.chanels`: unknown key `chanels` (did you mean `channels`?); \
             allowed: channels, multipliers, norm",
        ),
        ("", "seed", "the override `seed` has no `=`; write path=value, such as `model.network.channels=64`"),
        (
            "",
            "=3",
            "configuration, at `.`: a path is keys joined by single dots, such as `model.network.channels`",
        ),
        (
            "",
            "a..b=3",
            "configuration, at `a..b`: a path is keys joined by single dots, such as `model.network.channels`",
        ),
        ("", "seed=[1", "configuration, at `seed`: `[1` is not YAML: line 1, column 1: unclosed bracket '['"),
        ("", "lr=.inf", "configuration, at `lr`: wanted a finite number (the override, line 1, column 1)"),
        (
            "",
            "a=[1, .nan]",
            "configuration, at `a.1`: wanted a finite number (the override, line 1, column 5)",
        ),
        ("seed: 3", "seed.x=1", "configuration, at `seed`: this is 3, which has no key `x`"),
        (
            "network: {kind: unet, multipliers: [1, 2]}",
            "network.multipliers.2=4",
            "configuration, at `network.multipliers`: the list has no entry `2`; its entries are 0 to 1; \
             to add one, write the whole list",
        ),
    ] {
        assert_eq!(error(text, &[given]), expected, "{given}");
    }
}
