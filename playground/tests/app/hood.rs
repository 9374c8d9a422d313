//! Under the hood: the check is made, and what happens is told.

use egui_kittest::kittest::Queryable;

use crate::bench::Driver;

#[test]
fn the_device_is_checked_and_what_happens_is_told() {
    let mut app = Driver::open("#lab&training=50&particles=100&hidden=16");
    app.settle();
    app.click("Under the hood");
    app.click("Check the device");
    app.settle();
    assert!(app.harness.query_by_label("every kernel answers as the processor does").is_some());
    assert!(app.harness.query_by_label("lab: fresh weights").is_some());
    app.picture("hood");
}
