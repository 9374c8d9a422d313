//! What every bijection has to be.

use super::*;

/// The greatest distance, in multiples of what single precision calls large: `|a − b| / (1 + |b|)`.
fn far(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs() / (1.0 + b.abs()))
        .fold(0.0, |worst, far| if far.is_nan() { f64::INFINITY } else { worst.max(far) })
}

fn all(limit: f64, what: impl Fn(&Case) -> f64) {
    let mut failed = Vec::new();
    for case in cases() {
        let limit = limit.max(case.exactness());
        let found = what(&case);
        println!("{}: {found:.1e}", case.name);
        if found.is_nan() || found > limit {
            failed.push(format!("{}: {found:.1e}", case.name));
        }
    }
    assert!(failed.is_empty(), "more than {limit:.0e}: {failed:#?}");
}

/// How far `generate(normalise(x))` is from `x`, and the determinants of both directions from cancelling.
fn trip(case: &Case, told: usize, dtype: DType) -> f64 {
    let device = Device::flex();
    let (chain, told) = (case.stirred(told, &device, dtype), classes(40, told, &device, dtype));
    let x = case.rows(40, 1, dtype);
    let [z, there] = chain.normalise(x.clone(), told.as_ref(), Mode::Infer);
    let [back, again] = chain.generate(z.clone(), told.as_ref());
    let [forth, _] = chain.normalise(back.clone(), told.as_ref(), Mode::Infer);
    let [x, z, back, forth, there, again] = [x, z, back, forth, there, -again].map(host);
    far(&back, &x).min(far(&forth, &z)).max(far(&again, &there))
}

#[test]
fn both_directions_undo_each_other_in_single_precision() {
    all(2e-5, |case| trip(case, 0, DType::F32));
}

#[test]
fn both_directions_undo_each_other_in_double_precision() {
    all(1e-8, |case| trip(case, 0, DType::F64));
}

/// What is told changes the map, and both directions hear it.
#[test]
fn both_directions_are_told_the_same() {
    let device = Device::flex();
    all(1e-8, |case| {
        let chain = case.stirred(2, &device, DType::F64);
        let x = case.rows(2, 1, DType::F64).narrow(0, 0, 1).repeat_dim(0, 2);
        let [z, _] = chain.normalise(x, classes(2, 2, &device, DType::F64).as_ref(), Mode::Infer);
        let heard = host((z.clone().narrow(0, 0, 1) - z.narrow(0, 1, 1)).abs().max())[0];
        let learns = chain.parameters().iter().any(|named| named.path.contains("told"));
        let conditions = case.name.contains('.') || learns;
        assert!(!conditions || heard > 1e-4, "{}: {heard}", case.name);
        trip(case, 2, DType::F64)
    });
}

/// `ln |det|` of a small matrix, by elimination with pivots.
fn log_det(mut rows: Vec<Vec<f64>>) -> f64 {
    let mut log = 0.0;
    for i in 0..rows.len() {
        let pivot =
            (i..rows.len()).max_by(|a, b| rows[*a][i].abs().total_cmp(&rows[*b][i].abs())).expect("a row");
        rows.swap(i, pivot);
        log += rows[i][i].abs().ln();
        for j in i + 1..rows.len() {
            let factor = rows[j][i] / rows[i][i];
            let above = rows[i].clone();
            rows[j].iter_mut().zip(above).skip(i).for_each(|(x, a)| *x -= factor * a);
        }
    }
    log
}

#[test]
fn determinants_are_those_of_the_jacobian() {
    const ROWS: usize = 6;
    let device = Device::flex().autodiff();
    all(1e-6, |case| {
        let features = case.features();
        let chain = case.stirred(0, &device, DType::F64);
        let x = case.rows(ROWS, 2, DType::F64).autodiff();
        let mut jacobians = vec![Vec::new(); ROWS];
        for i in 0..features {
            let x = x.clone().require_grad();
            let [z, _] = chain.normalise(x.clone(), None, Mode::Infer);
            let gradients = z.narrow(1, i, 1).sum().backward();
            let row = x.grad(&gradients).map_or(vec![0.0; ROWS * features], host);
            row.chunks(features).zip(&mut jacobians).for_each(|(row, j)| j.push(row.to_vec()));
        }
        let [_, log] = chain.normalise(x.clone(), None, Mode::Infer);
        let wanted: Vec<f64> = jacobians.into_iter().map(log_det).collect();
        far(&host(log), &wanted)
    });
}

/// The derivative along a random direction in the space of parameters, by backward and by central difference, through both directions.
#[test]
fn gradients_are_what_small_steps_find() {
    const STEP: f64 = 1e-5;
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    all(1e-5, |case| {
        let [x, t] = [4, 5].map(|seed| case.rows(5, seed, DType::F64));
        let loss = |chain: &Chain, on: &Device| {
            let [x, t] = [x.clone(), t.clone()].map(|x| if on.is_autodiff() { x.autodiff() } else { x });
            let [z, log] = chain.normalise(x.clone(), None, Mode::Infer);
            let [y, back] = chain.generate(x, None);
            (z * t.clone()).sum() + log.sum() * 0.7 + (y * t).sum() * 0.5 + back.sum() * 0.3
        };
        let own = case.stirred(0, &device, DType::F64);
        let parameters = own.parameters();
        if parameters.is_empty() {
            return 0.0;
        }
        let mut gradients = loss(&own, &device).backward();
        let gradients = own.gradients(&mut gradients);
        let direction = |i: usize, n: usize| normals([1, n], 900 + i as u64, DType::F64).reshape([-1]);
        let directions: Vec<Tensor<1>> =
            parameters.iter().enumerate().map(|(i, named)| direction(i, named.value.dims()[0])).collect();
        let products = gradients.iter().zip(&directions).map(|(g, d)| host((g.clone() * d.clone()).sum())[0]);
        let by_backward: f64 = products.sum();
        let mut moved = case.stirred(0, &plain, DType::F64);
        let mut at = |h: f64| {
            let values: Vec<Tensor<1>> =
                parameters.iter().zip(&directions).map(|(p, d)| p.value.clone() + d.clone() * h).collect();
            moved.set_parameters(&values);
            host(loss(&moved, &plain))[0]
        };
        let by_difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        far(&[by_backward], &[by_difference])
    });
}

/// Where all is zero, what goes in comes out, up to a reordering and what an element's documentation allows.
#[test]
fn bijections_whose_parameters_are_zero_do_next_to_nothing() {
    let device = Device::flex();
    all(0.1, |case| {
        let turns = ["linear", "repeated"].iter().any(|name| case.name.starts_with(name));
        if case.name.starts_with("permutation") || turns || case.parameterless() {
            return 0.0;
        }
        let mut chain = case.fresh(0, &device).expect("it has been built before");
        let zeros: Vec<_> = chain.parameters().into_iter().map(|named| named.value.zeros_like()).collect();
        chain.set_parameters(&zeros);
        // Tails of a Gaussianisation are not those of its mixture.
        let x =
            case.rows(40, 6, DType::F32) * if case.name.starts_with("gaussianization") { 0.3 } else { 1.0 };
        let [z, log] = chain.normalise(x.clone(), None, Mode::Infer);
        far(&host(z), &host(x))
            .max(0.3 * far(&host(log.clone() / case.features() as f64), &host(log.zeros_like())))
    });
}

impl Case {
    fn parameterless(&self) -> bool {
        self.fresh(0, &Device::flex()).expect("it has been built before").parameters().is_empty()
    }
}

impl Case {
    /// What a bijection promises at best: steps of an integral have an error.
    fn exactness(&self) -> f64 {
        if self.name.starts_with("continuous") { 1e-5 } else { 0.0 }
    }
}

/// Numbers far out, at bounds and at edges of bins.
fn awkward(case: &Case) -> Vec<f32> {
    let mut special = vec![0.0, -0.0, 1e-30, 1.0, -1.0, 2.5, -2.5, 1.25, 3.75];
    for bound in [3.0, 5.0, std::f64::consts::PI, 10.0, 100.0, 1e4, 1e6] {
        let bound = bound as f32;
        special.extend([bound, -bound, bound.next_down(), -bound.next_up(), bound / 8.0, -bound / 4.0]);
    }
    special.retain(|x| f64::from(*x).abs() <= case.domain);
    special
}

#[test]
fn whatever_goes_in_comes_out_finite() {
    const NUMBERS: usize = 4000;
    let device = Device::flex();
    all(0.5, |case| {
        let features = case.features();
        let rows = if features <= 2 { NUMBERS / features } else { 50 };
        let chain = case.stirred(0, &device, DType::F32);
        let special = awkward(case);
        let mut x = host(case.rows(rows, 7, DType::F32));
        let count = x.len();
        let mut stream = Key::new(1, Purpose::Metric, 5).stream();
        for x in x.iter_mut().take(count / 2) {
            *x = f64::from(special[stream.below(special.len() as u64) as usize]);
        }
        let x = Tensor::<2>::from_data(TensorData::new(x, [rows, features]), (&device, DType::F32));
        let forth = chain.normalise(x.clone(), None, Mode::Infer);
        let back = chain.generate(x, None);
        let finite = forth.into_iter().chain(back).all(|y| host(y).iter().all(|y| y.is_finite()));
        f64::from(u8::from(!finite))
    });
}
