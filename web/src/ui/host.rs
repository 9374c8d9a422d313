//! What the page does for the window.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An object of the page; `host.js` has it.
    pub type Host;

    /// A promise that is settled once the browser has had its turn.
    #[cfg(feature = "gpu")]
    #[wasm_bindgen(method)]
    pub(super) fn pause(this: &Host) -> js_sys::Promise;

    /// Hands an order to the worker.
    #[cfg(not(feature = "gpu"))]
    #[wasm_bindgen(method)]
    pub(super) fn order(this: &Host, order: Vec<u8>);

    /// The models that can be fetched, in JSON.
    #[wasm_bindgen(method)]
    pub(super) fn models(this: &Host) -> String;

    /// Begins to fetch a model's weights.
    #[wasm_bindgen(method)]
    pub(super) fn fetch(this: &Host, name: &str);

    /// Gives that up.
    #[wasm_bindgen(method)]
    pub(super) fn cancel(this: &Host, name: &str);

    /// Offers a file to keep.
    #[wasm_bindgen(method)]
    pub(super) fn save(this: &Host, name: &str, bytes: &[u8]);

    /// Shows a link in the address bar.
    #[wasm_bindgen(method, js_name = showLink)]
    pub(super) fn show_link(this: &Host, link: &str);

    /// The whole address of a link.
    #[wasm_bindgen(method)]
    pub(super) fn address(this: &Host, link: &str) -> String;

    /// Bytes of memory in use; not positive where the browser does not tell.
    #[wasm_bindgen(method)]
    pub(super) fn memory(this: &Host) -> f64;

    /// What it computes on, in words.
    #[wasm_bindgen(method)]
    pub(super) fn device(this: &Host) -> String;

    /// What is on the screen, in JSON, where it has changed; and what there is to say.
    #[wasm_bindgen(method)]
    pub(super) fn mirror(this: &Host, seen: &str, said: &str);
}
