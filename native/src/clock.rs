//! The time of day, and a word that differs from run to run.

use std::time::SystemTime;

use kiln::runs::Timestamp;

/// Now.
pub fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

/// A word made of the clock and the process: two runs of one second have different folders.
pub fn word() -> u32 {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mixed = (u64::from(time.subsec_nanos()) << 20) ^ u64::from(std::process::id());
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}
