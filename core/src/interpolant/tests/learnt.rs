//! Small networks, trained in seconds.

use super::*;
use crate::data::{DataConfig, Labels};
use crate::metrics::wasserstein;

const MEAN: [f64; 2] = [2.0, -1.0];
const STD: [f64; 2] = [0.4, 0.8];

/// `N(m, diag s²)`.
struct Normals;

impl Dataset for Normals {
    fn shape(&self) -> &[usize] {
        &[2]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        Key::new(9, Purpose::Data, index).fill_normal(out);
        out.iter_mut().enumerate().for_each(|(i, x)| *x = (MEAN[i] + STD[i] * f64::from(*x)) as f32);
        Labels::default()
    }
}

fn small(value: Value) -> InterpolantConfig {
    let mut value = value;
    value["network"] = json!({ "kind": "mlp", "hidden": 32, "blocks": 2 });
    config(value)
}

#[test]
fn a_network_learns_to_carry_one_gaussian_to_another() {
    for (value, samplers) in [
        (json!({ "coupling": "transport" }), ["heun", "dopri5"]),
        (json!({ "coupling": "independent" }), ["rk4", "euler_ancestral"]),
        (json!({ "coupling": "independent", "noise": "bridge", "score": true }), ["heun", "euler_ancestral"]),
    ] {
        let model = trained(&small(value.clone()), Box::new(Normals), 500, 128);
        for sampler in samplers {
            let found = moments(&end(&model, &request(json!(sampler), 60, 8000)));
            for (i, [mean, std]) in found.iter().enumerate() {
                let off = (mean - MEAN[i]).abs().max((std - STD[i]).abs());
                assert!(off < 0.12, "{value} {sampler}: {found:?}");
            }
        }
    }
}

/// Between eight Gaussians and two moons: of shorter, straighter paths by transport than by chance.
#[test]
fn transport_makes_shorter_paths() {
    let source = json!({ "kind": "gaussians", "radius": 4.0 });
    let moons = || DataConfig::named("moons").expect("moons").open(None, Split::Train).expect("moons");
    let excess = |coupling: &str| {
        let model = small(json!({ "coupling": coupling, "source": source }));
        let model = trained(&model, moons(), 700, 128);
        let x0 = model.source(7, 0, 500);
        let energy = number(model.path_energy(x0.clone(), 40).expect("an energy"));
        let fresh = Batch::gather(&*moons(), &(1 << 30..(1 << 30) + 500).collect::<Vec<_>>(), 0).x;
        let rows = |x: Tensor<2>| x.into_data().iter::<f32>().collect::<Vec<_>>();
        let distance = wasserstein(&rows(x0), &fresh, 2).expect("a distance");
        let off =
            wasserstein(&rows(end(&model, &request(json!("heun"), 40, 500))), &fresh, 2).expect("a distance");
        assert!(off < 0.6, "{coupling}: {off} from the moons");
        (energy - distance * distance).abs() / (distance * distance)
    };
    let [chance, transport] = ["independent", "transport"].map(excess);
    println!("normalised path energy: {chance:.3} by chance, {transport:.3} by transport");
    assert!(transport < 0.5 * chance, "{transport} {chance}");
}
