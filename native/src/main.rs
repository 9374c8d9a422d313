//! The `kiln` command.

fn main() -> std::process::ExitCode {
    quieten();
    keep_memory();
    kiln_native::run()
}

/// Has the C library keep freed memory for the next tensor: by default it gives large pieces back to the system at once and takes them
/// again page by page, which was a third of the time of a training step of small layers.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the standard library does not tune the allocator")]
fn keep_memory() {
    // SAFETY: it changes two numbers of the allocator. The first is the greatest that it takes, 32 MiB.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_memory() {}

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
