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
