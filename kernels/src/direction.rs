//! The two ways of a bijection.

/// Which way it is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From `x` to `y`.
    Forward,
    /// From `y` to `x`.
    Inverse,
}
