//! Latent walk: the map, a place in it, two drawings and the way between them.

use egui::vec2;
use egui_kittest::kittest::Queryable;

use crate::bench::Driver;

#[test]
fn one_walks_through_the_map_and_between_drawings() {
    // An upright stroke and a lying one, as a hand draws them.
    let upright = format!("a{}p3{}a{}", 28 * 5 + 12, "a25p3".repeat(17), 28 * 5 + 13);
    let lying = format!("a{}p18{}a{}", 28 * 12 + 5, "a10p18".repeat(2), 28 * 13 + 5);
    let mut app = Driver::open(&format!("#latent&from={upright}&to={lying}"));
    app.settle();
    assert!(
        app.harness.query_all_by_label_contains("From the first drawing").next().is_some(),
        "there is a way"
    );
    app.picture("latent");
    let map = app.harness.get_all_by_label_contains("The map").last().expect("a map").rect();
    app.harness.drag_at(map.center());
    app.harness.hover_at(map.center() + vec2(0.25 * map.width(), 0.0));
    app.harness.step();
    app.harness.drop_at(map.center() + vec2(0.25 * map.width(), 0.0));
    app.settle();
    let link = app.link();
    assert!(link.contains("&at=%5B0.5"), "half of the way to the right: {link}");
}

#[test]
fn a_number_that_a_latent_does_not_have_is_refused() {
    let mut app = Driver::open("#latent&across=99");
    app.settle();
    assert!(app.harness.query_by_label_contains("has numbers 0 to 19").is_some());
    let mut app = Driver::open("#latent&from=p30");
    app.settle();
    assert!(app.harness.query_by_label_contains("wanted 28 times 28 pixels, these are 30").is_some());
}
