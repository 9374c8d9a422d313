//! The tour: from step to step by its buttons, what is seen following, and out of it.

use egui::{Key, Pos2, Rect, vec2};
use egui_kittest::kittest::Queryable;

use crate::bench::Driver;

/// How the links of the steps begin.
const LINKS: [&str; 5] = [
    "#lab",
    "#lab&time=0.0&layers.paths=true",
    "#lab&data=drawn&drawing=a9p2",
    "#denoise&count=9",
    "#lab&family=nsf",
];

fn sees(app: &Driver, text: &str) -> bool {
    app.harness.query_all_by_label_contains(text).next().is_some()
}

/// In a window of this size the tour is all there, and the middle of the plane is free.
fn fits(app: &mut Driver, width: f32, height: f32) {
    let screen = Rect::from_min_size(Pos2::ZERO, vec2(width, height));
    app.harness.set_size(screen.size());
    app.harness.run_steps(4);
    let middle = app.harness.query_by_label_contains("The plane").map(|plane| plane.rect().center());
    for tour in app.harness.get_all_by_label_contains("A tour") {
        let place = tour.rect();
        assert!(screen.contains_rect(place), "{place:?} in {screen:?}");
        assert!(middle.is_none_or(|middle| !place.contains(middle)), "{place:?} lies over {middle:?}");
    }
    for button in ["Next", "End"] {
        let place = app.harness.get_by_label(button).rect();
        assert!(screen.contains_rect(place), "{button}: {place:?} in {screen:?}");
    }
}

#[test]
fn one_walks_through_the_tour_and_what_it_tells_of_is_seen() {
    let mut app = Driver::open("");
    app.settle();
    assert!(!sees(&app, "A tour"), "it does not open by itself");
    assert!(sees(&app, "New here?"), "it is pointed at");
    app.click("Tour");
    for (i, begin) in LINKS.into_iter().enumerate() {
        if i > 0 {
            app.click("Next");
        }
        let link = app.link();
        assert!(link.starts_with(begin), "step {}: {link}", i + 1);
        assert!(sees(&app, &format!("step {} of 5", i + 1)), "step {} has its title", i + 1);
        fits(&mut app, 390.0, 800.0);
        fits(&mut app, 1180.0, 860.0);
    }
    app.click("Back");
    let link = app.link();
    assert!(link.starts_with(LINKS[3]) && sees(&app, "step 4 of 5"), "{link}");
    app.click("Next");
    assert!(app.link().starts_with(LINKS[4]));
    app.harness.key_press(Key::Escape);
    let link = app.link();
    assert!(!sees(&app, "A tour"), "Escape ends it");
    assert!(link.starts_with(LINKS[4]), "what is on the screen stays: {link}");
}

#[test]
fn it_is_left_by_its_button_and_escape_closes_a_menu_first() {
    let mut app = Driver::open("#lab&training=50&particles=100&hidden=16");
    app.settle();
    app.click("Tour");
    assert_eq!(app.link(), "#lab");
    app.click("Copy");
    app.link();
    app.harness.key_press(Key::Escape);
    app.link();
    assert!(sees(&app, "step 1 of 5"), "the menu was closed, the tour was not");
    app.harness.key_press(Key::Escape);
    app.link();
    assert!(!sees(&app, "A tour"));
    app.click("Tour");
    app.link();
    app.click("End");
    app.link();
    assert!(!sees(&app, "A tour"));
}
