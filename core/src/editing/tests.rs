//! Courses, measurements and the sphere, against their definitions.

use burn::prelude::*;

use super::*;
use crate::samplers::{Denoiser, Noise};

fn noise(rows: usize, features: usize) -> Noise {
    Noise { seed: 2, first: 0, rows, features, device: Device::flex() }
}

fn drawn(rows: usize, features: usize) -> Tensor<2> {
    noise(rows, features).draw(crate::random::Purpose::Data, 0)
}

fn largest<const D: usize>(x: Tensor<D>) -> f64 {
    f64::from(x.abs().max().into_scalar::<f32>())
}

#[test]
fn a_row_of_the_batch_depends_on_its_index_alone() {
    let values: Vec<f32> = (0..6).map(|i| i as f32).collect();
    let whole = spread(&values, 2, &noise(5, 2));
    let part = spread(&values, 2, &Noise { first: 2, ..noise(2, 2) });
    assert_eq!(whole.clone().narrow(0, 2, 2).into_data(), part.into_data());
    assert_eq!(whole.narrow(0, 3, 1).into_data(), whole_row(&values[..2]));
}

fn whole_row(values: &[f32]) -> TensorData {
    TensorData::new(values.to_vec(), [1, values.len()])
}

#[test]
fn strength_is_the_share_of_steps() {
    let course = |strength| Course::from(drawn(1, 2), strength, 10).route;
    assert_eq!(course(1.0), (0..=10).collect::<Vec<_>>());
    assert_eq!(course(0.3), [7, 8, 9, 10]);
    assert_eq!(course(1e-9), [9, 10]);
}

/// Counted downwards from the last level with noise, as the paper's Appendix B does: 0 is that level, −1 data.
#[test]
fn repaint_jumps_as_the_paper_does() {
    use inpainting::{Inpainting, Repaint};

    let method = |jump_length, resamples| Repaint { jump_length, resamples };
    let route = |jump_length, resamples, steps| method(jump_length, resamples).route(steps);
    assert_eq!(route(2, 2, 6), [0, 1, 2, 3, 1, 2, 3, 4, 5, 3, 4, 5, 6]);
    assert_eq!(route(1, 1, 3), [0, 1, 2, 3]);
    // Too short a walk for such a jump.
    assert_eq!(route(10, 10, 5), [0, 1, 2, 3, 4, 5]);
    let long = Course { route: route(5, 4, 100), ..Course::plain(1) };
    // 19 parts of 5 steps are walked 4 times, the first 4 steps and the last once.
    assert_eq!(long.steps(), 19 * 5 * 4 + 5);
}

#[test]
fn a_walk_without_room_for_a_jump_is_refused_and_no_other() {
    use inpainting::{Inpainting, Repaint};

    for (steps, jump_length) in (1..12).flat_map(|steps| (1..12).map(move |length| (steps, length))) {
        let repaint = Repaint { jump_length, resamples: 3 };
        let jumps = repaint.route(steps).len() > steps + 1;
        assert_eq!(repaint.check_steps(steps).is_ok(), jumps, "{steps} steps, jumps of {jump_length}");
    }
    let said = Repaint::default().check_steps(10).expect_err("no jump").to_string();
    assert!(said.contains("a walk of 10 steps has no room for jumps of 10"), "{said}");
    assert!(Repaint { resamples: 1, ..Repaint::default() }.check_steps(10).is_ok(), "none is wanted");
}

#[test]
fn a_jump_adds_the_variance_between_two_levels() {
    let schedule = crate::schedules::ScheduleConfig::named("vp").expect("vp");
    let level = |ratio| crate::schedules::Level::at(&*schedule, schedule.time(ratio));
    let (low, high) = (level(0.5), level(2.0));
    let noise = noise(1, 20_000);
    let y = drawn(1, 20_000) * 0.3;
    let n = noise.draw(crate::random::Purpose::Noise, 0);
    let x = Course::jump(y.clone() * low.alpha + n * low.sigma, &noise, [low, high], 0);
    let left = (x - y * high.alpha) / high.sigma;
    let [mean, var] = [left.clone().mean(), left.square().mean()].map(|m| f64::from(m.into_scalar::<f32>()));
    assert!(mean.abs() < 0.03 && (var - 1.0).abs() < 0.04, "mean {mean}, variance {var}");
}

#[test]
fn walking_again_draws_other_noise() {
    let noise = noise(2, 50);
    let draw = |n: &Noise| n.draw(crate::random::Purpose::SamplerNoise, 0);
    assert_eq!(largest(draw(&pass(&noise, 0)) - draw(&noise)), 0.0);
    assert!(largest(draw(&pass(&noise, 1)) - draw(&pass(&noise, 2))) > 0.5);
    let part = Noise { first: 1, rows: 1, ..noise.clone() };
    assert_eq!(largest(draw(&pass(&noise, 3)).narrow(0, 1, 1) - draw(&pass(&part, 3))), 0.0);
}

#[test]
fn the_way_on_the_sphere_keeps_its_length_and_its_ends() {
    let (a, b) = (drawn(1, 400), drawn(2, 400).narrow(0, 1, 1));
    let length = |x: &Tensor<2>| x.clone().square().sum_dim(1).sqrt();
    let (a, b) = (a.clone() / length(&a), b.clone() / length(&b));
    let way = slerp(&a, &b, &[0.0, 0.25, 0.5, 1.0]);
    assert!(largest(length(&way) - 1.0) < 1e-5);
    assert!(largest(way.clone().narrow(0, 0, 1) - a.clone()) < 1e-5);
    assert!(largest(way.clone().narrow(0, 3, 1) - b.clone()) < 1e-5);
    let half = a.clone() + b.clone();
    assert!(largest(way.narrow(0, 2, 1) - half.clone() / length(&half)) < 1e-5);
    // Along one line, straight.
    let straight = slerp(&a, &(a.clone() * 3.0), &[0.5]);
    assert!(largest(straight - a * 2.0) < 1e-3);
}

/// `‖A‖²` by the power method on `A Aᵀ`, `A` by its columns: what it makes of the unit vectors.
fn largest_eigenvalue(measure: &MeasureConfig, shape: &[usize]) -> f64 {
    let features = shape.iter().product();
    let columns = measure.apply(Tensor::eye(features, &Device::flex()), shape); // [features, width]
    let gram = columns.clone().transpose().matmul(columns);
    let start = Tensor::<2>::ones([gram.dims()[0], 1], &Device::flex()) + drawn(gram.dims()[0], 1) * 0.1;
    let length = |v: &Tensor<2>| v.clone().square().sum().sqrt().into_scalar::<f32>();
    let along = |v: Tensor<2>| v.clone() / length(&v);
    let v = (0..200).fold(along(start), |v, _| along(gram.clone().matmul(v)));
    f64::from(length(&gram.matmul(v)))
}

#[test]
fn measurements_are_linear_and_their_gain_is_the_largest_eigenvalue() {
    let shape = [2, 4, 4];
    let known = (0..32).map(|i| f64::from(i % 2)).collect();
    let rows = vec![vec![3.0; 32], [vec![1.0], vec![0.0; 31]].concat()];
    let members = [
        MeasureConfig::Shrink(measurements::Shrink { factor: 2 }),
        MeasureConfig::Blur(measurements::Blur { size: 3 }),
        MeasureConfig::Mask(measurements::Mask { known }),
        MeasureConfig::Matrix(measurements::Matrix { rows }),
    ];
    for measure in &members {
        let width = measure.width(&shape).expect("it fits");
        let (x, z) = (drawn(50, 32), drawn(100, 32).narrow(0, 50, 50));
        let apply = |x: Tensor<2>| measure.apply(x, &shape);
        assert_eq!(apply(x.clone()).dims(), [50, width], "{}", measure.name());
        let together = apply(x.clone() * 2.0 + z.clone());
        assert!(largest(together - (apply(x.clone()) * 2.0 + apply(z))) < 1e-3, "{}", measure.name());
        let (gain, largest) = (measure.gain(), largest_eigenvalue(measure, &shape));
        // A blur's edges count more than its middle; they are most of a picture as small as this.
        let allowed = if matches!(measure, MeasureConfig::Blur(_)) { 0.07 } else { 1e-4 };
        assert!((largest / gain - 1.0).abs() < allowed, "{}: {gain}, not {largest}", measure.name());
    }
    let constant = Tensor::<2>::ones([1, 32], &Device::flex());
    for measure in &members[..2] {
        assert!(
            largest(measure.apply(constant.clone(), &shape) - 1.0) < 1e-6,
            "{} keeps means",
            measure.name()
        );
    }
    let diagonal = measurements::Matrix { rows: vec![vec![2.0, 0.0], vec![0.0, -3.0]] };
    assert!((MeasureConfig::Matrix(diagonal).gain() - 9.0).abs() < 1e-9);
}

/// `y ~ N(0, 1)`, all of it measured with noise `σ_y`: `v` is exact, and so is the posterior's denoiser,
/// `(x/σ² + y/σ_y²)/(1 + 1/σ² + 1/σ_y²)`.
#[test]
fn the_pull_is_bayes_rule_where_features_are_independent() {
    let ideal = |x: Tensor<2>, sigma: f64| x / (1.0 + sigma * sigma);
    for (sigma, sigma_y) in [(0.1, 0.3), (1.0, 0.3), (20.0, 1.5)] {
        let (x, y) = (drawn(3, 2) * sigma, drawn(6, 2).narrow(0, 3, 3));
        let pulled = Pulled {
            inner: Box::new(ideal),
            measure: Box::new(|x| x),
            gain: 1.0,
            measured: y.clone(),
            pull: Dps { strength: 1.0, noise: sigma_y },
            spread: 1.0,
        };
        let (p, q) = (1.0 / (sigma * sigma), 1.0 / (sigma_y * sigma_y));
        let exact = (x.clone() * p + y * q) / (1.0 + p + q);
        assert!(largest(pulled.denoise(x, sigma) - exact) < 1e-5, "σ {sigma}, σ_y {sigma_y}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_what_is_allowed() {
    let shape = [1, 2, 2];
    let inpaint = |mask: Vec<f32>, method: &str| Edit::Inpaint {
        rows: vec![0.0; 8],
        mask,
        method: InpaintConfig::named(method).expect("a method"),
    };
    let between = |rows: usize, frames| Edit::Between { rows: vec![0.0; rows], frames };
    let measured = |by: MeasureConfig| Edit::Measured { rows: vec![0.0], by, pull: Dps::default() };
    let never = InpaintConfig::Repaint(inpainting::Repaint { jump_length: 0, resamples: 1 });
    for (edit, wanted) in [
        (Edit::From { rows: vec![0.0; 5], strength: 0.5 }, "edit.rows: wanted 4 numbers for each row"),
        (Edit::From { rows: vec![], strength: 0.5 }, "these are 0"),
        (Edit::From { rows: vec![f32::NAN; 4], strength: 0.5 }, "number 0 is NaN"),
        (Edit::From { rows: vec![0.0; 4], strength: 0.0 }, "strength: wanted a number above 0"),
        (Edit::From { rows: vec![0.0; 4], strength: 1.1 }, "up to 1"),
        (inpaint(vec![0.0; 3], "replace"), "mask: wanted 4 numbers"),
        (inpaint(vec![2.0; 4], "replace"), "`mask`: wanted a number from 0 to 1; this is 2"),
        (
            Edit::Inpaint { rows: vec![0.0; 4], mask: vec![0.0; 4], method: never },
            "`edit.method.jump_length`: wanted 1 or more",
        ),
        (between(4, 5), "wanted two samples"),
        (between(8, 1), "frames: wanted 2 or more"),
        (measured(MeasureConfig::Shrink(measurements::Shrink { factor: 3 })), "`factor`"),
        (measured(MeasureConfig::Blur(measurements::Blur { size: 2 })), "an odd number up to 2"),
        (measured(MeasureConfig::Mask(measurements::Mask::default())), "wanted 4 numbers from 0 to 1"),
        (measured(MeasureConfig::Matrix(measurements::Matrix::default())), "one or more rows of 4"),
    ] {
        let said = edit.check(&shape).expect_err("this should be refused").to_string();
        assert!(said.contains(wanted), "{edit:?}: {said}");
    }
    assert!(
        inpaint(vec![1.0; 4], "dps").check(&shape).is_ok()
            && inpaint(vec![1.0; 8], "repaint").check(&shape).is_ok()
    );
    let flat = measured(MeasureConfig::named("shrink").expect("shrink")).check(&[2]).expect_err("no picture");
    assert!(flat.to_string().contains("takes pictures"), "{flat}");
}
