//! How the processor's memory is handed out.

/// Has the C library keep freed memory for the next tensor: by default it gives large pieces back to the system at once and takes them
/// again page by page, which was a third of the time of a training step of small layers. To be called when a program begins; elsewhere than
/// on Linux with the GNU library it does nothing.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the standard library does not tune the allocator")]
pub fn keep() {
    // SAFETY: it changes two numbers of the allocator. The first is the greatest that it takes, 32 MiB.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
    }
}

/// The same, where there is nothing to be told.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn keep() {}
