//! Every entry is what it says.

use kiln::model::{Classes, Request};

use super::{entries, find};

#[test]
fn entries_are_sorted_and_found_by_name() {
    let names: Vec<&str> = entries().iter().map(|entry| entry.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    for wanted in ["density/checkerboard", "density/gaussians", "density/moons", "density/spirals"] {
        assert!(names.contains(&wanted), "{wanted} is missing");
    }
    for wanted in ["mnist/classifier", "mnist/edm", "mnist/flow"] {
        assert_eq!(find(wanted).expect("an entry").name, wanted);
    }
    assert_eq!(find("vae_mnist").expect("an alias").name, "mnist/vae");
    let aliases: std::collections::BTreeSet<String> = entries().iter().map(super::Entry::alias).collect();
    assert_eq!(aliases.len(), entries().len(), "two entries of one alias");
    let error = find("mnist/flo").expect_err("not an entry").to_string();
    assert!(error.contains("did you mean `mnist/flow`?"), "{error}");
}

#[test]
fn every_configuration_is_one_and_names_its_entry() {
    for entry in entries() {
        let config = entry.run_config().unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        assert_eq!(config.name, entry.name.replace('/', "-"));
        config.train.check().unwrap_or_else(|error| panic!("{}: {error}", entry.name));
    }
}

#[test]
fn every_card_is_one_and_agrees_with_its_configuration() {
    for entry in entries() {
        let card = entry.card().unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        let Some(card) = card else {
            println!("SKIPPED: {} has no card yet", entry.name);
            continue;
        };
        let config = entry.run_config().expect("a configuration");
        assert_eq!((card.seed, card.steps), (config.seed, config.train.steps), "{}", entry.name);
        assert!(card.command.starts_with("kiln train "), "{}: {}", entry.name, card.command);
        assert!(card.evaluate.starts_with("kiln evaluate "), "{}: {}", entry.name, card.evaluate);
        assert!(!card.metrics.is_empty(), "{}", entry.name);
    }
}

#[test]
fn every_entrys_weights_load_and_are_of_its_configurations_shape() {
    let device = kiln::device::cpu().expect("a device");
    for entry in entries() {
        if entry.weights.is_none() {
            println!("SKIPPED: {} has no weights yet", entry.name);
            continue;
        }
        let model = entry.load(&device).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        let shape = entry.run_config().expect("a configuration").data.shape();
        assert_eq!(Some(&model.card().shape), shape.as_ref(), "{}", entry.name);
        let classes = if model.card().classes.is_empty() { Classes::Any } else { Classes::Each };
        // What walks is asked for one step.
        let walks = model.generator().is_some_and(|generator| generator.defaults().steps.is_some());
        let request = Request { count: 2, steps: walks.then_some(1), classes, ..Request::default() };
        if model.generator().is_none() {
            assert!(model.generate(&request).is_err(), "{}", entry.name);
        } else {
            let frame =
                model.generate(&request).expect("a generation").step().expect("a step").expect("a step");
            assert_eq!(frame.x.dims(), [2, model.card().features()], "{}", entry.name);
        }
    }
}
