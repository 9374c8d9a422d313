//! What a step of learning is told.

use super::*;
use crate::nn::Mode;

/// Which are hidden is a matter of the example's number, however batches are cut.
#[test]
fn classes_are_hidden_at_their_share_by_the_example_alone() {
    let device = Device::flex();
    let learning = Learning::new(7, Mode::Infer, &device);
    let batch = |first: u64, rows: u64| {
        let class = (first..first + rows).map(|index| index as u32 % 10).collect();
        Batch { x: vec![0.0; rows as usize], shape: vec![1], class: Some(class), first }
    };
    let told = learning.classes(&batch(0, 4000), 0.25);
    let hidden = told.iter().filter(|class| class.is_none()).count();
    // Four standard errors.
    assert!(hidden.abs_diff(1000) < 110, "{hidden} of 4000");
    assert!(told.iter().enumerate().all(|(i, class)| class.is_none_or(|class| class == i as u32 % 10)));
    assert_eq!(learning.classes(&batch(1000, 50), 0.25), told[1000..1050]);
    assert!(learning.classes(&batch(0, 100), 0.0).iter().all(Option::is_some));
    assert!(learning.classes(&batch(0, 100), 1.0).iter().all(Option::is_none));
    let untold = Batch { class: None, ..batch(0, 3) };
    assert_eq!(learning.classes(&untold, 0.0), [None; 3]);
}

#[test]
fn what_a_family_does_not_know_is_refused_with_its_reason() {
    let why_not = |asked| match asked {
        Asked::Steps(3) | Asked::Decoding => None,
        Asked::Guidance => Some("it has no classes"),
        _ => Some("it does not walk"),
    };
    let check = |request: Request| {
        request.check(&Helpers::default(), "a stone", why_not).map_err(|error| error.to_string())
    };
    let (decoding, none) = (Some(Decoding::default()), Request::default);
    assert_eq!(check(Request { steps: Some(3), guidance: Some(1.0), decoding, ..none() }), Ok(()));
    for (request, wanted) in [
        (Request { count: 0, ..none() }, "count: at least 1"),
        (
            Request { steps: Some(4), ..none() },
            "steps: this is not for a stone; leave it out: it does not walk",
        ),
        (
            Request { guidance: Some(2.0), ..none() },
            "guidance: this is not for a stone; leave it out: it has no classes",
        ),
        (Request { grid: GridConfig::named("karras").ok(), ..none() }, "grid: "),
        (Request { epsilon: EpsilonConfig::named("constant").ok(), ..none() }, "epsilon: "),
    ] {
        let said = check(request).expect_err("it should be refused");
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
}
