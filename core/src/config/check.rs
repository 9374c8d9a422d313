//! Ranges that a type alone does not keep, for configurations to check before they build anything.
//!
//! `name` is the key as the checking type knows it; [`under`] puts the path in front on the way up.

use std::fmt::Display;

use super::typed::joined;
use crate::{Error, Result};

/// `value > 0`, and finite.
pub fn positive(name: &str, value: f64) -> Result<()> {
    hold(value.is_finite() && value > 0.0, name, "a number above 0", value)
}

/// `value >= 0`, and finite.
pub fn not_negative(name: &str, value: f64) -> Result<()> {
    hold(value.is_finite() && value >= 0.0, name, "a number, 0 or more", value)
}

/// `low <= value <= high`.
pub fn within(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    hold((low..=high).contains(&value), name, &format!("a number from {low} to {high}"), value)
}

/// `low < value < high`.
pub fn between(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    hold(low < value && value < high, name, &format!("a number above {low} and below {high}"), value)
}

/// `value >= min`.
pub fn at_least(name: &str, value: usize, min: usize) -> Result<()> {
    hold(value >= min, name, &format!("{min} or more"), value)
}

/// An odd number.
pub fn odd(name: &str, value: usize) -> Result<()> {
    hold(value % 2 == 1, name, "an odd number", value)
}

/// `value <= max`.
pub fn at_most(name: &str, value: usize, max: usize) -> Result<()> {
    hold(value <= max, name, &format!("{max} or less"), value)
}

/// `value` is a multiple of `divisor`, which `what` names.
pub fn divisible(name: &str, value: usize, divisor: usize, what: &str) -> Result<()> {
    hold(value.is_multiple_of(divisor), name, &format!("a multiple of {what} ({divisor})"), value)
}

/// So many groups, heads or channels of a head divide each of these numbers of channels.
pub fn divides(name: &str, value: usize, channels: impl IntoIterator<Item = usize>) -> Result<()> {
    let fits = |c: usize| value > 0 && c > 0 && c.is_multiple_of(value);
    let refuse = |c: usize| hold(false, name, &format!("a divisor of {c} channels"), value);
    channels.into_iter().find(|c| !fits(*c)).map_or(Ok(()), refuse)
}

/// `patch · 2^(levels − 1)`: by how much the last of `levels` is smaller than the data, where patches are folded first and each level
/// halves the one before. It must divide the sides: a picture's height and width, or a sequence's length.
pub fn shrinks(name: &str, [levels, patch]: [usize; 2], sides: &[usize]) -> Result<usize> {
    let halvings = u32::try_from(levels.saturating_sub(1)).ok().and_then(|n| 2_usize.checked_pow(n));
    let factor = halvings.and_then(|n| n.checked_mul(patch)).unwrap_or(usize::MAX);
    if sides.iter().all(|side| side.is_multiple_of(factor)) {
        return Ok(factor);
    }
    let what = if sides.len() == 1 { "length" } else { "height and width" };
    let data: Vec<String> = sides.iter().map(ToString::to_string).collect();
    let data = data.join("x");
    let message =
        format!("{levels} levels and patch {patch} need a {what} divisible by {factor}; the data are {data}");
    Err(Error::config(name, message))
}

/// There is at least one entry.
pub fn not_empty<T>(name: &str, list: &[T]) -> Result<()> {
    hold(!list.is_empty(), name, "a list with at least one entry", "empty")
}

/// Puts `parent` in front of the path of a configuration's error; other errors pass unchanged.
pub fn under<T>(parent: &str, result: Result<T>) -> Result<T> {
    result.map_err(|error| match error {
        Error::Config { path, message } if path == "." => Error::config(parent, message),
        Error::Config { path, message } => Error::config(joined(parent, &path), message),
        other => other,
    })
}

fn hold(holds: bool, name: &str, wanted: &str, value: impl Display) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::config(name, format!("wanted {wanted}; this is {value}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: Result<()>) -> String {
        result.expect_err("this should be refused").to_string()
    }

    #[test]
    fn bounds_are_open_or_closed_as_they_say() {
        for (holds, result) in [
            (false, positive("x", 0.0)),
            (true, positive("x", f64::MIN_POSITIVE)),
            (false, positive("x", f64::NAN)),
            (false, positive("x", f64::INFINITY)),
            (true, not_negative("x", 0.0)),
            (false, not_negative("x", -1e-300)),
            (true, within("x", 0.0, 0.0, 1.0)),
            (true, within("x", 1.0, 0.0, 1.0)),
            (false, within("x", f64::NAN, 0.0, 1.0)),
            (false, between("x", 0.0, 0.0, 1.0)),
            (false, between("x", 1.0, 0.0, 1.0)),
            (true, between("x", 0.5, 0.0, 1.0)),
            (false, at_least("x", 1, 2)),
            (true, at_least("x", 2, 2)),
            (true, at_most("x", 2, 2)),
            (false, at_most("x", 3, 2)),
            (true, divisible("x", 12, 4, "heads")),
            (false, divisible("x", 10, 4, "heads")),
            (false, divisible("x", 10, 0, "heads")),
            (true, divides("x", 4, [4, 12])),
            (true, divides("x", 0, [])),
            (false, divides("x", 4, [4, 6])),
            (false, divides("x", 0, [4])),
            (false, divides("x", 4, [0])),
            (false, not_empty::<u8>("x", &[])),
            (true, not_empty("x", &[0])),
        ] {
            assert_eq!(result.is_ok(), holds, "{result:?}");
        }
    }

    #[test]
    fn a_refusal_names_key_range_and_value() {
        let expected = "configuration, at `model.network.width`: wanted a multiple of heads (4); this is 10";
        let result = under("model", under("network", divisible("width", 10, 4, "heads")));
        assert_eq!(text(result), expected);
        let expected = "configuration, at `groups`: wanted a divisor of 12 channels; this is 8";
        assert_eq!(text(divides("groups", 8, [16, 12])), expected);
        assert_eq!(text(under("model", Err(Error::config(".", "no")))), "configuration, at `model`: no");
        assert_eq!(text(under("model", Err(Error::argument("no")))), "no");
    }

    #[test]
    fn levels_and_patches_shrink_sides_that_they_divide() {
        assert_eq!(shrinks("x", [3, 2], &[16, 24]).expect("they divide"), 8);
        assert_eq!(shrinks("x", [1, 1], &[7]).expect("nothing shrinks"), 1);
        let refused = |sizes, sides: &[usize]| text(shrinks("x", sizes, sides).map(drop));
        let expected = "2 levels and patch 3 need a height and width divisible by 6; the data are 12x9";
        assert!(refused([2, 3], &[12, 9]).contains(expected));
        assert!(refused([2, 3], &[9]).contains("a length divisible by 6; the data are 9"));
        assert!(refused([99, 1], &[8]).contains("99 levels"), "2^98 is no usize");
    }
}
