//! Scores of codes of which is known what they know.

use super::*;
use crate::random::{Key, Purpose};

const ROWS: u64 = 4000;

/// Factors: a class of four, and three numbers.
fn factors() -> Vec<[f32; 4]> {
    let row = |index| {
        let mut stream = Key::new(1, Purpose::Metric, index).stream();
        let class = stream.below(4) as f32;
        let mut number = || (2.0 * stream.uniform() - 1.0) as f32;
        [class, number(), number(), number()]
    };
    (0..ROWS).map(row).collect()
}

struct Scores {
    mig: f64,
    sap: f64,
    dci: Dci,
    factor: f64,
}

/// The scores of codes made from the factors.
fn scores<const N: usize>(code: impl Fn(u64, [f32; 4]) -> [f32; N]) -> Scores {
    let factors = factors();
    let codes: Vec<f32> = factors.iter().enumerate().flat_map(|(i, f)| code(i as u64, *f)).collect();
    let codes = Codes::new(&codes, N, factors.as_flattened(), 4).expect("codes");
    Scores {
        mig: mutual_information_gap(&codes),
        sap: separated_attributes(&codes),
        dci: dci(&codes),
        factor: factor_vae_score(&codes, 5),
    }
}

#[test]
fn codes_that_are_the_factors_score_one() {
    // Scaled, turned round, in another order, and with one number that says nothing.
    let Scores { mig, sap, dci, factor } =
        scores(|_, [a, b, c, d]| [-3.0 * d, a - 1.5, 0.1, 0.5 * b, c * 2.0]);
    println!("mig {mig:.3}, sap {sap:.3}, {dci:?}, factor {factor:.3}");
    // What is left of the gaps is chance: 4000 examples in 400 pairs of bins, and classes that one of four guesses hits.
    assert!(mig > 0.95 && sap > 0.9 && factor > 0.99);
    assert!(dci.disentanglement > 0.98 && dci.completeness > 0.98);
    // A class of four is no straight function of its number: only its ends are told apart by a line.
    assert!((0.7..0.95).contains(&dci.informativeness));
}

#[test]
fn codes_of_chance_score_nothing() {
    let Scores { mig, sap, dci, factor } = scores(|i, _| {
        let mut stream = Key::new(2, Purpose::Metric, i).stream();
        [(); 5].map(|()| stream.normal() as f32)
    });
    println!("mig {mig:.3}, sap {sap:.3}, {dci:?}, factor {factor:.3}");
    assert!(mig < 0.02 && sap < 0.02 && dci.informativeness < 0.02);
    assert!((factor - 0.25).abs() < 0.12, "{factor}");
}

#[test]
fn codes_that_mix_factors_score_low_but_tell_them() {
    // Half a Hadamard matrix is a rotation; the class is scaled to the numbers' spread.
    let Scores { mig, sap, dci, factor } = scores(|_, [a, b, c, d]| {
        let a = (a - 1.5) / 2.0;
        [a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d].map(|z| 0.5 * z)
    });
    println!("mig {mig:.3}, sap {sap:.3}, {dci:?}, factor {factor:.3}");
    assert!(mig < 0.1 && sap < 0.1 && dci.disentanglement < 0.1 && dci.completeness < 0.1);
    assert!(dci.informativeness > 0.7 && factor < 0.7);
}

#[test]
fn codes_that_never_change_score_nothing_and_factors_that_never_do_have_no_score() {
    let Scores { mig, sap, dci, factor } = scores(|_, _| [1.0, 2.0]);
    assert_eq!([mig, sap, dci.disentanglement, dci.completeness, dci.informativeness], [0.0; 5]);
    assert!(factor.is_nan(), "no number is in use");
    let still = Codes::new(&[0.0, 1.0], 1, &[3.0, 3.0], 1).expect("codes");
    assert_eq!(still.factors(), 0);
    let found = super::dci(&still);
    assert!(
        [found.disentanglement, found.completeness, found.informativeness].iter().all(|score| score.is_nan())
    );
}

#[test]
fn what_are_no_codes_is_refused() {
    let refused = |codes: &[f32], latents, values: &[f32], factors| {
        Codes::new(codes, latents, values, factors).expect_err("this should be refused").to_string()
    };
    assert!(refused(&[0.0; 6], 2, &[0.0; 4], 1).contains("as many rows"));
    assert!(refused(&[0.0; 6], 0, &[0.0; 4], 1).contains("1 or more"));
    assert!(refused(&[0.0, f32::NAN], 1, &[0.0; 2], 1).contains("not finite"));
    let still = Codes::new(&[0.0, 1.0], 1, &[3.0, 3.0], 1).expect("codes");
    assert!(mutual_information_gap(&still).is_nan() && factor_vae_score(&still, 1).is_nan());
}
