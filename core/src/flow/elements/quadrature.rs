//! Nodes and weights of Gauss and Legendre's quadrature.

/// `[nodes, weights]` on `[0, 1]`: exact for polynomials of a degree below `2 count`. Press et al. 2007, Numerical Recipes, section 4.6.
pub(super) fn gauss_legendre(count: usize) -> [Vec<f64>; 2] {
    let n = count as f64;
    let mut rule = [Vec::new(), Vec::new()];
    for i in 0..count {
        let mut x = -libm::cos(std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5));
        let mut slope = 1.0;
        for _ in 0..20 {
            let [value, before] = legendre(count, x);
            slope = n * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        rule[0].push(0.5 * (x + 1.0));
        rule[1].push(1.0 / ((1.0 - x * x) * slope * slope));
    }
    rule
}

/// `P_n(x)` and `P_{n−1}(x)`.
fn legendre(n: usize, x: f64) -> [f64; 2] {
    (1..=n).fold([1.0, 0.0], |[now, before], k| {
        let k = k as f64;
        [((2.0 * k - 1.0) * x * now - (k - 1.0) * before) / k, now]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in [1, 2, 5, 16, 33] {
            let [nodes, weights] = gauss_legendre(count);
            for power in 0..2 * count as i32 {
                let found: f64 = nodes.iter().zip(&weights).map(|(x, w)| w * x.powi(power)).sum();
                assert!(
                    (found * f64::from(power + 1) - 1.0).abs() < 1e-12,
                    "{count} nodes, x^{power}: {found}"
                );
            }
        }
    }
}
