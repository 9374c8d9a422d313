//! Work on a long slice, divided among the processor's threads where there are any to divide it among.

/// Calls `work` on parts of `out`, with the place where each begins. A part is `part` long, but for the last.
///
/// What is written does not depend on how many threads there are.
#[cfg(feature = "cpu")]
pub(crate) fn parts<T: Send>(out: &mut [T], part: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    use rayon::prelude::*;
    if out.len() <= part || rayon::current_num_threads() == 1 {
        return work(0, out);
    }
    out.par_chunks_mut(part).enumerate().for_each(|(i, out)| work(i * part, out));
}

/// The same, where there is one thread.
#[cfg(not(feature = "cpu"))]
pub(crate) fn parts<T: Send>(out: &mut [T], _part: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    work(0, out);
}
