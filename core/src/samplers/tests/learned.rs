//! DDPM with a learned variance, where the right one is known: of a Gaussian every reverse step is a Gaussian.

use super::*;

/// Knows the Gaussian and the levels that will be visited, falling.
struct Knowing(Vec<f64>);

impl Denoiser for Knowing {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        ideal(x, sigma)
    }
    fn evaluate(&self, x: Vector, sigma: f64, _next: f64) -> Evaluation {
        let next = self.0.iter().find(|level| **level < sigma * (1.0 - 1e-9)).expect("a level below");
        let (ends, left) = (Ends::of(sigma, *next), VAR * sigma * sigma / (VAR + sigma * sigma));
        // What the posterior leaves, and what is not known of the data.
        let wanted = ends.small + (1.0 - (next / sigma).powi(2)).powi(2) * left;
        let x = x.into_tensor();
        let v = x.zeros_like() + (wanted / ends.small).ln() / ends.range();
        Evaluation { mean: self.denoise(x, sigma).into(), v: Some(v) }
    }
}

const ROWS: usize = 8000;

/// Mean and variance of `x/α` after three steps from the exact marginal at `σ/α = 5` to the one at 0.3.
fn moments(variance: Variance, schedule: &ScheduleConfig) -> [f64; 2] {
    let ratios = [5.0, 1.5, 0.6, 0.3];
    let levels = ratios.map(|ratio| Level::at(&**schedule, schedule.time(ratio)));
    let (noise, denoiser) = (noise(ROWS), Knowing(ratios.to_vec()));
    let start =
        noise.draw(Purpose::Noise, 0) * ((VAR + 25.0).sqrt() * levels[0].alpha) + MEAN * levels[0].alpha;
    let sampler = SamplerConfig::Ddpm(Ddpm { variance });
    let x = walk(&sampler, &Walk::new(&denoiser, &**schedule, &levels, &noise), start).expect("a walk");
    let (var, mean) = (x / levels[3].alpha).var_mean(0);
    [mean, var].map(|moment| f64::from(moment.into_scalar::<f32>()))
}

#[test]
fn with_the_right_variance_few_steps_are_exact_whatever_the_frame() {
    let wanted = VAR + 0.3 * 0.3;
    // Five standard errors of the samples.
    let error = 5.0 * (2.0 / ROWS as f64).sqrt();
    for name in ["vp", "edm", "cond_ot"] {
        let schedule = ScheduleConfig::named(name).expect(name);
        let [mean, var] = moments(Variance::Learned, &schedule);
        println!("{name}: mean {mean:.4}, variance {var:.4}, wanted {MEAN} and {wanted:.4}");
        assert!((mean - MEAN).abs() < 5.0 * (wanted / ROWS as f64).sqrt(), "{name}: {mean}");
        assert!((var / wanted - 1.0).abs() < error, "{name}: {var}");
    }
    let schedule = ScheduleConfig::named("vp").expect("vp");
    let [small, large] = [Variance::Small, Variance::Large].map(|variance| moments(variance, &schedule)[1]);
    assert!(small < wanted * (1.0 - 2.0 * error) && large > wanted * (1.0 + 2.0 * error), "{small} {large}");
}

/// Says the same `v` of everything.
struct Told(f64);

impl Denoiser for Told {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        ideal(x, sigma)
    }
    fn evaluate(&self, x: Vector, sigma: f64, _next: f64) -> Evaluation {
        let x = x.into_tensor();
        Evaluation { v: Some(x.zeros_like() + self.0), mean: self.denoise(x, sigma).into() }
    }
}

/// At the ends of `v` it is the small one and, in the frame that it is said in, the large one.
#[test]
fn the_ends_are_the_fixed_variances() {
    let schedule = ScheduleConfig::named("vp").expect("vp");
    let levels = levels("karras", 5, &schedule);
    for (v, fixed) in [(0.0, Variance::Small), (1.0, Variance::Large)] {
        let (denoiser, noise) = (Told(v), noise(50));
        let end = |variance| {
            let sampler = SamplerConfig::Ddpm(Ddpm { variance });
            let course = Walk::new(&denoiser, &*schedule, &levels, &noise);
            walk(&sampler, &course, noise.start(levels[0])).expect("a walk")
        };
        let difference = (end(Variance::Learned) - end(fixed)).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-4, "{fixed:?}: {difference}");
    }
}

#[test]
fn a_model_that_has_learnt_no_variance_is_refused() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let (levels, noise) = (levels("karras", 3, &schedule), noise(1));
    let sampler = SamplerConfig::Ddpm(Ddpm { variance: Variance::Learned });
    let result = walk(&sampler, &Walk::new(&ideal, &*schedule, &levels, &noise), noise.start(levels[0]));
    let error = result.expect_err("this should be refused").to_string();
    assert!(error.contains("variance: learned") && error.contains("small"), "{error}");
}
