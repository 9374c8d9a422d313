//! Work on a long slice, divided among the processor's threads where there are any to divide it among.

/// Calls `work` on parts of `out`, with the place where each begins. A part is `part` long, but for the last.
///
/// What is written does not depend on how many threads there are.
pub(crate) fn parts<T: Send>(out: &mut [T], part: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let count = out.len().div_ceil(part.max(1));
    parts_beside(out, part, &mut vec![(); count], 1, |from, out, _| work(from, out));
}

/// The same, with parts of a second slice beside those of the first.
#[cfg(feature = "cpu")]
pub(crate) fn parts_beside<T: Send, U: Send>(
    out: &mut [T],
    part: usize,
    beside: &mut [U],
    each: usize,
    work: impl Fn(usize, &mut [T], &mut [U]) + Sync,
) {
    use rayon::prelude::*;
    if out.len() <= part || rayon::current_num_threads() == 1 {
        return work(0, out, beside);
    }
    let parts = out.par_chunks_mut(part).zip(beside.par_chunks_mut(each));
    parts.enumerate().for_each(|(i, (out, beside))| work(i * part, out, beside));
}

/// The same, where there is one thread.
#[cfg(not(feature = "cpu"))]
pub(crate) fn parts_beside<T: Send, U: Send>(
    out: &mut [T],
    _part: usize,
    beside: &mut [U],
    _each: usize,
    work: impl Fn(usize, &mut [T], &mut [U]) + Sync,
) {
    work(0, out, beside);
}

/// `work(i)` for each `i` below `count`, in their order.
#[cfg(feature = "cpu")]
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    use rayon::prelude::*;
    (0..count).into_par_iter().map(work).collect()
}

/// The same, where there is one thread.
#[cfg(not(feature = "cpu"))]
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..count).map(work).collect()
}
