//! Denoise: draw, step back, fork, save.

use egui_kittest::kittest::Queryable;

use crate::bench::Driver;

#[test]
fn digits_are_drawn_step_by_step_and_one_can_go_back() {
    let mut app = Driver::open("#denoise&count=4&steps=4&seed=3");
    app.settle();
    assert!(app.harness.query_by_label_contains("noise level 0.00").is_some(), "it should have arrived");
    app.picture("denoise");
    app.click("Back");
    assert!(
        app.harness.query_by_label_contains("noise level 0.33").is_some(),
        "three of four steps of the straight path"
    );
    assert!(app.link().contains("step=2"), "{}", app.link());
    app.click("Save PNG");
    let told = app.told.borrow();
    let (name, bytes) = &told.saved[0];
    assert_eq!(name, "mnist-flow-3.png");
    assert_eq!(&bytes[1..4], b"PNG");
}

#[test]
fn a_fork_goes_another_way_from_one_step_on() {
    let mut app = Driver::open("#denoise&count=4&steps=6&edit=fork&fork=2&other=9");
    app.settle();
    assert!(app.harness.query_by_label_contains("noise level 0.00").is_some());
    app.picture("denoise-fork");
}

#[test]
fn a_torn_weight_file_is_said_to_be_one() {
    let mut app = Driver::open("#denoise&model=mnist/torn");
    app.settle();
    assert!(app.harness.query_by_label_contains("not a whole safetensors file").is_some());
    let mut app = Driver::open("#denoise&model=mnist/flwo");
    app.settle();
    assert!(app.harness.query_by_label_contains("mnist/flow").is_some(), "the nearest name is suggested");
}
