//! Ctrl-C: the first asks for an orderly end, the second is one.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::out::note;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Takes the signal over from now on.
pub fn listen() -> kiln::Result<()> {
    let handler = || {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        note("interrupted: finishing this step and saving; once more to stop at once");
    };
    ctrlc::set_handler(handler)
        .map_err(|error| kiln::Error::argument(format!("Ctrl-C cannot be heard: {error}")))
}

/// Whether the user asked for the end.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
