//! Lists the zoo: every folder `GROUP/NAME` here that has a `config.yaml` is an entry.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script runs where there are files, never in a browser"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=.");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let mut table = String::from("&[\n");
    for name in entries(&root)? {
        entry(&mut table, &root, &name);
    }
    table.push(']');
    fs::write(Path::new(&variable("OUT_DIR")).join("entries.rs"), table)
}

/// What cargo sets for every build script.
fn variable(name: &str) -> String {
    env::var(name).expect("cargo should set its variables")
}

/// `GROUP/NAME` of each, sorted.
fn entries(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for group in folders(root)? {
        for name in folders(&root.join(&group))? {
            if root.join(&group).join(&name).join("config.yaml").is_file() {
                found.push(format!("{group}/{name}"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Names of the folders in a folder.
fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

/// One line of the table.
fn entry(table: &mut String, root: &Path, name: &str) {
    let file = |file: &str| root.join(name).join(file).display().to_string();
    let included = |wanted: &str, with: &str| {
        let path = file(wanted);
        if Path::new(&path).is_file() { format!("Some({with}!({path:?}))") } else { "None".to_owned() }
    };
    // A browser fetches the weights: they are not to be carried twice.
    let embed = env::var_os("CARGO_FEATURE_EMBED").is_some();
    let weights = if embed { included("weights.safetensors", "include_bytes") } else { "None".to_owned() };
    writeln!(
        table,
        "    Entry {{ name: {name:?}, file: {:?}, config: include_str!({:?}), card_text: {}, weights: {weights} }},",
        format!("{name}/weights.safetensors"),
        file("config.yaml"),
        included("card.yaml", "include_str"),
    )
    .expect("writing to a string should not fail");
}
