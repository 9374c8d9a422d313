//! Weights: how strongly to guide at each noise level, as a multiple of `w − 1`. Its mean is 1 over a walk in equal steps of the cosine
//! schedule, by which progress is counted; over Karras' levels, of which more are high, that of a weight that rises is about 0.83.
//!
//! Wang et al. 2024, "Analysis of classifier-free guidance weight schedulers", <https://arxiv.org/abs/2404.13040>: weights that rise
//! towards the data do better than one that stays.

mod constant;
mod linear;
mod cosine;

/// A weight that follows the noise.
pub trait Weight {
    /// The weight where the walk has come so far: 0 is noise, 1 is data.
    fn weight(&self, progress: f64) -> f64;
}

registry! {
    /// The weights of guidance that a configuration can name.
    pub enum GuidanceWeightConfig("guidance weight"): dyn Weight {
        "constant" => constant::Constant,
        "linear" => linear::Linear,
        "cosine" => cosine::Cosine,
    }
}
