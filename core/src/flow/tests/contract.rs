//! What every bijection has to be.

use super::*;

/// The distances, in multiples of what single precision calls large: `|a − b| / (1 + |b|)`.
fn apart(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).collect()
}

fn most(all: impl IntoIterator<Item = f64>) -> f64 {
    all.into_iter().fold(0.0, |worst, far| if far.is_nan() { f64::INFINITY } else { worst.max(far) })
}

/// The greatest distance.
fn far(a: &[f64], b: &[f64]) -> f64 {
    most(apart(a, b))
}

pub(super) fn all(limit: f64, what: impl Fn(&Case) -> f64) {
    all_but(limit, |_| limit, what);
}

/// The same with a limit of their own for some.
fn all_but(limit: f64, own: impl Fn(&Case) -> f64, what: impl Fn(&Case) -> f64) {
    let mut failed = Vec::new();
    for case in cases() {
        let limit = limit.max(own(&case));
        let found = what(&case);
        println!("{}: {found:.1e}", case.name);
        if found.is_nan() || found > limit {
            failed.push(format!("{}: {found:.1e}", case.name));
        }
    }
    assert!(failed.is_empty(), "more than {limit:.0e}: {failed:#?}");
}

/// How far `generate(normalise(x))` is from `x`, and the determinants of both directions from cancelling. What is steep one way is flat
/// the other: of each number counts the way around that loses fewer digits.
fn trip(case: &Case, told: usize, dtype: DType) -> f64 {
    let device = Device::flex();
    let (chain, told) = (case.stirred(told, &device, dtype), classes(40, told, &device, dtype));
    let x = case.rows(40, 1, dtype);
    let [z, there] = chain.normalise(x.clone(), told.as_ref(), Mode::Infer);
    let [back, again] = chain.generate(z.clone(), told.as_ref());
    let [forth, _] = chain.normalise(back.clone(), told.as_ref(), Mode::Infer);
    let [x, z, back, forth, there, again] = [x, z, back, forth, there, -again].map(host);
    let each = apart(&back, &x).into_iter().zip(apart(&forth, &z)).map(|(x, z)| x.min(z));
    most(each).max(far(&again, &there))
}

/// How far from each other both directions of a continuous flow may be: 12 steps there and 12 back are not the same steps. The error falls
/// with the order of the steps, as a test beside it says.
fn steps(case: &Case) -> f64 {
    if case.name.starts_with("continuous") { 2e-6 } else { 0.0 }
}

/// How far a determinant may be from the map's own: that of a continuous flow is the integral's and not the steps', and that of an
/// integral of a network is the integrand's and not the sum's, which tests beside them say too.
fn discretised(case: &Case) -> f64 {
    if case.name.contains(".unconstrained") { 2e-10 } else { steps(case) }
}

/// What single precision may lose.
const SINGLE: f64 = 5e-6;

/// Where numbers lose more on their way there and back, as those in front of them have moved, the map is still stable.
#[test]
fn both_directions_undo_each_other_in_single_precision() {
    all(SINGLE, |case| {
        let lost = trip(case, 0, DType::F32);
        if lost > SINGLE { unstable(case) } else { lost }
    });
}

/// By how little `x` and `z` that are computed in single precision are to be changed to be those of the exact map, and their determinants,
/// which are sums over the numbers, for each of these.
fn unstable(case: &Case) -> f64 {
    let chain = case.stirred(0, &Device::flex(), DType::F32);
    let x = case.rows(40, 1, DType::F32);
    let [z, there] = chain.normalise(x.clone(), None, Mode::Infer);
    let [back, again] = chain.generate(z.clone(), None);
    let mut exact = case.fresh(0, &Device::flex().autodiff()).expect("it has been built before");
    let values: Vec<_> = chain.parameters().into_iter().map(|named| named.value.cast(DType::F64)).collect();
    exact.set_parameters(&values);
    let z = host(z);
    let off = [(x, host(there)), (back, host(-again))].map(|(x, log)| {
        let x = x.cast(DType::F64).autodiff();
        let [wanted, truly] = exact.normalise(x.clone(), None, Mode::Infer).map(host);
        let jacobians = jacobians(&exact, &x);
        let x = host(x.inner());
        let each = x.chunks(case.features()).zip(z.chunks(case.features()));
        let each = each.zip(wanted.chunks(case.features())).zip(jacobians);
        let rows = most(each.map(|(((x, z), wanted), j)| mixed(x, [z, wanted], &j)));
        rows.max(far(&log, &truly) / case.features() as f64)
    });
    println!("{}: to be changed by {off:?}", case.name);
    most(off)
}

/// The largest of the relative changes, least in sum of squares, with which `z (1 + ε) = f(x (1 + δ))`, for the wanted `f(x)` and `f`'s
/// Jacobian: `s = (1 + J Jᵀ)⁻¹ r` of the relative residual `r`, and `Jᵀs`. Higham 2002, Accuracy and Stability of Numerical Algorithms,
/// section 1.5.
fn mixed(x: &[f64], [z, wanted]: [&[f64]; 2], jacobian: &[Vec<f64>]) -> f64 {
    let size = |x: &f64| 1.0 + x.abs();
    let scaled = |i: usize, j: usize| jacobian[i][j] * size(&x[j]) / size(&z[i]);
    let line = |i: usize| -> Vec<f64> {
        let product = |k: usize| (0..x.len()).map(|j| scaled(i, j) * scaled(k, j)).sum::<f64>();
        let own = |k: usize| product(k) + f64::from(u8::from(i == k));
        (0..x.len()).map(own).chain([(z[i] - wanted[i]) / size(&z[i])]).collect()
    };
    let s = solved((0..x.len()).map(line).collect());
    let along = |j: usize| (0..x.len()).map(|i| scaled(i, j) * s[i]).sum::<f64>().abs();
    most(s.iter().map(|s| s.abs()).chain((0..x.len()).map(along)))
}

/// The solution of positive definite equations, whose right sides stand last: they need no pivots.
fn solved(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    for i in 0..rows.len() {
        let line: Vec<f64> = rows[i].iter().map(|x| x / rows[i][i]).collect();
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != i) {
            let factor = row[i];
            row.iter_mut().zip(&line).for_each(|(x, a)| *x -= factor * a);
        }
        rows[i] = line;
    }
    rows.into_iter().map(|row| row[row.len() - 1]).collect()
}

/// The derivatives of each number of `z` by each of `x`, of each row.
fn jacobians(chain: &Chain, x: &Tensor<2>) -> Vec<Vec<Vec<f64>>> {
    let [rows, features] = x.dims();
    let mut jacobians = vec![Vec::new(); rows];
    for i in 0..features {
        let x = x.clone().require_grad();
        let [z, _] = chain.normalise(x.clone(), None, Mode::Infer);
        let gradients = z.narrow(1, i, 1).sum().backward();
        let row = x.grad(&gradients).map_or(vec![0.0; rows * features], host);
        row.chunks(features).zip(&mut jacobians).for_each(|(row, j)| j.push(row.to_vec()));
    }
    jacobians
}

#[test]
fn both_directions_undo_each_other_in_double_precision() {
    all_but(1e-12, steps, |case| trip(case, 0, DType::F64));
}

/// What is told changes the map, and both directions hear it.
#[test]
fn both_directions_are_told_the_same() {
    let device = Device::flex();
    all_but(1e-12, steps, |case| {
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
    all_but(1e-12, discretised, |case| {
        let chain = case.stirred(0, &device, DType::F64);
        let x = case.rows(ROWS, 2, DType::F64).autodiff();
        let [_, log] = chain.normalise(x.clone(), None, Mode::Infer);
        let wanted: Vec<f64> = jacobians(&chain, &x).into_iter().map(log_det).collect();
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
        // Five numbers one by one are dear, and say of an element what three have said.
        let again = case.name.starts_with("autoregressive") && case.features() > 3;
        if parameters.is_empty() || again {
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
