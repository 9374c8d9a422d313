//! FactorVAE's score: of examples that have one factor in common, the number of a code that varies least is to tell which factor it was.
//!
//! ```text
//! d* = argmin_d Var(z_d)/Var_all(z_d) of a batch with one factor k fixed;   the score is the accuracy of the majority's k given d*
//! ```
//!
//! Kim and Mnih 2018, <https://arxiv.org/abs/1802.05983>, section 4: batches are drawn from the examples that there are, those of one class or
//! bin; half of the votes are learnt from, the other half judges. Numbers whose variance is below a 200th of the largest's say nothing
//! and are left out.

use super::{Codes, variance};
use crate::random::{Key, Purpose, Stream, name_index};

/// Votes, half of them to learn from.
const VOTES: usize = 1600;
/// Examples in a batch.
const BATCH: usize = 64;
/// Share of the largest variance below which a number is not in use.
const USED: f64 = 0.005;

/// The score; `1/K` is chance where there are `K` factors. NaN where no factor or no number of the code varies.
pub fn factor_vae_score(codes: &Codes, seed: u64) -> f64 {
    let whole: Vec<f64> = codes.latents.iter().map(|latent| variance(latent)).collect();
    let largest = whole.iter().copied().fold(0.0, f64::max);
    let used: Vec<usize> = (0..whole.len()).filter(|d| whole[*d] > USED * largest).collect();
    // The examples of each bin of each factor; a batch needs two.
    let groups: Vec<Vec<Vec<usize>>> = codes.varied().map(|factor| members(&factor.bins)).collect();
    if used.is_empty() || groups.iter().all(Vec::is_empty) {
        return f64::NAN;
    }
    let mut stream = Key::new(seed, Purpose::Metric, name_index("factor_vae")).stream();
    let votes: Vec<[usize; 2]> = (0..VOTES)
        .map(|_| {
            let (factor, rows) = batch(&groups, &mut stream);
            let spread = |d: usize| {
                variance(&rows.iter().map(|row| codes.latents[d][*row]).collect::<Vec<_>>()) / whole[d]
            };
            let least = used.iter().copied().min_by(|a, b| spread(*a).total_cmp(&spread(*b)));
            [least.expect("a number should be in use"), factor]
        })
        .collect();
    let (learnt, judged) = votes.split_at(VOTES / 2);
    let mut counts = vec![vec![0_u32; groups.len()]; whole.len()];
    learnt.iter().for_each(|[d, factor]| counts[*d][*factor] += 1);
    let majority = |d: usize| (0..groups.len()).max_by_key(|factor| counts[d][*factor]);
    let right = judged.iter().filter(|[d, factor]| majority(*d) == Some(*factor)).count();
    right as f64 / judged.len() as f64
}

/// The rows of each bin that has at least two.
fn members(bins: &[usize]) -> Vec<Vec<usize>> {
    let count = bins.iter().max().map_or(0, |last| last + 1);
    let of = |bin: usize| -> Vec<usize> { (0..bins.len()).filter(|row| bins[*row] == bin).collect() };
    (0..count).map(of).filter(|rows| rows.len() > 1).collect()
}

/// A factor, and rows of one of its bins, each drawn by itself.
fn batch(groups: &[Vec<Vec<usize>>], stream: &mut Stream) -> (usize, Vec<usize>) {
    let factor = loop {
        let factor = stream.below(groups.len() as u64) as usize;
        if !groups[factor].is_empty() {
            break factor;
        }
    };
    let bins = &groups[factor];
    let rows = &bins[stream.below(bins.len() as u64) as usize];
    let drawn = (0..BATCH).map(|_| rows[stream.below(rows.len() as u64) as usize]).collect();
    (factor, drawn)
}
