//! The density lab: choose, draw, train, scrub, ask, undo, link.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;

use crate::bench::Driver;

#[test]
fn a_density_is_learnt_and_walked_to() {
    let mut app = Driver::open(
        "#lab&training=300&hidden=32&particles=400&layers.density=true&layers.field=true&layers.paths=true",
    );
    app.settle();
    app.click("Train");
    app.settle();
    assert!(app.harness.query_by_label_contains("Step 300 of 300").is_some(), "it should have learnt");
    app.picture("lab-trained");
}

#[test]
fn what_is_set_goes_into_the_link_and_back() {
    let mut app = Driver::open("#lab&family=nsf&particles=200&layers.density=true&seed=7&training=200");
    app.settle();
    assert_eq!(app.link(), "#lab&family=nsf&training=200&seed=7&particles=200&layers.density=true");
    app.click("Learned density");
    assert_eq!(app.link(), "#lab&family=nsf&training=200&seed=7&particles=200");
    app.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    assert_eq!(app.link(), "#lab&family=nsf&training=200&seed=7&particles=200&layers.density=true");
    app.click("Reset");
    assert_eq!(app.link(), "#lab");
}

#[test]
fn playing_is_one_change_and_ends_where_one_goes_elsewhere() {
    let mut app = Driver::open("#lab&hidden=16&particles=200");
    app.settle();
    app.click("Play");
    app.harness.run_steps(14);
    app.click("Stop");
    let link = app.link();
    assert!(link.contains("&time=0."), "{link}");
    app.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    assert_eq!(app.link(), "#lab&hidden=16&particles=200");
    app.click("Play");
    app.click("Reset");
    assert_eq!(app.link(), "#lab");
    assert!(app.harness.query_by_label("Stop").is_none(), "it should no longer play");
}

#[test]
fn a_drawing_is_learnt() {
    let mut app = Driver::open("#lab&data=drawn&training=200&hidden=32&particles=300");
    app.settle();
    app.click("Clear");
    let plane = app.harness.get_by_label_contains("The plane").rect();
    let middle = plane.center();
    app.harness.hover_at(middle);
    app.harness.drag_at(middle + vec2(-60.0, 0.0));
    for step in 0..12 {
        app.harness.hover_at(middle + vec2(-60.0 + 10.0 * step as f32, 20.0));
        app.harness.step();
    }
    app.harness.drop_at(middle + vec2(60.0, 20.0));
    app.settle();
    let link = app.link();
    assert!(link.contains("drawing=a"), "{link}");
    app.click("Train");
    app.settle();
    app.picture("lab-drawn");
    assert!(app.harness.query_by_label_contains("Step 200 of 200").is_some());
}

#[test]
fn every_family_trains_and_shows_its_density() {
    for family in ["ot_cfm", "edm", "score_sde", "realnvp", "nsf", "vae"] {
        let link = format!(
            "#lab&family={family}&training=150&hidden=32&particles=300&layers.density=true&probe=[0.5,0.5]"
        );
        let mut app = Driver::open(&link);
        app.settle();
        app.click("Train");
        app.settle();
        if family == "nsf" {
            app.picture("lab-nsf");
        }
        assert!(app.harness.query_by_label_contains("Step 150 of 150").is_some(), "{family}");
    }
}

#[test]
fn a_broken_link_says_what_is_wrong() {
    let mut app = Driver::open("#lab&particles=many");
    app.settle();
    assert!(app.harness.query_by_label_contains("`many` is no value of `particles`").is_some());
    let mut app = Driver::open("#lab&family=flux");
    app.settle();
    assert!(app.harness.query_by_label_contains("flow_matching").is_some());
}
