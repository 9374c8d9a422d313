//! What happens once, when a module has been loaded.
#![expect(unsafe_code, reason = "the constructors have no safe name")]

use wasm_bindgen::prelude::*;

unsafe extern "C" {
    /// Runs what other crates have registered to run before `main`; the linker writes it.
    fn __wasm_call_ctors();
}

#[wasm_bindgen]
extern "C" {
    /// Tells the worker, which offers this: after a panic no promise is ever settled.
    #[wasm_bindgen(catch, js_name = kilnPanicked)]
    fn panicked(message: &str) -> Result<(), JsValue>;
}

/// Runs the constructors and makes panics heard.
#[wasm_bindgen(start)]
pub fn start() {
    // Where nothing calls them, the linker wraps every export in a call of all of them: on each call from JavaScript,
    // thousands of registrations. That costs a factor of fifteen.
    // SAFETY: called once, before anything else of this module; it takes and returns nothing.
    unsafe { __wasm_call_ctors() };
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // Nothing is left to be done where not even this is heard.
        let _ = panicked(&info.to_string());
    }));
}
