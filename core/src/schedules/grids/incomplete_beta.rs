//! `I_x(a, b) = ∫₀ˣ u^{a−1} (1 − u)^{b−1} du / B(a, b)`: the distribution function of the beta distribution, and its inverse.
//!
//! Continued fraction of DLMF, <https://dlmf.nist.gov/8.17#v>, evaluated by Lentz's method; inverse by safeguarded Newton steps.

/// `ln B(a, b)`.
fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// `x^a (1 − x)^b / B(a, b)`.
fn front(x: f64, a: f64, b: f64) -> f64 {
    (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp()
}

/// `I_x(a, b)` for `x` from 0 to 1.
pub(super) fn regularised(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast below the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - front(1.0 - x, b, a) * fraction(1.0 - x, b, a) / b;
    }
    front(x, a, b) * fraction(x, a, b) / a
}

/// `1/(1 + d₁/(1 + d₂/(1 + …)))` of DLMF 8.17.22.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let coefficient = |i: u32| {
        let m = f64::from(i / 2);
        if i.is_multiple_of(2) {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        }
    };
    let kept = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut above, mut below) = (1.0, 1.0 / kept(1.0 + coefficient(1)));
    let mut value = below;
    for i in 2..1000 {
        below = 1.0 / kept(1.0 + coefficient(i) * below);
        above = kept(1.0 + coefficient(i) / above);
        value *= above * below;
        if (above * below - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The `x` at which `I_x(a, b)` is `p`.
pub(super) fn inverse(p: f64, a: f64, b: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return p.clamp(0.0, 1.0);
    }
    let (mut low, mut high, mut x) = (0.0, 1.0, a / (a + b));
    for _ in 0..200 {
        let excess = regularised(x, a, b) - p;
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let newton = x - excess * x * (1.0 - x) / front(x, a, b);
        let next = if low < newton && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-15 * x {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `I_x(1, b) = 1 − (1 − x)^b`, `I_x(½, ½) = (2/π) asin √x`, and the reflection.
    #[test]
    fn it_is_the_closed_forms() {
        for x in [1e-6_f64, 0.01, 0.3, 0.5, 0.77, 0.999] {
            let near =
                |value: f64, exact: f64| assert!((value / exact - 1.0).abs() < 1e-13, "{value} {exact}");
            near(regularised(x, 1.0, 3.0), -(3.0 * (-x).ln_1p()).exp_m1());
            near(regularised(x, 0.5, 0.5), 2.0 / std::f64::consts::PI * x.sqrt().asin());
            near(regularised(x, 0.6, 2.5) + regularised(1.0 - x, 2.5, 0.6), 1.0);
        }
    }

    #[test]
    fn the_inverse_inverts() {
        for (a, b) in [(0.6, 0.6), (0.05, 0.3), (1.0, 1.0), (5.0, 2.0), (100.0, 40.0)] {
            for p in [0.0, 1e-3, 0.1, 0.5, 0.9, 0.999, 1.0] {
                let x = inverse(p, a, b);
                assert!((regularised(x, a, b) - p).abs() < 1e-12, "{p} of ({a}, {b}): {x}");
            }
        }
    }
}
