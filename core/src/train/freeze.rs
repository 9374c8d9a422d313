//! Parameters by the beginnings of their paths: which stay as they are.

use crate::nn::Named;
use crate::{Error, Result, error};

/// Whether `path` begins with `prefix`, part by part: `stage` is the beginning of `stage.input` and not of `stages.input`. `.` and the
/// empty prefix are the beginning of every path.
pub(super) fn begins(path: &str, prefix: &str) -> bool {
    let prefix = trimmed(prefix);
    let rest = path.strip_prefix(prefix);
    prefix.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Without the dots around it: `.` is the empty prefix.
pub(super) fn trimmed(prefix: &str) -> &str {
    prefix.trim_matches('.')
}

/// Refuses a prefix with which no parameter's path begins.
pub(super) fn check(key: &str, prefix: &str, parameters: &[Named]) -> Result<()> {
    if parameters.iter().any(|named| begins(&named.path, prefix)) {
        return Ok(());
    }
    let mut first: Vec<&str> = parameters.iter().filter_map(|named| named.path.split('.').next()).collect();
    first.dedup();
    let near = error::did_you_mean(prefix, &first);
    let message =
        format!("no parameter's path begins with `{prefix}`{near}; they begin with: {}", first.join(", "));
    Err(Error::config(key, message))
}

/// Refuses what cannot be frozen, and freezing everything.
pub(super) fn check_all(prefixes: &[String], own: &[&str], parameters: &[Named]) -> Result<()> {
    prefixes.iter().try_for_each(|prefix| check("freeze", prefix, parameters))?;
    if parameters.iter().any(|named| !frozen(&named.path, prefixes, own)) {
        return Ok(());
    }
    let message = "all parameters are frozen: there is nothing to learn; leave some out of the list";
    Err(Error::config("freeze", message))
}

/// Whether a parameter stays as it is: by the user's prefixes, or by the family's own.
pub(super) fn frozen(path: &str, prefixes: &[String], own: &[&str]) -> bool {
    prefixes.iter().any(|prefix| begins(path, prefix)) || own.iter().any(|prefix| begins(path, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_ends_between_parts() {
        for (path, prefix, wanted) in [
            ("stage.encoder.input", "stage", true),
            ("stage.encoder.input", "stage.", true),
            ("stage.encoder.input", "stage.encoder.input", true),
            ("stages.0", "stage", false),
            ("stage", "stage.encoder", false),
            ("anything", ".", true),
            ("anything", "", true),
        ] {
            assert_eq!(begins(path, prefix), wanted, "{path} {prefix}");
        }
    }
}
