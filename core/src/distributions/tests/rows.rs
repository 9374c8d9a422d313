//! Distributions of whole rows, and divergences. Golden numbers:
//!
//! ```text
//! L = [[1.2, 0, 0], [-.5, .8, 0], [.3, .6, .4]]; W = [[1, .2], [-.5, .7], [.3, -.6]]; d = [.5, .3, .8]; mean = [.1, -.4, 1]
//! for d in [st.multivariate_normal(mean, L @ L.T), st.multivariate_normal(mean, W @ W.T + np.diag(d))]:
//!     print(d.logpdf([[0, 0, 0], [1, -1, .5]]), d.entropy())
//! quad(lambda t: p.pdf(t) * (p.logpdf(t) - q.logpdf(t)), ...)   # divergences, by scipy.integrate
//! ```

use super::*;

fn full() -> FullNormal {
    let factor = matrix([[1.2, 0.0, 0.0], [-0.5, 0.8, 0.0], [0.3, 0.6, 0.4]]);
    FullNormal::new(row([0.1, -0.4, 1.0]), factor.unsqueeze_dim::<3>(0))
}

fn low_rank() -> LowRankNormal {
    let factor = matrix([[1.0, 0.2], [-0.5, 0.7], [0.3, -0.6]]);
    LowRankNormal::new(row([0.1, -0.4, 1.0]), factor.unsqueeze_dim::<3>(0), row([0.5, 0.3, 0.8]))
}

fn near(name: &str, found: Vec<f64>, wanted: &[f64]) {
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-8, "{name}: {found}, not {wanted}");
    }
}

#[test]
fn normals_of_rows_are_those_of_scipy() {
    let x = matrix([[0.0, 0.0, 0.0], [1.0, -1.0, 0.5]]);
    near("full", numbers(full().log_prob(x.clone())), &[-6.737_596_211, -3.087_422_6]);
    near("full", numbers(full().entropy().expect("it has one")), &[3.299_702_873]);
    near("low rank", numbers(low_rank().log_prob(x)), &[-3.320_010_154, -3.619_177_443]);
    near("low rank", numbers(low_rank().entropy().expect("it has one")), &[4.417_795_751]);
}

/// Parameters of several rows are those of each row.
#[test]
fn rows_have_parameters_of_their_own() {
    let (one, other) = (full(), low_rank());
    let covariance = |f: &Tensor<3>, d: &Tensor<2>| {
        let eye = Tensor::<2>::eye(3, &Device::flex()).cast(DType::F64).unsqueeze::<3>();
        f.clone().matmul(f.clone().swap_dims(1, 2)) + eye * d.clone().unsqueeze_dim::<3>(2)
    };
    let both = Tensor::cat(
        vec![covariance(&one.factor, &row([0.0, 0.0, 0.0])), covariance(&other.factor, &other.diagonal)],
        0,
    );
    let family = FullNormal::by_covariance(row([0.1, -0.4, 1.0]), both);
    let x = matrix([[1.0, -1.0, 0.5], [1.0, -1.0, 0.5]]);
    near("both", numbers(family.log_prob(x)), &[-3.087_422_6, -3.619_177_443]);
}

/// Covariances of 100,000 draws, to four standard errors.
#[test]
fn draws_of_rows_have_their_covariance() {
    let n = 100_000;
    let [full, low] = [full(), full()].map(|f| f.factor);
    let full = full.matmul(low.swap_dims(1, 2));
    let other = low_rank();
    let product = other.factor.clone().matmul(other.factor.clone().swap_dims(1, 2));
    let wanted = [numbers(full), numbers(product)];
    let families: [&dyn Distribution; 2] = [&self::full(), &other];
    for (which, family) in families.into_iter().enumerate() {
        let off = family.sample(KEY, n) - family.mean().expect("it has one");
        let found = numbers(off.clone().transpose().matmul(off) / n as f64);
        let variance = numbers(family.variance().expect("it has one"));
        for i in 0..3 {
            for j in 0..3 {
                let own = if i == j && which == 1 { [0.5, 0.3, 0.8][i] } else { 0.0 };
                let wanted = wanted[which][3 * i + j] + own;
                let error = ((variance[i] * variance[j] + wanted * wanted) / n as f64).sqrt();
                assert!((found[3 * i + j] - wanted).abs() < 4.0 * error, "{which}: {i} {j}");
            }
            assert!(
                (variance[i] - wanted[which][4 * i] - if which == 1 { [0.5, 0.3, 0.8][i] } else { 0.0 })
                    .abs()
                    < 1e-12
            );
        }
    }
}

#[test]
fn divergences_are_the_integrals_that_they_stand_for() {
    let n = |x: f64| row([x]);
    let logit = |p: [f64; 1]| row(p).log() - (-row(p) + 1.0).log();
    let classes = |p: [f64; 3]| Categorical::new(row(p).log().unsqueeze_dim::<3>(0));
    let other = low_rank();
    let product = other.factor.clone().matmul(other.factor.clone().swap_dims(1, 2));
    let eye = Tensor::<2>::eye(3, &Device::flex()).cast(DType::F64).unsqueeze::<3>();
    let covariance = product + eye * other.diagonal.unsqueeze_dim::<3>(2);
    let q = FullNormal::by_covariance(row([0.5, 0.5, 0.5]), covariance);
    let gamma = |a: f64, b: f64| Gamma::new(n(a), n(b));
    for (name, found, wanted) in [
        ("normal", kl(&Normal::new(n(0.3), n(1.7)), &Normal::new(n(-0.2), n(0.9))), 0.802_282_838_2),
        ("laplace", kl(&Laplace::new(n(0.3), n(1.7)), &Laplace::new(n(-0.2), n(0.9))), 0.327_145_665_4),
        ("gamma", kl(&gamma(2.3, 1.6), &gamma(1.4, 0.7)), 0.129_833_525_7),
        ("beta", kl(&Beta::new(n(2.3), n(1.8)), &Beta::new(n(1.4), n(3.1))), 0.732_887_076),
        ("angle", kl(&VonMises::new(n(0.7), n(2.5)), &VonMises::new(n(-0.4), n(1.1))), 0.622_241_371_1),
        ("full", kl(&full(), &q), 1.678_994_583),
        ("classes", kl(&classes([0.2, 0.5, 0.3]), &classes([0.6, 0.1, 0.3])), 0.584_996_498_5),
        ("events", kl(&Bernoulli::new(logit([0.3])), &Bernoulli::new(logit([0.6]))), 0.183_786_897_4),
        ("uniform", kl(&Uniform::new(n(0.0), n(1.0)), &Uniform::new(n(-1.0), n(3.0))), 4.0_f64.ln()),
        ("outside", kl(&Uniform::new(n(0.0), n(1.0)), &Uniform::new(n(0.5), n(3.0))), f64::INFINITY),
    ] {
        let found = numbers(found)[0];
        assert!(found == wanted || (found - wanted).abs() < 1e-8, "{name}: {found}, not {wanted}");
    }
}

/// Within four standard errors of the closed form: draws of `ln p/q` have a deviation of about 1.
#[test]
fn estimates_of_divergences_come_to_the_closed_form() {
    let (p, q) = (Normal::new(row([0.3]), row([1.2])), Normal::new(row([-0.2]), row([0.9])));
    let wanted = numbers(kl(&p, &q))[0];
    let found = numbers(kl_monte_carlo(&p, &q, KEY, 40_000))[0];
    assert!((found - wanted).abs() < 4.0 / 200.0, "{found} {wanted}");
    let rows = Normal::new(matrix([[0.3], [5.0]]), matrix([[1.2], [0.9]]));
    let found = numbers(kl_monte_carlo(&rows, &q, KEY, 400));
    let wanted = numbers(kl(&rows, &q));
    assert!(found.iter().zip(&wanted).all(|(found, wanted)| (found - wanted).abs() < 0.2 * (1.0 + wanted)));
}
