//! Orders and reports as bytes, between a window and a worker.

use kiln_playground::{Order, Report};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsError;

/// What passes between the two.
pub(crate) trait Message: Serialize + DeserializeOwned {
    /// As bytes.
    fn write(&self) -> Result<Vec<u8>, JsError> {
        postcard::to_stdvec(self).map_err(|error| JsError::new(&format!("message: {error}")))
    }

    /// Of bytes.
    fn read(bytes: &[u8]) -> Result<Self, JsError> {
        postcard::from_bytes(bytes).map_err(|error| JsError::new(&format!("message: {error}")))
    }
}

impl Message for Order {}
impl Message for Report {}
