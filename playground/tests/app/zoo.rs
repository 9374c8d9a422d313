//! The zoo: find a model, and go to it.

use egui_kittest::kittest::Queryable;

use crate::bench::Driver;

#[test]
fn a_model_is_found_and_opened() {
    let mut app = Driver::open("#zoo&find=edm");
    app.settle();
    app.picture("zoo");
    assert!(app.harness.query_by_label("mnist/vae").is_none(), "what is not looked for is not shown");
    app.click("mnist/edm");
    assert!(app.link().starts_with("#denoise&model=mnist/edm"), "{}", app.link());
}
