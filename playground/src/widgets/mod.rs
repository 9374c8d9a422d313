//! What panels are made of.

pub(crate) mod plane;
mod fields;
mod curve;

pub(crate) use curve::curve;
pub(crate) use fields::{choice, number, section, switch};
