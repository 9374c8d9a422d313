//! How probable a model finds data, as a user asks for it.

use super::common::{MOONS, SHAPES, answer, argument, only_run, refusal};
use serde_json::Value;

fn trained(config: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), config).expect("a file");
    let args = ["train", "config.yaml", "train.steps=1", "train.batch=4", "--device", "cpu", "--out", "runs"];
    answer(folder.path(), &args);
    let run = only_run(&folder.path().join("runs"));
    (folder, argument(&run).to_owned())
}

fn judged(folder: &std::path::Path, args: &[&str]) -> Value {
    let said = answer(folder, &[&["likelihood", "--device", "cpu", "--json"], args].concat());
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{args:?}: {error}"))
}

#[test]
fn points_are_judged_the_same_whatever_the_batch() {
    let (folder, run) = trained(MOONS);
    let few = [run.as_str(), "-n", "20", "--steps", "5"];
    let whole = judged(folder.path(), &few);
    let parts = judged(folder.path(), &[&few[..], &["--batch", "7"]].concat());
    let nats = |told: &Value| told["log_likelihood"]["nats"].as_f64().expect("nats");
    assert!((nats(&whole) - nats(&parts)).abs() < 1e-4, "{whole} {parts}");
    assert_eq!((&whole["examples"], &whole["evaluations"]), (&20.into(), &20.into()));
    let bits = whole["log_likelihood"]["bits_per_dim"].as_f64().expect("bits");
    assert!((bits + nats(&whole) / (2.0 * 2.0_f64.ln())).abs() < 1e-9);
    let bound = judged(folder.path(), &[&few[..], &["--method", "bound"]].concat());
    assert_eq!(bound["evaluations"], 5);
    assert!(nats(&bound).is_finite());

    let said = answer(folder.path(), &["likelihood", &run, "-n", "20", "--steps", "3", "--device", "cpu"]);
    assert!(said.contains("log-density") && said.contains("bits per dimension"), "{said}");
}

#[test]
fn pictures_are_judged_by_a_probe_and_told_their_class() {
    let (folder, run) = trained(SHAPES);
    let few = [run.as_str(), "-n", "4", "--steps", "2", "--conditional"];
    let told = judged(folder.path(), &few);
    // Procedural shapes have smooth edges: they are no bytes.
    assert_eq!((&told["discrete"], &told["conditional"]), (&false.into(), &true.into()));
    assert!(told["log_likelihood"]["nats"].as_f64().is_some_and(f64::is_finite), "{told}");
}

#[test]
fn what_cannot_be_judged_is_refused_with_the_remedy() {
    let (folder, run) = trained(MOONS);
    for (args, wanted) in [
        (vec![&*run, "-n", "1"], "at least 2 examples"),
        (vec![&*run, "--batch", "0"], "at least 1 example"),
        (vec![&*run, "--steps", "0"], "`steps`: wanted 1 or more"),
        (vec![&*run, "--probes", "0"], "`divergence.probes`"),
        (vec![&*run, "--method", "odee"], "did you mean `ode`?"),
        (vec![&*run, "--integrator", "dopri5:tolerance=0"], "`integrator.tolerance`"),
        (vec![&*run, "--conditional"], "these data have no classes"),
        (vec![&*run, "--dataset", "shapes"], "the data are of [3, "),
        (vec!["mnist/classifier"], "a classifier has no likelihood"),
        (vec!["density/moon"], "did you mean `density/moons`?"),
    ] {
        let said = refusal(folder.path(), &[&["likelihood", "--device", "cpu"], &args[..]].concat());
        assert!(said.contains(wanted), "kiln likelihood {args:?} said: {said}");
    }
}
