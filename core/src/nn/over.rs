//! Division by a number known beforehand.

use burn::prelude::*;

/// `x / c`. The automatic differentiation takes the reciprocal of a scalar divisor in single precision: a gradient in double precision
/// would be wrong in its eighth digit. That of a product is exact.
pub(crate) fn over<const D: usize>(x: Tensor<D>, c: f64) -> Tensor<D> {
    x * c.recip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::DType;

    #[test]
    fn a_slope_is_exact_in_double_precision() {
        let device = Device::flex().autodiff();
        let x = Tensor::<1>::from_data([2.0_f64], (&device, DType::F64)).require_grad();
        let gradients = over(x.clone(), 2.1).sum().backward();
        let slope = x.grad(&gradients).expect("a gradient").into_data().iter::<f64>().next();
        assert!(slope.is_some_and(|slope| (slope - 1.0 / 2.1).abs() < 1e-15), "{slope:?}");
    }
}
