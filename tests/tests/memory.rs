//! Memory does not grow: after many steps of training or of sampling as much is held as after a few, by the process where the CPU computes,
//! by the pool of the device where an adapter does.

use std::sync::Arc;

use burn::prelude::Device;
use kiln::config::{parse, typed};
use kiln::data::{Dataset, Loader, Split};
use kiln::model::Request;
use kiln::train::{RunConfig, Session};
use kiln_tests::{devices, skipped};

/// Steps after which all is there that is kept.
const FEW: usize = 10;
/// Examples of a batch, and samples that are drawn at once.
const ROWS: usize = 512;

/// A small network for points in the plane.
const CONFIG: &str = "
data: {kind: moons}
model:
  kind: diffusion
  prediction: flow
  noise: uniform
  network: {kind: mlp, hidden: 16, blocks: 1, features: 8}
  sampling: {sampler: euler, schedule: cond_ot, grid: linear}
train: {batch: 512, optimizer: {kind: adam}, ema: 0.9}
";

/// What is held after some steps of training, and after some of sampling.
fn grown(device: &Device, steps: usize) -> [(&'static str, Growth); 2] {
    let config: RunConfig = typed(parse("test", CONFIG).expect("YAML")).expect("a configuration");
    let data: Arc<dyn Dataset> = config.data.open(None, Split::Train).expect("the data").into();
    let mut session = Session::new(&config, &*data, device).expect("a session");
    let mut loader = Loader::new(data, ROWS, config.seed).expect("a loader");
    let training = growth(device, steps, || {
        pollster::block_on(session.step(&mut loader).read()).expect("a step");
    });
    let model = session.model().expect("a model");
    let request = Request { count: ROWS, steps: Some(steps), ..Request::default() };
    let mut generation = model.generate(&request).expect("a generation");
    let sampling = growth(device, steps, || {
        generation.step().expect("as many steps as were asked for").expect("a step");
    });
    [("training", training), ("sampling", sampling)]
}

/// What is held after a few steps and after all of them.
type Growth = Option<[u64; 2]>;

fn growth(device: &Device, steps: usize, mut step: impl FnMut()) -> Growth {
    (0..FEW).for_each(|_| step());
    let before = held(device)?;
    (FEW..steps).for_each(|_| step());
    Some([before, held(device)?])
}

/// Bytes of the device's pool that are in use; of the process, where the device has none.
fn held(device: &Device) -> Option<u64> {
    device.sync().expect("an answer of the device");
    device.memory_pool_usage().map_or_else(resident, |usage| Some(usage.bytes_in_use))
}

/// Bytes of memory that this process has, as Linux counts them.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// The C library gives pages back when it likes, and hands them to one thread or another: two megabytes are let pass, where a forgotten
/// tensor of two numbers a row would be four. In a pool CubeCL keeps what it told its last launches, some hundred bytes a step at first and
/// fewer later: 64 kilobytes are let pass, where such a tensor would be 120.
const NOISE: [u64; 2] = [2 << 20, 64 << 10];

/// One after the other, as a process has one memory.
#[test]
fn after_many_steps_as_much_is_held_as_after_a_few() {
    for (name, device) in devices() {
        let (steps, noise) = if name == "cpu" { (1000, NOISE[0]) } else { (40, NOISE[1]) };
        for (what, growth) in grown(&device, steps) {
            let Some([before, after]) = growth else {
                skipped(&format!("{what} on {name}: this system does not say what a process holds"));
                continue;
            };
            println!("{what} on {name}: {before} bytes after {FEW} steps, {after} after {steps}");
            assert!(after <= before + noise, "{what} on {name}: {before} bytes became {after}");
        }
    }
}
