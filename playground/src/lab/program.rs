//! What the lab is set to as a program.

use super::Settings;

/// A program that trains the model and draws the particles: `main` of a crate that depends on `kiln` with its feature `cpu`.
pub(super) fn of(settings: &Settings) -> String {
    let run = settings.run_json().map(|run| format!("{run:#}")).unwrap_or_default();
    let request =
        settings.request().map(|request| serde_json::json!(request).to_string()).unwrap_or_default();
    format!(
        r##"use std::sync::Arc;

use kiln::data::{{Dataset, Loader, Split}};
use kiln::model::Request;
use kiln::train::{{RunConfig, Session}};
use kiln::{{config, device}};

fn main() -> kiln::Result<()> {{
    let device = device::cpu()?;
    let run: RunConfig = config::typed(config::parse("lab", RUN)?)?;
    let data: Arc<dyn Dataset> = run.data.open(None, Split::Train)?.into();
    let mut session = Session::new(&run, &*data, &device)?;
    let mut loader = Loader::new(data, run.train.batch, run.seed)?;
    while session.steps() < run.train.steps {{
        session.step(&mut loader);
    }}
    let request: Request = config::typed(config::parse("request", REQUEST)?)?;
    let model = session.model()?;
    let mut generation = model.generate(&request)?;
    while let Some(frame) = generation.step() {{
        println!("{{}}", frame?.x);
    }}
    Ok(())
}}

const RUN: &str = r#"{run}"#;

const REQUEST: &str = r#"{request}"#;
"##
    )
}
