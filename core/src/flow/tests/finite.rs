//! Whatever goes in, numbers come out: tails, bounds and edges of bins.

use super::contract::all;
use super::*;

/// Numbers far out, at bounds and at edges of bins, no further out than `domain`.
fn awkward(domain: f64) -> Vec<f32> {
    let mut special = vec![0.0, -0.0, 1e-30, 1.0, -1.0, 2.5, -2.5, 1.25, 3.75];
    for bound in [3.0, 5.0, std::f64::consts::PI, 10.0, 100.0, 1e4, 1e6] {
        let bound = bound as f32;
        special.extend([bound, -bound, bound.next_down(), -bound.next_up(), bound / 8.0, -bound / 4.0]);
    }
    special.retain(|x| f64::from(*x).abs() <= domain);
    special
}

/// Numbers of four kinds in turns: normal, uniform in `[-12, 12]` or the domain, of all sizes from `10⁻⁶` to `10⁶`, and awkward.
fn numbers(count: usize, domain: f64, seed: u64) -> Vec<f32> {
    let special = awkward(domain);
    let mut stream = Key::new(seed, Purpose::Metric, 5).stream();
    let mut number = |i: usize| match i % 4 {
        0 => stream.normal() as f32,
        1 => ((2.0 * stream.uniform() - 1.0) * domain.min(12.0)) as f32,
        2 => {
            let size = libm::exp10(12.0 * stream.uniform() - 6.0) as f32;
            if stream.below(2) == 0 { size } else { -size }
        }
        _ => special[stream.below(special.len() as u64) as usize],
    };
    let end = domain.min(1e6) as f32;
    (0..count).map(|i| number(i).clamp(-end, end)).collect()
}

fn finite(all: impl IntoIterator<Item = Tensor<2>>) -> bool {
    all.into_iter().all(|x| x.abs().max().into_scalar::<f32>().is_finite())
}

/// `NUMBERS` of each element forth, and back where the inverse is closed; of those that are found by their rounds, some back.
#[test]
fn elements_give_numbers_whatever_their_parameters() {
    const NUMBERS: usize = 1_000_000;
    const CHUNK: usize = 50_000;
    const FOUND: usize = 5_000;
    let device = Device::flex();
    for element in ElementConfig::all() {
        let domain = element.circle().unwrap_or(f64::INFINITY);
        let searches = matches!(
            element.name(),
            "bernstein" | "sum_of_squares" | "neural" | "mixture_cdf" | "unconstrained"
        );
        for chunk in 0..NUMBERS / CHUNK {
            let size = if chunk % 2 == 0 { 1.0 } else { 10.0 };
            let parameters = normals([CHUNK, element.parameters()], 70 + chunk as u64, DType::F32) * size;
            let x = TensorData::new(numbers(CHUNK, domain, chunk as u64), [CHUNK, 1]);
            let x = Tensor::<2>::from_data(x, &device);
            let back = if searches { FOUND / (NUMBERS / CHUNK) } else { CHUNK };
            let [y, p] = [&x, &parameters].map(|all| all.clone().narrow(0, 0, back));
            let name = element.name();
            assert!(finite(element.normalise(x, parameters)), "{name}, parameters of size {size}: forth");
            assert!(finite(element.generate(y, p)), "{name}, parameters of size {size}: back");
        }
    }
}

/// How many numbers a case is given: what searches or takes steps as many as take a second. Elements have had their million.
fn count(case: &Case) -> usize {
    let is_of = |names: &[&str]| names.iter().any(|name| case.name.contains(name));
    match case.features() {
        _ if is_of(&["residual", "continuous", ".unconstrained"]) => 1_000,
        1 | 2 if is_of(&[".", "gaussianization"]) => 4_000,
        1 | 2 if is_of(&["planar", "sylvester"]) => 40_000,
        1 | 2 => 1_000_000,
        features if is_of(&["."]) => 50 * features,
        _ => 4_000,
    }
}

#[test]
fn whatever_goes_in_comes_out_finite() {
    const CHUNK: usize = 50_000;
    let device = Device::flex();
    all(0.5, |case| {
        let (features, count) = (case.features(), count(case));
        let chain = case.stirred(0, &device, DType::F32);
        let chunk = CHUNK.min(count) / features;
        let all = (0..count.div_ceil(chunk * features)).all(|i| {
            let x = numbers(chunk * features, case.domain, 7 + i as u64);
            let x = Tensor::<2>::from_data(TensorData::new(x, [chunk, features]), &device);
            finite(chain.normalise(x.clone(), None, Mode::Infer)) && finite(chain.generate(x, None))
        });
        f64::from(u8::from(!all))
    });
}
