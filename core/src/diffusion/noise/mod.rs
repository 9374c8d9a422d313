//! Which noise levels `σ/α` are seen in training, by the inverse of their cumulative distribution.

mod log_normal;
mod uniform;
mod logit_normal;

/// A distribution of noise levels.
pub trait LevelDistribution {
    /// The level below which the share `u` of levels lies; `u` in (0, 1).
    fn sigma(&self, u: f64) -> f64;
}

registry! {
    /// The distributions of noise levels that a configuration can name.
    pub enum NoiseConfig("noise distribution"): dyn LevelDistribution {
        "log_normal" => log_normal::LogNormal,
        "uniform" => uniform::Uniform,
        "logit_normal" => logit_normal::LogitNormal,
    }
}

/// `t/(1 − t)` for `t` within a thousandth of the ends.
fn straight(t: f64) -> f64 {
    let t = t.clamp(1e-3, 1.0 - 1e-3);
    t / (1.0 - t)
}

/// The standard normal's quantile by Newton's steps on `libm::erfc` from a logistic guess.
fn normal_quantile(u: f64) -> f64 {
    let tail = u.min(1.0 - u);
    // Below the median: start from Φ⁻¹(p) ≈ −sqrt(−2 ln p) scaled, which Newton brings to full precision.
    let mut x = -(-2.0 * tail.ln() - (2.0 * std::f64::consts::LN_2)).max(0.0).sqrt();
    for _ in 0..12 {
        let below = 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
        let density = (-0.5 * x * x).exp() / (std::f64::consts::TAU).sqrt();
        // Newton on ln Φ: it converges from either side however small the tail.
        x -= (below / tail).ln() * below / density;
    }
    if u < 0.5 { x } else { -x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_inverts_the_normal_distribution() {
        for u in [1e-12, 1e-6, 0.001, 0.1, 0.3, 0.5, 0.77, 0.999, 1.0 - 1e-9] {
            let x = normal_quantile(u);
            let back = 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
            assert!((back / u - 1.0).abs() < 1e-9, "{u}: {x} is at {back}");
        }
    }

    #[test]
    fn levels_are_positive_finite_and_rise_with_the_share() {
        for config in NoiseConfig::all() {
            let levels: Vec<f64> = (1..100).map(|i| config.sigma(f64::from(i) / 100.0)).collect();
            assert!(levels.iter().all(|sigma| sigma.is_finite() && *sigma > 0.0), "{}", config.name());
            assert!(levels.windows(2).all(|pair| pair[0] < pair[1]), "{}", config.name());
        }
        let median = NoiseConfig::named("log_normal").expect("log_normal").sigma(0.5);
        assert!((median - (-1.2_f64).exp()).abs() < 1e-9);
    }
}
