//! Which measures are a model's own, and of what they are.

use super::*;

fn among(text: &str) -> Outcome<(Vec<Own>, Vec<String>)> {
    Own::among(crate::spec::list(text))
}

#[test]
fn own_measures_and_metrics_of_samples_are_told_apart() {
    let (own, others) = among("kl,wasserstein,precision:k=3,active-units,dci,@metric.yaml").expect("metrics");
    assert_eq!(own, [Own::Kl, Own::ActiveUnits, Own::Dci]);
    assert_eq!(others, ["wasserstein", "precision:k=3", "@metric.yaml"]);
    for (name, own, of) in Own::ALL {
        assert!(!MetricConfig::NAMES.contains(&name), "{name} is a metric of samples too");
        for text in [name.to_owned(), name.replace('_', "-")] {
            assert_eq!(among(&text).expect("a measure"), (vec![own], Vec::new()), "{text}");
        }
        assert_eq!((own.name(), own.of()), (name, of));
    }
}

#[test]
fn what_is_neither_is_refused_with_the_nearest_of_both() {
    for (text, wanted) in [
        ("perplexty", "unknown metric `perplexty` (did you mean `perplexity`?)"),
        ("active_unit", "did you mean `active_units`?"),
        ("energy_distanse", "did you mean `energy_distance`?"),
        ("kl:beta=2", "--metric kl:beta=2: `kl` has nothing to be set; leave `:beta=2` out"),
        ("", "unknown metric ``"),
    ] {
        let said = among(text).expect_err("this should be refused").to_string();
        assert!(said.contains(wanted), "{text}: {said}");
    }
}

#[test]
fn a_seed_changes_what_is_drawn_and_nothing_else() {
    let drawn = |own: &(&str, Own, Of)| own.1.is_drawn();
    let names: Vec<&str> = Own::ALL.iter().filter(|own| drawn(own)).map(|own| own.0).collect();
    assert_eq!(names, ["nll", "bpd", "elbo", "factor_vae"]);
}
