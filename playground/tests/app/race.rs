//! Sampler race: who races, how far each ends from the reference, and what it costs.

use egui_kittest::kittest::Queryable;

use crate::bench::Driver;

/// Two that solve the ODE, and one that adds noise.
const RACERS: &str =
    r#"[{"sampler":"euler","steps":4},{"sampler":"heun","steps":4},{"sampler":"euler_ancestral","steps":6}]"#;

/// A race that has ended.
fn open(link: &str) -> Driver {
    let mut app = Driver::open(link);
    // At first it comes to rest for want of weights.
    app.settle();
    app.settle();
    app
}

fn seen(app: &Driver, text: &str) -> bool {
    app.harness.query_by_label_contains(text).is_some()
}

#[test]
fn samplers_race_from_one_noise_and_are_measured() {
    let mut app = open(&format!("#race&points=120&racers={RACERS}"));
    for title in [
        "euler, 4 steps: 4 evaluations, distance 0.",
        "heun, 4 steps: 7 evaluations, distance 0.",
        "euler_ancestral, 6 steps: 6 evaluations, noise of its own",
    ] {
        assert!(seen(&app, title), "{title}");
    }
    app.picture("race");
    app.click("Take racer 1 away");
    app.settle();
    assert!(!seen(&app, "euler, 4 steps: 4 evaluations") && seen(&app, "heun, 4 steps: 7 evaluations"));
    assert!(!app.link().contains("%22euler%22"), "{}", app.link());
}

#[test]
fn all_racers_are_as_far_on_their_way() {
    let mut app = open(&format!("#race&points=120&racers={RACERS}&time=0.5&measure=sliced"));
    for title in [
        "euler, 4 steps: 2 evaluations, distance",
        "heun, 4 steps: 4 evaluations, distance",
        "euler_ancestral, 6 steps: 3 evaluations, distance",
    ] {
        assert!(seen(&app, title), "{title}");
    }
    let before = app.link();
    app.click("Play");
    app.harness.run_steps(3);
    app.click("Stop");
    assert_ne!(app.link(), before, "time has gone on");
}

#[test]
fn pictures_race_too_and_who_does_not_fit_is_told_why() {
    let racers = r#"[{"sampler":"dpmpp_2m","steps":2},{"sampler":"tcd","steps":2}]"#;
    let app = open(&format!("#race&model=mnist/flow&pictures=1&racers={racers}"));
    assert!(seen(&app, "dpmpp_2m, 2 steps: 2 evaluations, distance"));
    assert!(seen(&app, "heun, 48 steps: 95 evaluations"), "the reference has a pane of its own");
    assert!(seen(&app, "tcd does not fit a model that has learnt"));
}

#[test]
fn what_cannot_be_raced_is_refused_in_words() {
    let app = open("#race&points=9999");
    assert!(seen(&app, "points: wanted 1 to 4096, this is 9999"));
    let app = open("#race&model=mnist/vae");
    assert!(seen(&app, "has no noise levels to walk through"));
}
