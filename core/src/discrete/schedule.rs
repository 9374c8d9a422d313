//! Corruption over time: `α(t)`, the probability that a token is still what it was, from 1 at `t = 0` to 0 at `t = 1`.

mod linear;
mod cosine;

/// `α` and its derivative.
pub trait Decay {
    /// `α(t)`, falling, for `t` in `[0, 1]`.
    fn alpha(&self, t: f64) -> f64;

    /// `dα/dt`.
    fn derivative(&self, t: f64) -> f64;
}

registry! {
    /// The schedules of corruption that a configuration can name.
    pub enum DecayConfig("corruption schedule"): dyn Decay {
        "linear" => linear::Linear,
        "cosine" => cosine::Cosine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_falls_from_one_to_zero_and_its_derivative_is_one() {
        for schedule in DecayConfig::all() {
            let name = schedule.name();
            assert!((schedule.alpha(0.0) - 1.0).abs() < 1e-15 && schedule.alpha(1.0).abs() < 1e-15, "{name}");
            let h = 1e-5;
            for t in (1..100).map(|i| f64::from(i) / 100.0) {
                let slope = (schedule.alpha(t + h) - schedule.alpha(t - h)) / (2.0 * h);
                assert!(
                    slope < 0.0 && (slope - schedule.derivative(t)).abs() < 1e-8,
                    "{name} at {t}: {slope}"
                );
            }
        }
    }

    /// `β_t = 1/(T − t + 1)` (Sohl-Dickstein et al. 2015) multiplies up to `1 − t/T`.
    #[test]
    fn linear_is_the_schedule_of_mutual_information() {
        let (linear, steps) = (DecayConfig::named("linear").expect("linear"), 50);
        let mut alpha = 1.0;
        for t in 1..=steps {
            alpha *= 1.0 - 1.0 / f64::from(steps - t + 1);
            assert!((alpha - linear.alpha(f64::from(t) / f64::from(steps))).abs() < 1e-12, "{t}");
        }
    }

    /// `cos(((t/T) + 0.008)/1.008 · π/2)` over its value at 0, of which D3PM's code takes `β_t = 1 − ᾱ_t/ᾱ_{t−1}`. By Python:
    /// `[math.cos((t+.008)/1.008*math.pi/2)/math.cos(.008/1.008*math.pi/2) for t in (.25,.5,.75)]`.
    #[test]
    fn cosine_is_that_of_d3pm() {
        let cosine = DecayConfig::named("cosine").expect("cosine");
        for (t, expected) in [(0.25, 0.920_333), (0.5, 0.702_740), (0.75, 0.379_832)] {
            let f = |t: f64| ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos();
            assert!((cosine.alpha(t) - f(t) / f(0.0)).abs() < 1e-14);
            assert!((cosine.alpha(t) - expected).abs() < 1e-6, "{t}: {}", cosine.alpha(t));
        }
    }
}
