//! The density lab's "copy as command" is the run that the lab trains.

use kiln::config::{parse, typed};
use kiln::train::RunConfig;
use kiln_playground::lab::{FAMILIES, Settings};
use serde_json::{Value, json};

use crate::common::answer;

/// The words of a command, of which some stand in quotes.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(i, part)| if i % 2 == 0 { part.split_whitespace().collect() } else { vec![part] })
        .collect()
}

/// All but what it is called and when it is saved.
fn trained(run: &RunConfig) -> Value {
    let mut run = json!(run);
    run["name"] = json!("");
    run["train"]["checkpoint_every"] = json!(0);
    run
}

#[test]
fn the_labs_command_trains_what_the_lab_trains() {
    let folder = tempfile::tempdir().expect("a folder");
    for family in FAMILIES {
        let settings = Settings {
            family: family.name.into(),
            data: "drawn".into(),
            drawing: "a12p4".into(),
            rate: 0.004,
            seed: 9,
            ..Settings::default()
        };
        let command = settings.command().expect("a command");
        let words = words(&command);
        let [program, train, overrides @ ..] = &words[..] else { panic!("{command}") };
        assert_eq!([*program, *train], ["kiln", "train"]);
        let shown = answer(folder.path(), &[&["config", "show"], overrides].concat());
        let shown: RunConfig = typed(parse("shown", &shown).expect("YAML")).expect("a run");
        assert_eq!(trained(&shown), trained(&settings.run().expect("a run")), "{command}");
    }
}
