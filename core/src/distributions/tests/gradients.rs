//! Gradients through draws and through densities.

use super::*;

fn learnt(value: f64) -> Tensor<2> {
    let device = Device::flex().autodiff();
    Tensor::from_data(TensorData::new(vec![value], [1, 1]), (&device, DType::F64)).require_grad()
}

/// A draw keeps its place among the probable: `d F(x(θ); θ)/dθ = 0` for each parameter.
#[test]
fn draws_move_with_their_parameters_at_the_same_probability() {
    type Build = fn(&[Tensor<2>]) -> Box<dyn Distribution>;
    let families: [(&str, &[f64], Build); 8] = [
        ("normal", &[0.3, 1.7], |p| Box::new(Normal::new(p[0].clone(), p[1].clone()))),
        ("laplace", &[0.3, 1.7], |p| Box::new(Laplace::new(p[0].clone(), p[1].clone()))),
        ("logistic", &[0.3, 1.7], |p| Box::new(Logistic::new(p[0].clone(), p[1].clone()))),
        ("truncated", &[-0.4, 0.8, -2.0, 1.8], |p| {
            Box::new(TruncatedNormal::new(p[0].clone(), p[1].clone(), p[2].clone(), p[3].clone()))
        }),
        ("gamma", &[2.3, 1.6], |p| Box::new(Gamma::new(p[0].clone(), p[1].clone()))),
        ("small gamma", &[0.2, 1.6], |p| Box::new(Gamma::new(p[0].clone(), p[1].clone()))),
        ("large gamma", &[200.0, 1.6], |p| Box::new(Gamma::new(p[0].clone(), p[1].clone()))),
        ("log-normal", &[0.3, 0.6], |p| {
            Box::new(Transformed::new(Normal::new(p[0].clone(), p[1].clone()), Exp))
        }),
    ];
    for (name, values, build) in families {
        let parameters: Vec<Tensor<2>> = values.iter().map(|value| learnt(*value)).collect();
        let family = build(&parameters);
        assert!(family.pathwise());
        for row in 0..20 {
            let x = family.sample(Key { index: row, ..KEY }, 1);
            let mut gradients = family.cdf(x.clone()).expect("it has one").backward();
            let density = family.log_prob(x.detach()).exp().into_scalar::<f64>();
            for parameter in &parameters {
                let slope = parameter.grad_remove(&mut gradients).map_or(0.0, |g| g.into_scalar::<f64>());
                assert!(slope.abs() < 1e-7 * density.max(1.0), "{name}, draw {row}: {slope}");
            }
        }
    }
}

/// `∂E x/∂θ` of beta and t variables, by their draws' gradients, within four standard errors.
#[test]
fn means_move_as_they_should() {
    let count = 20_000;
    let mean_slope = |parameter: &Tensor<2>, value: Tensor<2>| {
        // One row for all: what is summed up is the gradient of each draw.
        let gradients = value.mean().backward();
        parameter.grad(&gradients).expect("a gradient").into_scalar::<f64>()
    };
    let (a, b) = (learnt(2.0), learnt(3.0));
    let x = Beta::new(a.clone(), b).sample(KEY, count);
    // b/(a + b)²; each draw's is about as large as that itself.
    let slope = mean_slope(&a, x);
    assert!((slope - 0.12).abs() < 4.0 * 0.12 / (count as f64).sqrt(), "{slope}");
    let freedom = learnt(9.0);
    let family = StudentT::new(freedom.clone(), learnt(0.0), learnt(1.0));
    // d/dν of ν/(ν − 2) is −2/(ν − 2)²; a draw's is −0.04 with a deviation of about twice that.
    let slope = mean_slope(&freedom, family.sample(KEY, count).square());
    assert!((slope + 2.0 / 49.0).abs() < 4.0 * 0.15 / (count as f64).sqrt(), "{slope}");
    for k in [0.5, 2.5, 40.0] {
        let concentration = learnt(k);
        let cosines = VonMises::new(learnt(0.0), concentration.clone()).sample(KEY, count).cos();
        let slope = mean_slope(&concentration, cosines);
        let ratio = special::bessel_ratio(concentration.clone());
        let wanted = concentration.grad(&ratio.backward()).expect("a gradient").into_scalar::<f64>();
        assert!((slope / wanted - 1.0).abs() < 0.05, "{k}: {slope} {wanted}");
    }
}

/// `∂x/∂κ` of angles is that of the distribution function: by Simpson's rule over the density, and differences.
#[test]
fn angles_move_at_the_same_probability() {
    let below = |k: f64, x: f64| {
        let n = 4000;
        let h = x / f64::from(n);
        let weight = |i: i32| if i == 0 || i == n { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
        let area: f64 =
            (0..=n).map(|i| weight(i) * (k * (f64::from(i) * h).cos()).exp()).sum::<f64>() * h / 3.0;
        area / numbers(special::log_bessel_i0(row([k])).exp())[0] / std::f64::consts::TAU
    };
    for k in [0.3, 2.5, 30.0] {
        let concentration = learnt(k);
        let family = VonMises::new(learnt(0.0), concentration.clone());
        for index in 0..10 {
            let x = family.sample(Key::new(9, Purpose::Noise, index), 1);
            let slope = concentration.grad(&x.backward()).expect("a gradient").into_scalar::<f64>();
            let place = x.clone().into_scalar::<f64>();
            let density = family.log_prob(x).exp().into_scalar::<f64>();
            let h = 1e-4 * k;
            let wanted = -(below(k + h, place) - below(k - h, place)) / (2.0 * h) / density;
            assert!((slope - wanted).abs() < 1e-5 * (1.0 + wanted.abs()), "{k}, {place}: {slope} {wanted}");
        }
    }
}

/// The one-hot rows' gradient is that of the shares.
#[test]
fn straight_through_rows_are_ones_with_the_gradient_of_shares() {
    let device = Device::flex().autodiff();
    let logits = Tensor::<2>::from_floats([[0.3, -0.2, 0.5]], &device).require_grad();
    let weights = Tensor::<2>::from_floats([[1.0, 2.0, 4.0]], &device);
    let family = RelaxedOneHot::new(logits.clone(), 0.7);
    let hard = family.sample_straight_through(KEY, 6);
    assert!(numbers(hard.clone().inner()).chunks(3).all(|row| {
        row.iter().all(|x| x.abs() < 1e-6 || (x - 1.0).abs() < 1e-6)
            && (row.iter().sum::<f64>() - 1.0).abs() < 1e-6
    }));
    let slope =
        |x: Tensor<2>| numbers(logits.grad(&(x * weights.clone()).sum().backward()).expect("a gradient"));
    let (hard, soft) = (slope(hard), slope(family.sample(KEY, 6)));
    assert!(hard.iter().zip(&soft).all(|(h, s)| (h - s).abs() < 1e-6 && h.abs() > 1e-3));
}

/// The derivative of a beta variable's distribution function to its concentrations, against differences.
#[test]
fn distribution_functions_have_gradients_to_all_parameters() {
    let h = 1e-5;
    let cdf = |values: [f64; 3]| {
        let [a, b, x] = values.map(|value| row([value]));
        numbers(special::beta_cdf(a, b, x))[0]
    };
    for values in [[0.6, 2.0, 0.1], [5.0, 3.0, 0.8]] {
        let learnt = values.map(learnt);
        let [a, b, x] = learnt.clone();
        let gradients = special::beta_cdf(a, b, x).backward();
        for (i, parameter) in learnt.iter().enumerate() {
            let moved = |by: f64| {
                let mut values = values;
                values[i] += by;
                cdf(values)
            };
            let wanted = (moved(h) - moved(-h)) / (2.0 * h);
            let found = parameter.grad(&gradients).expect("a gradient").into_scalar::<f64>();
            assert!((found - wanted).abs() < 1e-7, "{i}: {found} {wanted}");
        }
    }
}
