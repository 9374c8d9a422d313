//! Latents against formulas.

use super::*;

/// A codec that doubles and halves.
struct Twice;

impl Codec for Twice {
    fn latent_shape(&self) -> &[usize] {
        &[2]
    }
    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        x * 2.0
    }
    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        z / 2.0
    }
}

fn row(values: [f32; 2]) -> Tensor<2> {
    Tensor::<1>::from_floats(values, &Device::flex()).unsqueeze()
}

fn close(found: Tensor<2>, wanted: &[[f64; 2]]) {
    let found: Vec<f32> = found.into_data().try_to_vec().expect("floats");
    for (found, wanted) in found.iter().zip(wanted.as_flattened()) {
        assert!((f64::from(*found) - wanted).abs() < 1e-5, "{found} {wanted}");
    }
    assert_eq!(found.len(), 2 * wanted.len());
}

#[test]
fn densities_and_divergences_are_those_of_normals() {
    let gaussian = Gaussian { mean: row([1.0, -2.0]), log_variance: row([0.0, 4.0_f32.ln()]) };
    let half = 0.5 * std::f64::consts::TAU.ln();
    close(gaussian.log_densities(row([1.0, 2.0])), &[[-half, -half - 2.0_f64.ln() - 2.0]]);
    close(gaussian.divergences(), &[[0.5, 0.5 * (4.0 + 4.0 - 1.0 - 4.0_f64.ln())]]);
    close(gaussian.draw(row([0.5, 1.0])), &[[1.5, 0.0]]);
    close(gaussian.repeated(2).mean, &[[1.0, -2.0], [1.0, -2.0]]);
}

#[test]
fn a_mixture_of_rows_is_the_sum_of_their_densities() {
    let mean = Tensor::cat(vec![row([1.0, -2.0]), row([0.5, 0.0])], 0);
    let both = Gaussian { log_variance: mean.full_like(0.3), mean };
    let (z, weights) = (row([0.2, -0.4]), [0.25, 0.75]);
    let each = both.log_densities(z.clone().repeat_dim(0, 2)).sum_dim(1).exp();
    let wanted = (each * Tensor::<1>::from_floats(weights, &Device::flex()).reshape([2, 1])).sum_dim(0).log();
    let found = both.log_mixture(z, row(weights).log());
    assert!((found - wanted).abs().max().into_scalar::<f32>() < 1e-5);
}

#[test]
fn walks_are_straight_or_along_a_circle() {
    let ends = || [row([1.0, 0.0]), row([0.0, 3.0])];
    close(interpolate(&Twice, ends(), 3, Path::Linear), &[[1.0, 0.0], [0.5, 1.5], [0.0, 3.0]]);
    let diagonal = 2.0 * 0.5_f64.sqrt();
    close(interpolate(&Twice, ends(), 3, Path::Spherical), &[[1.0, 0.0], [diagonal, diagonal], [0.0, 3.0]]);
    // Ends of one direction: the great circle is a point.
    let same = [row([1.0, 0.0]), row([2.0, 0.0])];
    close(between(same, 3, Path::Spherical), &[[1.0, 0.0], [1.5, 0.0], [2.0, 0.0]]);
}

#[test]
fn one_number_is_moved_and_an_attribute_added() {
    close(traverse(&Twice, &row([4.0, 6.0]), 1, &[-2.0, 8.0]), &[[2.0, -1.0], [2.0, 4.0]]);
    let with = Tensor::cat(vec![row([1.0, 2.0]), row([3.0, 2.0])], 0);
    let direction = attribute(with.clone(), row([1.0, 1.0]));
    close(direction.clone(), &[[1.0, 1.0]]);
    close(edited(&Twice, row([0.0, 1.0]), direction, 3.0), &[[1.5, 2.5]]);
    close(activity(with), &[[1.0, 0.0]]);
}
