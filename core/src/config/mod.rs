//! Configurations: what a file and a command line say, composed, and turned into checked types.
//!
//! A value comes into being in layers, later ones on top: the files named under `defaults:`, in order; the file's own
//! keys; the overrides `model.network.channels=64`. [`merge()`] says how a layer covers another, [`typed()`] what happens
//! to keys and values that nobody knows.

pub mod check;
#[cfg(feature = "host")]
mod compose;
mod explain;
mod merge;
#[cfg(feature = "host")]
mod overrides;
mod schema;
mod sweep;
mod typed;
#[cfg(feature = "host")]
mod yaml;

#[cfg(feature = "host")]
pub use compose::{Reader, compose, load, read_file};
pub use merge::{merge, set};
#[cfg(feature = "host")]
pub use overrides::apply;
pub use schema::schema;
pub use sweep::expand;
pub use typed::typed;
#[cfg(feature = "host")]
pub use yaml::{parse, to_yaml};

#[cfg(all(test, feature = "host"))]
mod tests;
