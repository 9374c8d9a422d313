//! Against double precision, and against what Burn calls the same.

use burn::prelude::*;
use burn::tensor::{DType, activation};

use super::*;
use crate::testing::{Random, far, kinds, off_small_steps, values};

/// The output and the gradient of `Σ y t`, for a fixed `t`.
fn computed(size: usize, (device, dtype): (&Device, DType), f: fn(Tensor<1>) -> Tensor<1>) -> [Vec<f64>; 2] {
    let device = device.clone().autodiff();
    let x = (values([size], (&device, dtype, 1)) * 8.0).require_grad();
    let y = f(x.clone());
    let gradients = (y.clone() * values([size], (&device, dtype, 2))).sum().backward();
    let dx = x.grad(&gradients).expect("a gradient").into_data();
    [y.into_data(), dx].map(|data| data.iter::<f64>().collect::<Vec<_>>())
}

#[test]
fn outputs_and_gradients_are_those_of_plain_operations() {
    type F = fn(Tensor<1>) -> Tensor<1>;
    let pairs: [(F, F); 2] = [(silu, activation::silu), (gelu, activation::gelu_approximate)];
    let sizes = [1, 3, 31, 32, 33, 257, 70_001];
    for size in sizes.into_iter().chain(Random::cases(30).map(|mut random| random.within(1..=5000))) {
        for (ours, plain) in pairs {
            let wanted = computed(size, (&Device::flex(), DType::F64), plain);
            for (name, device, dtype, limit) in kinds(2e-6, 1e-12) {
                for (found, wanted) in computed(size, (&device, dtype), ours).iter().zip(&wanted) {
                    let far = far(found, wanted);
                    assert!(far < limit, "{size} {name} {dtype:?}: {far}");
                }
            }
        }
    }
}

#[test]
fn gradients_are_what_small_steps_find() {
    for f in [silu::<1>, gelu::<1>] {
        let off = off_small_steps(&[300], |x| f(x[0].clone() * 3.0));
        assert!(off < 1e-8, "{off}");
    }
}

#[test]
fn far_from_zero_they_are_a_line_or_nothing() {
    for f in [silu::<1>, gelu::<1>] {
        let x = Tensor::<1>::from_data([-1e30_f32, -100.0, 100.0, 1e30, f32::NAN], &Device::flex());
        let y = f(x).into_data().try_to_vec::<f32>().expect("floats");
        assert!(y[0].abs() < 1e-6 && y[1].abs() < 1e-30 && y[4].is_nan(), "{y:?}");
        assert_eq!(y[2..4], [100.0, 1e30]);

        let x =
            Tensor::<1>::from_data([-1e4_f32, -30.0, 30.0, 1e4], &Device::flex().autodiff()).require_grad();
        let gradients = f(x.clone()).sum().backward();
        let slopes = x.grad(&gradients).expect("a gradient").into_data().try_to_vec::<f32>().expect("floats");
        assert!(
            slopes[..2].iter().all(|slope| slope.abs() < 1e-6) && slopes[2..] == [1.0, 1.0],
            "{slopes:?}"
        );
    }
}
