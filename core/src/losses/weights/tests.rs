//! Schedules against the numbers that their formulas give.

use super::*;

#[test]
fn weights_rise_as_they_say() {
    let of = |schedule: &dyn Scheduled, steps: [u64; 5]| steps.map(|step| schedule.at(step, 400));
    assert_eq!(of(&ConstantWeight {}, [0, 1, 100, 399, 400]), [1.0; 5]);
    let linear = LinearWeight { delay: 10, over: 100 };
    assert_eq!(of(&linear, [0, 10, 60, 110, 400]), [0.0, 0.0, 0.5, 1.0, 1.0]);
    let cosine = CosineWeight { delay: 0, over: 90 };
    let wanted = [0.0, 0.25, 0.5, 0.75, 1.0];
    for (found, wanted) in of(&cosine, [0, 30, 45, 60, 90]).iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-15, "{found} {wanted}");
    }
    let cyclical = CyclicalWeight { cycles: 4, rise: 0.5 };
    assert_eq!(of(&cyclical, [0, 25, 50, 99, 125]), [0.0, 0.5, 1.0, 1.0, 0.5]);
    assert_eq!(of(&cyclical, [100, 200, 350, 399, 400]), [0.0, 0.0, 1.0, 1.0, 1.0]);
}

#[test]
fn every_schedule_stays_within_0_and_1_and_ends_at_1() {
    for schedule in LossScheduleConfig::all() {
        schedule.check().expect("a default should be a schedule");
        assert!((0..=3000).all(|step| (0.0..=1.0).contains(&schedule.at(step, 3000))), "{}", schedule.name());
        assert_eq!(schedule.at(3000, 3000), 1.0, "{}", schedule.name());
    }
    assert!(CyclicalWeight { cycles: 0, rise: 0.5 }.check().is_err());
    assert!(LinearWeight { delay: 0, over: 0 }.check().is_err());
}
