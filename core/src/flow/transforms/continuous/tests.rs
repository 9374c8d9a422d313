use burn::tensor::DType;

use super::*;
use crate::random::{Key, Purpose};

fn normals(rows: usize, features: usize, seed: u64) -> Tensor<2> {
    Key::new(seed, Purpose::Metric, 0).normal_rows(rows, features, &Device::flex())
}

fn field(exact: usize, steps: usize) -> Built {
    built(Continuous { hidden: vec![16], exact, steps, ..Continuous::default() }, DType::F32)
}

fn built(config: Continuous, dtype: DType) -> Built {
    let place = Place { shape: vec![3], told: 0, number: 0 };
    let mut built = config.build(&place, &Init::new(1, &Device::flex())).expect("a flow");
    let stir = |(i, named): (usize, crate::nn::Named)| {
        let count = named.value.dims()[0];
        (named.value + normals(1, count, i as u64).reshape([count]) * 0.4).cast(dtype)
    };
    let values: Vec<Tensor<1>> = built.bijection.parameters().into_iter().enumerate().map(stir).collect();
    built.bijection.set_parameters(&values);
    built
}

/// Over rows alike, each of which has a probe of its own.
#[test]
fn probes_find_the_trace_without_bias() {
    const ROWS: usize = 20_000;
    let x = normals(1, 3, 50).repeat_dim(0, ROWS);
    let mode = Mode::Train(Key::new(3, Purpose::Dropout, 0));
    let [_, found] = field(0, 4).bijection.normalise(x.clone(), None, mode);
    let [_, wanted] = field(8, 4).bijection.normalise(x.narrow(0, 0, 1), None, mode);
    let error =
        (found.clone() - wanted.clone()).square().mean().sqrt().into_scalar::<f32>() / (ROWS as f32).sqrt();
    let bias = (found.mean() - wanted.mean()).into_scalar::<f32>();
    println!("{bias} ± {error}");
    assert!(error > 1e-4 && bias.abs() < 4.0 * error, "{bias} ± {error}");
}

/// Twice the steps leave half, a quarter, an eighth of the error, as the method is of the first, second, third order, or less: there and back
/// an even order gains one. So it is with rows and with determinants.
#[test]
fn the_round_trip_is_of_the_methods_order() {
    for integrator in IntegratorConfig::all() {
        let off = |steps: usize| {
            let config = Continuous { hidden: vec![16], integrator: integrator.clone(), steps, exact: 8 };
            let flow = built(config, DType::F64).bijection;
            let x = normals(50, 3, 60).cast(DType::F64);
            let [z, there] = flow.normalise(x.clone(), None, Mode::Infer);
            let [back, again] = flow.generate(z, None);
            [back - x, there + again].map(|off| off.abs().max().into_data().iter::<f64>().sum::<f64>())
        };
        for (coarse, fine) in off(8).into_iter().zip(off(16)) {
            let (name, order) = (integrator.name(), integrator.order());
            println!("{name}: {coarse:.1e}, {fine:.1e}");
            assert!(fine * f64::from(1 << order) * 0.7 < coarse, "{name}: {coarse} {fine}");
        }
    }
}
