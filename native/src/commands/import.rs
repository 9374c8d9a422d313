//! `kiln import`: another library's sampler in Kiln's own words.

use std::fmt::Write;
use std::path::PathBuf;

use kiln::import::{self, Imported};
use kiln::{Result, config, files};

use crate::failure::Outcome;
use crate::out;
use crate::save::save;

/// The arguments of `kiln import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  kiln import scheduler_config.json\n  kiln import scheduler_config.json --out sampling.yaml"
)]
pub(crate) struct Args {
    /// A scheduler that diffusers saved: `scheduler_config.json`
    file: PathBuf,
    /// Where the YAML goes; without it, to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> Outcome {
    let imported = import::read(&args.file.display().to_string(), &files::read(&args.file)?)?;
    let yaml = written(&imported)?;
    match args.out {
        None => out::say(yaml.trim_end()),
        Some(path) => {
            save(&path, yaml.as_bytes())?;
            out::say(format!("{}  {} as Kiln samples it", path.display(), imported.class));
        }
    }
    Ok(())
}

/// The part of a model's configuration that the scheduler decides, with the notes above it.
fn written(imported: &Imported) -> Result<String> {
    let mut text = format!("# {} of diffusers, as Kiln samples it: a part of `model`.\n", imported.class);
    for note in &imported.notes {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# note: {note}");
    }
    Ok(text + &config::to_yaml(imported)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_a_part_of_a_models_configuration() {
        let file = serde_json::json!({
            "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.42.1", "use_karras_sigmas": true,
            "clip_sample": false,
        });
        let yaml = written(&import::diffusers(&file).expect("a scheduler")).expect("YAML");
        assert!(yaml.contains("# note: clip_sample") && yaml.contains("prediction:"), "{yaml}");
        let mut value = config::parse("sampling.yaml", &yaml).expect("YAML");
        value["kind"] = "diffusion".into();
        let model: kiln::factory::ModelConfig = config::typed(value).expect("a model's configuration");
        assert_eq!(model.name(), "diffusion");
    }

    #[test]
    fn a_file_as_python_writes_it_is_imported() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, out] = ["scheduler_config.json", "sampling.yaml"].map(|name| folder.path().join(name));
        let text = r#"{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity}"#;
        std::fs::write(&file, text).expect("a file");
        run(Args { file, out: Some(out.clone()) }).expect("a scheduler");
        let yaml = std::fs::read_to_string(&out).expect("a file");
        assert!(yaml.contains("kind: dpmpp") && yaml.contains("lambda_min: null"), "{yaml}");
    }
}
