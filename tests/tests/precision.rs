//! Half precision: samples of the zoo's models are those of single precision to a stated tolerance, wherever a device has it.

use kiln::model::{Model, Request};
use kiln::nn::Precision;
use kiln::weights::read;
use kiln_tests::devices;

fn draw(model: &dyn Model, count: usize) -> Vec<f32> {
    let request = Request { count, seed: 5, steps: Some(18), ..Request::default() };
    let mut generation = model.generate(&request).expect("a generation");
    let frames = std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a step")));
    let last = frames.last().expect("frames");
    pollster::block_on(read(last.x)).expect("samples")
}

/// Square root of the mean squared difference.
fn apart(a: &[f32], b: &[f32]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
    (sum / a.len() as f32).sqrt()
}

/// The tolerances, for data of unit size: 0.005 in f16, 0.03 in bf16, which rounds eight times as coarsely.
#[test]
fn half_precision_draws_the_same_samples_or_is_refused_by_name() {
    for (name, device) in devices() {
        for entry in ["density/moons", "density/spirals"] {
            let entry = kiln_zoo::find(entry).expect("an entry");
            let single = draw(&*entry.load(&device).expect("a model"), 128);
            for (precision, tolerance) in [(Precision::F16, 0.005), (Precision::Bf16, 0.03)] {
                let place = format!("{name}, {}, {}", entry.name, precision.name());
                match entry.load_in(&device, precision) {
                    Ok(model) => {
                        let apart = apart(&draw(&*model, 128), &single);
                        println!("{place}: {apart:.1e} from f32");
                        assert!(apart > 0.0 && apart < tolerance, "{place}: {apart}");
                    }
                    Err(error) => {
                        let error = error.to_string();
                        println!("{place}: {error}");
                        let wanted = format!("does not compute in {}; it does in: f32", precision.name());
                        assert!(error.contains(&wanted), "{place}: {error}");
                        assert!(name != "cpu", "the CPU computes in all of them");
                    }
                }
            }
        }
    }
}
