//! Inverses of monotone functions that have none in closed form.

use burn::prelude::*;

/// Evaluations, of which each other one halves the bracket: `2⁻²⁴` of it is left where Newton's method fails, and no digit is wrong
/// where it does not.
const STEPS: usize = 48;

/// `x` with `f(x, p) = y`, and `ln dx/dy`, for an `f` that gives `[f, ln ∂f/∂x]` of numbers by themselves; `x` lies within the bracket.
///
/// Newton's method from the best number so far, kept within the bracket, and bisection take turns. Gradients are those of the implicit
/// function: the last of Newton's steps is on the tape, `x − (f(x, p) − y)/f′`, with `x` and `f′` off it.
pub(in crate::flow) fn inverse<const D: usize>(
    f: impl Fn(Tensor<2>, Tensor<D>) -> [Tensor<2>; 2],
    y: Tensor<2>,
    p: Tensor<D>,
    bracket: [Tensor<2>; 2],
) -> [Tensor<2>; 2] {
    let held = p.clone().detach();
    let x = search(|x| f(x, held.clone()), &y.clone().detach(), bracket.map(Tensor::detach)).detach();
    let [value, log] = f(x.clone(), p.clone());
    let x = x - (value - y) * (-log.detach()).exp();
    let [_, log] = f(x.clone(), p);
    [x, -log]
}

fn search(
    f: impl Fn(Tensor<2>) -> [Tensor<2>; 2],
    y: &Tensor<2>,
    [mut low, mut high]: [Tensor<2>; 2],
) -> Tensor<2> {
    let mut best = middle(&low, &high);
    let [value, mut log] = f(best.clone());
    let mut off = value - y.clone();
    for step in 0..STEPS {
        let x = if step % 2 == 0 {
            let newton = best.clone() - off.clone() * (-log.clone()).exp();
            newton.max_pair(low.clone()).min_pair(high.clone())
        } else {
            middle(&low, &high)
        };
        let [value, slope] = f(x.clone());
        let residual = value - y.clone();
        let above = residual.clone().greater_elem(0.0);
        high = high.mask_where(above.clone(), x.clone());
        low = x.clone().mask_where(above, low);
        let better = residual.clone().abs().lower_equal(off.clone().abs());
        best = best.mask_where(better.clone(), x);
        off = off.mask_where(better.clone(), residual);
        log = log.mask_where(better, slope);
    }
    best
}

fn middle(low: &Tensor<2>, high: &Tensor<2>) -> Tensor<2> {
    (low.clone() + high.clone()) * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::DType;

    /// `x³ + p x`, of which Newton's method alone goes astray.
    fn cubic(x: Tensor<2>, p: Tensor<2>) -> [Tensor<2>; 2] {
        let slope = x.clone().square() * 3.0 + p.clone();
        [x.clone() * x.clone() * x.clone() + p * x, slope.log()]
    }

    fn solved(dtype: DType, limit: f64) {
        let device = Device::flex().autodiff();
        let x = Tensor::<2>::from_data([[-3.0, -0.01, 0.0, 1e-3, 0.5, 40.0]], (&device, dtype));
        let p = (x.zeros_like() + 1e-3).require_grad();
        let y = cubic(x.clone(), p.clone())[0].clone().detach().require_grad();
        let [found, log] = inverse(cubic, y.clone(), p.clone(), [x.full_like(-100.0), x.full_like(100.0)]);
        let slope = x.clone().square() * 3.0 + 1e-3;
        let gradients = found.clone().sum().backward();
        let [dy, dp] = [y, p].map(|input| input.grad(&gradients).expect("a gradient").autodiff());
        let near = |a: Tensor<2>, b: Tensor<2>| {
            let off = ((a - b.clone()).abs() / (b.abs() + 1e-3)).max().into_data().iter::<f64>().next();
            assert!(off.is_some_and(|off| off < limit), "{off:?}");
        };
        near(found, x.clone());
        near(log.exp(), slope.clone().recip());
        near(dy, slope.clone().recip());
        near(dp, -x / slope);
    }

    #[test]
    fn roots_and_their_gradients_are_known_ones() {
        solved(DType::F64, 1e-10);
        solved(DType::F32, 1e-3);
    }
}
