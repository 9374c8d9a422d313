//! The same of slices, on the processor: rows of `dim` numbers, one after another.

use std::marker::PhantomData;

use super::sweep::{BLOCK, Pair, Panels, Products, Reduce, Squares, Sweep, WIDEST};
use super::{FAR, Kernel, Pairs, check_count, check_pairs};
use crate::threads;
use crate::vectors::{exp, widest};

/// Differences that are worth another thread.
const WORK: usize = 1 << 18;

/// [`nearest`](super::nearest): squared distances and numbers, `k` of each row after those of the one before.
pub fn nearest(x: &[f32], y: &[f32], dim: usize, k: usize, pairs: Pairs) -> (Vec<f32>, Vec<u32>) {
    let [n, rows] = sizes(x, y, dim);
    check_count(k, rows, pairs);
    let (mut distances, mut numbers) = (vec![FAR; n * k], vec![0; n * k]);
    let (panels, part) = (Panels::of(y, dim), part(y) * k);
    threads::parts_beside(&mut distances, part, &mut numbers, part, |from, distances, numbers| {
        let x = &x[from / k * dim..][..distances.len() / k * dim];
        let blocks = distances.chunks_mut(BLOCK * k).zip(numbers.chunks_mut(BLOCK * k));
        for ((i, x), (distances, numbers)) in x.chunks(BLOCK * dim).enumerate().zip(blocks) {
            let own = Own::of(pairs, from / k + i * BLOCK);
            sweep::<Squares>(x, &panels, &mut Nearest { k, own, distances, numbers });
        }
    });
    (distances, numbers)
}

/// [`kernel_mean`](super::kernel_mean), in double precision but for the kernel itself.
pub fn kernel_mean(x: &[f32], y: &[f32], dim: usize, kernel: &Kernel, pairs: Pairs) -> Vec<f64> {
    let [n, rows] = sizes(x, y, dim);
    check_pairs(n, rows, pairs);
    let (panels, parameters) = (Panels::of(y, dim), kernel.parameters());
    let mut means = vec![0.0; n];
    threads::parts(&mut means, part(y), |from, means| {
        let x = &x[from * dim..][..means.len() * dim];
        for (i, (x, means)) in x.chunks(BLOCK * dim).zip(means.chunks_mut(BLOCK)).enumerate() {
            let first = from + i * BLOCK;
            let (own, parameters) = (Own::of(pairs, first), &parameters);
            let totals = vec![[0.0; WIDEST]; means.len()];
            let mut sums = Sums { kernel, parameters, share: (dim as f32).recip(), own, totals };
            match kernel {
                Kernel::Polynomial => sweep::<Products>(x, &panels, &mut sums),
                _ => sweep::<Squares>(x, &panels, &mut sums),
            }
            for (i, (mean, totals)) in means.iter_mut().zip(sums.totals).enumerate() {
                *mean = totals.iter().sum::<f64>() / pairs.count(first + i, rows) as f64;
            }
        }
    });
    means
}

/// In how many balls each row lies: that about row `j` of `centres` holds what is no farther away than the root of `squares[j]`.
pub fn within(x: &[f32], centres: &[f32], dim: usize, squares: &[f32]) -> Vec<u32> {
    let [n, rows] = sizes(x, centres, dim);
    assert_eq!(rows, squares.len(), "a square for each centre");
    let panels = Panels::of(centres, dim);
    let mut counts = vec![0; n];
    threads::parts(&mut counts, part(centres), |from, counts| {
        let x = &x[from * dim..][..counts.len() * dim];
        for (x, counts) in x.chunks(BLOCK * dim).zip(counts.chunks_mut(BLOCK)) {
            sweep::<Squares>(x, &panels, &mut Within { squares, counts });
        }
    });
    counts
}

/// How many rows there are.
fn sizes(x: &[f32], y: &[f32], dim: usize) -> [usize; 2] {
    assert!(dim > 0, "rows of no numbers have no distance");
    [x, y].map(|rows| {
        assert!(rows.len().is_multiple_of(dim), "{} numbers are no rows of {dim}", rows.len());
        rows.len() / dim
    })
}

/// Rows that are worth another thread beside all of `y`.
fn part(y: &[f32]) -> usize {
    (WORK / y.len().max(1)).next_multiple_of(BLOCK).max(BLOCK)
}

fn sweep<P: Pair>(x: &[f32], panels: &Panels, reduce: &mut impl Reduce) {
    widest(Sweep { x, panels, pair: PhantomData::<P>, reduce });
}

/// Where a row meets itself: the number of the block's first row, if that pair is left out.
struct Own(Option<usize>);

impl Own {
    fn of(pairs: Pairs, first: usize) -> Self {
        Self((pairs == Pairs::Distinct).then_some(first))
    }

    /// The value of a row's pair with itself becomes `value`.
    #[inline(always)]
    fn hide(&self, row: usize, first: usize, values: &mut [f32], value: f32) {
        let own = self.0.and_then(|block| (block + row).checked_sub(first));
        if let Some(own) = own.and_then(|own| values.get_mut(own)) {
            *own = value;
        }
    }
}

/// The nearest so far, in ascending order.
struct Nearest<'a> {
    k: usize,
    own: Own,
    distances: &'a mut [f32],
    numbers: &'a mut [u32],
}

impl Reduce for Nearest<'_> {
    #[inline(always)]
    fn take(&mut self, row: usize, first: usize, values: &mut [f32], there: usize) {
        let k = self.k;
        self.own.hide(row, first, values, FAR);
        let values = &values[..there];
        let distances = &mut self.distances[row * k..][..k];
        let worst = distances[k - 1];
        // Mostly there is none, which vectors see at once.
        if values.iter().filter(|value| **value < worst).count() == 0 {
            return;
        }
        let numbers = &mut self.numbers[row * k..][..k];
        for (j, value) in values.iter().enumerate() {
            if *value < distances[k - 1] {
                let at = distances.partition_point(|nearer| nearer <= value);
                distances.copy_within(at..k - 1, at + 1);
                numbers.copy_within(at..k - 1, at + 1);
                (distances[at], numbers[at]) = (*value, (first + j) as u32);
            }
        }
    }
}

/// Sums of kernels, of every so-manieth pair by itself.
struct Sums<'a> {
    kernel: &'a Kernel,
    parameters: &'a [f32],
    /// `1/d`.
    share: f32,
    own: Own,
    totals: Vec<[f64; WIDEST]>,
}

impl Reduce for Sums<'_> {
    #[inline(always)]
    fn take(&mut self, row: usize, first: usize, values: &mut [f32], there: usize) {
        match self.kernel {
            Kernel::Gaussian(_) => mix(values, self.parameters, |rate, square| exp(rate * square)),
            Kernel::InverseMultiquadric(_) => mix(values, self.parameters, |c2, square| c2 / (c2 + square)),
            Kernel::Polynomial => values.iter_mut().for_each(|value| {
                let base = *value * self.share + 1.0;
                *value = base * base * base;
            }),
            Kernel::Distance => values.iter_mut().for_each(|value| *value = value.sqrt()),
        }
        values[there..].fill(0.0);
        self.own.hide(row, first, values, 0.0);
        for (sum, value) in self.totals[row].iter_mut().zip(values) {
            *sum += f64::from(*value);
        }
    }
}

/// The mean over the parameters.
#[inline(always)]
fn mix(values: &mut [f32], parameters: &[f32], f: impl Fn(f32, f32) -> f32) {
    let mut totals = [0.0; WIDEST];
    let totals = &mut totals[..values.len()];
    for parameter in parameters {
        totals.iter_mut().zip(&*values).for_each(|(total, value)| *total += f(*parameter, *value));
    }
    let share = (parameters.len() as f32).recip();
    values.iter_mut().zip(totals).for_each(|(value, total)| *value = *total * share);
}

/// Balls counted.
struct Within<'a> {
    squares: &'a [f32],
    counts: &'a mut [u32],
}

impl Reduce for Within<'_> {
    #[inline(always)]
    fn take(&mut self, row: usize, first: usize, values: &mut [f32], there: usize) {
        let pairs = values.iter().zip(&self.squares[first..][..there]);
        self.counts[row] += pairs.map(|(value, square)| u32::from(value <= square)).sum::<u32>();
    }
}
