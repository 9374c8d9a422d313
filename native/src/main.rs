//! The `kiln` command.

fn main() -> std::process::ExitCode {
    quieten();
    kiln::device::keep_memory();
    kiln_native::run()
}

/// Keeps Mesa's device-selection layer from complaining on the terminal of a machine without a desktop.
#[expect(
    unsafe_code,
    reason = "the standard library has no safe way to set a variable for a driver that reads it"
)]
fn quieten() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: this is the first thing that the process does; there is no other thread to read the environment.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
