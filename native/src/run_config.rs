//! A run's configuration, by the name of a file or of an entry of the zoo.

use std::path::Path;

use kiln::train::RunConfig;
use kiln::{Error, Result, config};

/// The configuration called `name` with `overrides` on top, every default filled in.
pub fn read(name: &str, overrides: &[String]) -> Result<RunConfig> {
    let path = Path::new(name);
    if path.is_file() || is_yaml(path) {
        return config::typed(config::read_file(path, overrides)?);
    }
    if path.is_dir() && path.join("config.yaml").is_file() {
        return config::typed(config::read_file(&path.join("config.yaml"), overrides)?);
    }
    let entry = kiln_zoo::find(name).map_err(|error| {
        Error::argument(format!(
            "{error}. A YAML file or the folder of a run would do as well; there is none called `{name}`"
        ))
    })?;
    config::load(name, overrides, &|file| match kiln_zoo::find(file) {
        Ok(entry) => Ok(entry.config.to_owned()),
        Err(_) => Err(Error::format(entry.name, format!("an entry of the zoo cannot build on `{file}`"))),
    })
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
