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

#[cfg(test)]
mod tests {
    use super::*;

    /// The program is an example of the library, which is compiled with it; `UPDATE_SNAPSHOTS=1` writes it anew.
    #[test]
    fn the_program_is_the_example_that_is_compiled() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/examples/lab.rs");
        let head = "//! What the density lab gives as a program: see `kiln studio`.\n#![expect(clippy::print_stdout, reason = \"it is what it is for\")]\n\n";
        let wanted = head.to_owned() + &of(&Settings::default());
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            kiln::files::write_atomic(path.as_ref(), wanted.as_bytes()).expect("it should be written");
        }
        let found = kiln::files::read(path.as_ref()).expect("there should be an example");
        assert_eq!(String::from_utf8_lossy(&found), wanted, "UPDATE_SNAPSHOTS=1 writes it anew");
    }
}
