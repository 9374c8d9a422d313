//! Teachers: who is refused, what is taken over, and that a run with one resumes to the same bits.

use std::sync::Arc;

use super::*;
use crate::classifier::ClassifierConfig;
use crate::data::{DataConfig, Dataset, Loader, Split};
use crate::nn::Init;
use crate::train::{RunConfig, Session};

/// A walk that fits an objective.
fn sampling(objective: &str) -> Value {
    let sampler = match objective {
        "consistency" | "consistency_distillation" => "consistency",
        "progressive" | "shortcut" => "ddim",
        _ => "heun",
    };
    json!({ "sampler": sampler, "steps": 4 })
}

fn run(objective: &str, teacher: Option<&str>) -> RunConfig {
    config::typed(json!({ "data": "moons",
        "model": { "kind": "diffusion", "objective": objective, "label_dropout": 1.0, "sigma_data": 1.0,
            "network": { "kind": "mlp", "hidden": 16, "blocks": 1 }, "sampling": sampling(objective) },
        "train": { "steps": 8, "batch": 16, "teacher": teacher } }))
    .expect("a run")
}

fn moons() -> Arc<dyn Dataset> {
    DataConfig::named("moons").and_then(|data| data.open(None, Split::Train)).expect("moons").into()
}

fn session(run: &RunConfig) -> Session {
    Session::new(run, &*moons(), &Device::flex()).expect("a session")
}

fn steps(session: &mut Session, n: u64) {
    let mut loader = Loader::new(moons(), 16, 0).expect("a loader");
    (0..n).for_each(|_| drop(session.step(&mut loader)));
}

fn files(session: &Session) -> Vec<(String, Vec<u8>)> {
    pollster::block_on(session.save()).expect("a checkpoint")
}

const TAUGHT: [&str; 3] = ["consistency_distillation", "progressive", "reflow"];

#[test]
fn a_teacher_that_lacks_or_is_of_no_use_is_refused() {
    let said = |run: &RunConfig| {
        Session::new(run, &*moons(), &Device::flex()).err().expect("this should be refused").to_string()
    };
    for objective in TAUGHT {
        let said = said(&run(objective, None));
        assert!(said.contains("`train.teacher`") && said.contains("train.teacher=mnist/edm"), "{said}");
    }
    for objective in ["denoise", "consistency", "shortcut"] {
        let said = said(&run(objective, Some("mnist/edm")));
        assert!(said.contains("`train.teacher`: `mnist/edm` would not be asked anything"), "{said}");
        let given = session(&run(objective, None)).with_teacher(Rc::new(Exact::new(ideal)));
        assert!(given.err().expect("of no use").to_string().contains("would not be asked anything"));
    }
}

#[test]
fn a_teacher_of_other_data_is_refused() {
    let given = |teacher: Rc<dyn Model>| {
        let session = session(&run("consistency_distillation", Some("it"))).with_teacher(teacher);
        session.err().expect("this should be refused").to_string()
    };
    let exact = Exact::new(ideal);
    let other = Exact { card: Card { shape: vec![1, 28, 28], ..exact.card.clone() }, ..exact };
    let said = given(Rc::new(other));
    assert!(said.contains("it knows samples of shape [1, 28, 28], these data are of [2]"), "{said}");
    let exact = Exact::new(ideal);
    let classes = ["a", "b", "c"].map(String::from).to_vec();
    let said = given(Rc::new(Exact { card: Card { classes, ..exact.card.clone() }, ..exact }));
    assert!(said.contains("it is told 3 classes (a to c), this model no classes"), "{said}");
    let interface = Interface::new(vec![1, 8, 8], vec!["a".into(), "b".into()]);
    let config = ClassifierConfig::default();
    let network = config.network(&interface, &Init::new(1, &Device::flex())).expect("a network");
    let judge = config.model(&interface, network, &Device::flex()).expect("a classifier");
    let said = given(judge.into());
    assert!(said.contains("a classifier does not denoise"), "{said}");
}

/// A student of progressive distillation teaches the next, and nobody else; a consistency function teaches nobody.
#[test]
fn a_teacher_says_what_is_learnt_from() {
    let learnt = |objective: &str| -> Rc<dyn Model> {
        let teacher = TAUGHT.contains(&objective).then_some("it");
        session(&run(objective, teacher)).model().expect("a model").into()
    };
    for teacher in ["denoise", "reflow", "shortcut", "progressive", "consistency", "consistency_distillation"]
    {
        for objective in TAUGHT {
            let given = session(&run(objective, Some("it"))).with_teacher(learnt(teacher));
            let fits = match teacher {
                "progressive" => objective == "progressive",
                other => !other.starts_with("consistency"),
            };
            assert_eq!(given.is_ok(), fits, "{teacher} for {objective}");
            if let Some(said) = given.err().map(|error| error.to_string()) {
                assert!(
                    said.contains("`train.teacher`: it has learnt where") && said.contains("`denoise`"),
                    "{said}"
                );
            }
        }
    }
}

/// A teacher that was never asked without a class.
struct Told;

impl Conditional for Told {
    fn denoise(&self, x: Tensor<2>, sigma: f64, _class: Option<&Tensor<2>>) -> Tensor<2> {
        ideal(x, &[sigma])
    }
    fn unconditional(&self) -> bool {
        false
    }
}

#[test]
fn a_teacher_that_does_not_know_no_class_is_not_guided() {
    let teacher = Exact { denoiser: Rc::new(Told), ..Exact::new(ideal) };
    let guided = |objective: &str, guidance: f64| {
        let objective = match objective {
            "reflow" => json!({ "kind": objective, "sampling": { "guidance": guidance } }),
            _ => json!({ "kind": objective, "guidance": guidance }),
        };
        model(&json!({ "objective": objective })).check_teacher(&teacher)
    };
    for objective in ["consistency_distillation", "reflow"] {
        let said = guided(objective, 2.0).expect_err("away from nothing").to_string();
        assert!(said.contains("it has never learnt without a class"), "{said}");
        guided(objective, 1.0).expect("it is not guided");
    }
}

#[test]
fn options_that_do_not_fit_are_refused_with_their_place() {
    let refused = |model: Value| {
        let mut value = json!({ "model": { "kind": "diffusion", "label_dropout": 1.0, "network": "mlp" }, "train": { "teacher": "it" } });
        for (key, field) in model.as_object().expect("a map") {
            value["model"][key] = field.clone();
        }
        let run: RunConfig = config::typed(value).expect("the right types");
        Session::new(&run, &*moons(), &Device::flex()).err().expect("this should be refused").to_string()
    };
    for (objective, wanted) in [
        (json!({ "kind": "consistency_distillation", "levels": 1 }), "`model.objective.levels`"),
        (
            json!({ "kind": "consistency_distillation", "guidance": 2.0 }),
            "`model.objective.guidance`: wanted 1",
        ),
        (json!({ "kind": "progressive", "steps": 3 }), "model.sampling.steps=18; these are 3"),
        (
            json!({ "kind": "reflow", "sampling": { "sampler": "dopri5" } }),
            "`model.objective.sampling.sampler`: wanted one of fixed steps",
        ),
        (json!({ "kind": "reflow", "sampling": { "steps": 0 } }), "steps"),
    ] {
        let said = refused(json!({ "objective": objective }));
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
    for (objective, wanted) in [
        (json!({ "kind": "consistency", "first": 0 }), "`objective.first`"),
        (json!({ "kind": "consistency", "last": 5 }), "`objective.last`: wanted 10 or more"),
        (json!({ "kind": "consistency", "huber": 0.0 }), "`objective.huber`"),
        (json!({ "kind": "shortcut", "finest": 48 }), "`objective.finest`: wanted a power of two"),
        (json!({ "kind": "shortcut", "every": 0 }), "`objective.every`"),
    ] {
        let built =
            model(&json!({ "objective": objective })).network(&interface(), &Init::new(1, &Device::flex()));
        let said = built.err().expect("this should be refused").to_string();
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
    let deaf = model(&json!({ "objective": "shortcut", "network": "perceptron" }));
    let said =
        deaf.network(&interface(), &Init::new(1, &Device::flex())).err().expect("a refusal").to_string();
    assert!(said.contains("`objective`") && said.contains("`perceptron` does not listen"), "{said}");
}

#[test]
fn a_student_begins_with_its_teachers_weights_where_the_networks_are_alike() {
    let mut teacher = session(&run("denoise", None));
    steps(&mut teacher, 8);
    let teacher: Rc<dyn Model> = teacher.model().expect("a model").into();
    let flat = |model: &dyn Model| -> Vec<TensorData> {
        model.parameters().into_iter().map(|named| named.value.into_data()).collect()
    };
    for objective in TAUGHT {
        let alike = session(&run(objective, Some("it"))).with_teacher(teacher.clone()).expect("it fits");
        assert_eq!(flat(&*alike.model().expect("a model")), flat(&*teacher), "{objective}");
        let mut wider = run(objective, Some("it"));
        wider.model =
            config::typed(json!({ "kind": "diffusion", "objective": objective, "label_dropout": 1.0,
            "network": { "kind": "mlp", "hidden": 24, "blocks": 1 }, "sampling": sampling(objective) }))
            .expect("a model");
        let fresh = flat(&*session(&wider).model().expect("a model"));
        let other = session(&wider).with_teacher(teacher.clone()).expect("it fits");
        assert_eq!(flat(&*other.model().expect("a model")), fresh, "{objective}");
    }
}

#[test]
fn a_run_with_a_teacher_resumes_to_the_same_bits() {
    for objective in TAUGHT {
        let run = run(objective, Some("formula"));
        let taught = || session(&run).with_teacher(Rc::new(Exact::new(ideal))).expect("it fits");
        let (mut straight, mut first, mut second) = (taught(), taught(), taught());
        let mut loader = Loader::new(moons(), 16, 0).expect("a loader");
        (0..8).for_each(|_| drop(straight.step(&mut loader)));
        (0..4).for_each(|_| drop(first.step(&mut loader)));
        second.load(&files(&first)).expect("the checkpoint should load");
        (4..8).for_each(|_| drop(second.step(&mut loader)));
        for (one, two) in files(&straight).iter().zip(files(&second)) {
            assert!(one.1 == two.1, "{objective}: {} differs", one.0);
        }
    }
}
