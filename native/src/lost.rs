//! A graphics device that fails in the middle: wgpu panics then, on whichever thread waits for it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};

use kiln::Error;

use crate::failure::{Failure, Outcome};

/// What such panics begin with, or have in them.
const SIGNS: [&str; 4] =
    ["wgpu error", "Unable to acquire wgpu device", "DevicePoisoned", "Parent device is lost"];

/// Does the work; where the device fails in it, an error says so. Other panics are mistakes of the program and go on.
pub fn told(work: impl FnOnce() -> Outcome) -> Outcome {
    let report = take_hook();
    set_hook(Box::new(move |panic| {
        if sign(panic.payload()).is_none() {
            report(panic);
        }
    }));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| match sign(&*panic) {
        Some(text) => Err(failure(&text)),
        None => resume_unwind(panic),
    })
}

fn failure(text: &str) -> Failure {
    let first =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect::<Vec<_>>().join(" ");
    let error = Error::Device(format!("the graphics device failed or was lost: {first}"));
    Failure::new(
        error,
        "Take `--device cpu`, or fewer samples at a time; `kiln devices --check` tells whether the device can be trusted.",
    )
}

/// The text of a panic that is of a graphics device.
fn sign(panic: &(dyn Any + Send)) -> Option<String> {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))?;
    SIGNS.iter().any(|sign| text.contains(sign)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_device_is_an_error_that_says_so() {
        let lost =
            || -> Outcome { panic!("wgpu error: Validation Error\n\nCaused by:\n  Parent device is lost") };
        let message = told(lost).expect_err("a failure").to_string();
        for part in ["failed or was lost", "Parent device is lost", "--device cpu"] {
            assert!(message.contains(part), "{message}");
        }
        told(|| Ok(())).expect("nothing fails");
    }

    #[test]
    fn other_panics_go_on() {
        let mistake = catch_unwind(|| told(|| panic!("index out of bounds")));
        let text = mistake.expect_err("a panic");
        assert_eq!(text.downcast_ref::<&str>(), Some(&"index out of bounds"));
    }
}
