//! Where orders go: to a worker, or to the works in this very module.

use kiln_playground::Order;
use wasm_bindgen::JsError;

use super::host::Host;
use crate::message::Message;

/// Who computes.
pub(super) enum Side {
    /// A worker, through the page.
    Worker,
}

impl Side {
    pub(super) fn order(&self, host: &Host, order: &Order) -> Result<(), JsError> {
        match self {
            Self::Worker => host.order(order.write()?),
        }
        Ok(())
    }
}
