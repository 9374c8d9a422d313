//! What panels are made of.

pub(crate) mod plane;
mod beside;
mod fields;
mod clock;
mod curve;
mod ink;
mod sheets;

pub(crate) use beside::{WIDE, beside};
pub(crate) use clock::Clock;
pub(crate) use curve::curve;
pub(crate) use fields::{choice, number, section, switch};
pub(crate) use ink::{Ink, pixels};
pub(crate) use sheets::Sheets;
