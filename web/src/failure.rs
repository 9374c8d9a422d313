//! Errors as JavaScript throws them.

use wasm_bindgen::JsError;

/// With the error's own words.
pub(crate) fn thrown(error: kiln::Error) -> JsError {
    JsError::new(&error.to_string())
}
