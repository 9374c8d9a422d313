//! Temporary trainer.
use kiln::data::{Batch, Loader, Split};
use kiln::train::{RunConfig, Session};
use std::path::Path;
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (config, data, out) = (&args[1], &args[2], &args[3]);
    let run: RunConfig =
        kiln::config::typed(kiln::config::read_file(Path::new(config), &args[4..].to_vec()).unwrap())
            .map_err(|e| e.to_string())
            .unwrap();
    let data = (data != "-").then(|| Path::new(data));
    let dataset: std::sync::Arc<dyn kiln::data::Dataset> = run.data.open(data, Split::Train).unwrap().into();
    let device = kiln::device::cpu().unwrap();
    let mut session = Session::new(&run, &*dataset, &device).unwrap();
    let mut loader = Loader::new(dataset.clone(), run.train.batch, run.seed).unwrap();
    println!("{} parameters", session.parameters());
    std::fs::create_dir_all(out).unwrap();
    let latest = Path::new(out).join("latest");
    if latest.exists() {
        let files: Vec<(String, Vec<u8>)> = std::fs::read_dir(&latest)
            .unwrap()
            .map(|e| {
                let e = e.unwrap();
                (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap())
            })
            .collect();
        session.load(&files).unwrap();
        println!("resumed at {}", session.steps());
    }
    let save = |session: &Session| {
        let files = pollster::block_on(session.save()).unwrap();
        let tmp = Path::new(out).join("tmp");
        let _ = std::fs::remove_dir_all(&tmp);
        std::fs::create_dir_all(&tmp).unwrap();
        for (name, bytes) in files {
            std::fs::write(tmp.join(name), bytes).unwrap();
        }
        let old = Path::new(out).join("old");
        let _ = std::fs::remove_dir_all(&old);
        let _ = std::fs::rename(&latest, &old);
        std::fs::rename(&tmp, &latest).unwrap();
    };
    let start = Instant::now();
    let (mut sum, mut n) = (0.0, 0);
    let first = session.steps();
    while session.steps() < run.train.steps {
        let p = pollster::block_on(session.step(&mut loader).read()).unwrap();
        sum += p.loss;
        n += 1;
        if p.step % run.train.log_every == 0 {
            println!(
                "step {} loss {:.4} norm {:.3} rate {:.2e} {:.3} s/step",
                p.step,
                sum / n as f32,
                p.norm,
                p.rate,
                start.elapsed().as_secs_f64() / (p.step - first) as f64
            );
            (sum, n) = (0.0, 0);
        }
        if p.step % run.train.checkpoint_every == 0 {
            save(&session);
        }
    }
    save(&session);
    let model = session.model().unwrap();
    if let Some(classifier) = model.classifier() {
        let test = run.data.open(data, Split::Test).unwrap();
        let (mut right, n) = (0, test.len().unwrap());
        for at in (0..n).step_by(500) {
            let indices: Vec<u64> = (at as u64..(at + 500).min(n) as u64).collect();
            let batch = Batch::gather(&*test, &indices, 0);
            let x = burn::prelude::Tensor::<2>::from_data(
                burn::prelude::TensorData::new(batch.x, [indices.len(), 784]),
                &device,
            );
            let got: Vec<f32> = pollster::block_on(kiln::weights::read(classifier.logits(x))).unwrap();
            for (row, c) in got.chunks(10).zip(batch.class.unwrap()) {
                let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
                right += usize::from(best == c as usize);
            }
        }
        println!("accuracy {right} / {n}");
    }
}
