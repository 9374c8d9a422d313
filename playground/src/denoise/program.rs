//! What is drawn as a program.

use kiln::Result;
use kiln::model::Card;
use serde_json::json;

use super::Settings;

/// A program that draws the pictures: `main` of a crate that depends on `kiln`, with its feature `cpu`, and on `kiln-zoo`.
pub(super) fn of(settings: &Settings, card: &Card) -> Result<String> {
    let request = json!(settings.request(card)?);
    let model = &settings.model;
    Ok(format!(
        r##"use kiln::model::Request;
use kiln::{{config, device}};

fn main() -> kiln::Result<()> {{
    let model = kiln_zoo::load("{model}", &device::cpu()?)?;
    let request: Request = config::typed(config::parse("request", REQUEST)?)?;
    let mut generation = model.generate(&request)?;
    while let Some(frame) = generation.step() {{
        let frame = frame?;
        println!("step {{}} of {{}}, noise level {{:.3}}: {{}}", frame.step, frame.steps, frame.level, frame.x);
    }}
    Ok(())
}}

const REQUEST: &str = r#"{request}"#;
"##
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program is an example of the zoo, which is compiled with it; `UPDATE_SNAPSHOTS=1` writes it anew.
    #[test]
    fn the_program_is_the_example_that_is_compiled() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../zoo/examples/denoise.rs");
        let head = "//! What Denoise gives as a program: see `kiln studio`.\n#![expect(clippy::print_stdout, reason = \"it is what it is for\")]\n\n";
        let model = kiln_zoo::load("mnist/flow", &kiln::device::cpu().expect("a device")).expect("a model");
        let program = of(&Settings::default(), model.card()).expect("a program");
        let wanted = head.to_owned() + &program;
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            kiln::files::write_atomic(path.as_ref(), wanted.as_bytes()).expect("it should be written");
        }
        let found = kiln::files::read(path.as_ref()).expect("there should be an example");
        assert_eq!(String::from_utf8_lossy(&found), wanted, "UPDATE_SNAPSHOTS=1 writes it anew");
    }
}
