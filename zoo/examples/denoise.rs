//! What Denoise gives as a program: see `kiln studio`.
#![expect(clippy::print_stdout, reason = "it is what it is for")]

use kiln::model::Request;
use kiln::{config, device};

fn main() -> kiln::Result<()> {
    let model = kiln_zoo::load("mnist/flow", &device::cpu()?)?;
    let request: Request = config::typed(config::parse("request", REQUEST)?)?;
    let mut generation = model.generate(&request)?;
    while let Some(frame) = generation.step() {
        let frame = frame?;
        println!("step {} of {}, noise level {:.3}: {}", frame.step, frame.steps, frame.level, frame.x);
    }
    Ok(())
}

const REQUEST: &str = r#"{"count":16,"first":0,"seed":0,"sampler":null,"schedule":null,"grid":null,"steps":null,"guidance":null,"guiding":null,"decoding":null,"epsilon":null,"classes":"each","edit":null}"#;
