//! The lab on a device that draws the window too.

use super::*;

fn settings() -> Settings {
    Settings { training: 20, hidden: 8, batch: 16, particles: 50, steps: 4, ..Settings::default() }
}

fn work(shared: bool) -> Work {
    let mut work = Work::new(&kiln::device::cpu().expect("a device"));
    work.shared = shared;
    work.take(Order::Show(Box::new(settings())));
    work
}

/// All that is told until nothing is left to do.
fn told(work: &mut Work) -> Vec<Report> {
    let mut all = Vec::new();
    while work.busy() {
        all.extend(pollster::block_on(work.step(0.0)));
    }
    all
}

fn film(reports: &[Report]) -> Film {
    let film = |report: &Report| if let Report::Film(film) = report { Some(film.clone()) } else { None };
    reports.iter().rev().find_map(film).expect("a film")
}

#[test]
fn frames_that_stay_are_those_that_are_read() {
    let [stayed, read] = [true, false].map(|shared| film(&told(&mut work(shared))));
    assert_eq!((stayed.start(), stayed.end()), (read.start(), read.end()));
    let frames = stayed.kept.expect("frames").tensor().to_data().try_to_vec::<f32>().expect("numbers");
    assert_eq!(frames, read.points);
    assert!(read.kept.is_none());
}

#[test]
fn what_was_learnt_goes_on_elsewhere() {
    let mut first = work(true);
    first.take(Order::Train(true));
    let reports = told(&mut first);
    let kept = reports.iter().find_map(|report| match report {
        Report::Kept(kept) => Some(kept.clone()),
        _ => None,
    });
    let wanted = film(&reports);
    assert_eq!(wanted.trained, 20);
    // The order may come before the settings or after them.
    for late in [true, false] {
        let mut second = Work::new(&kiln::device::cpu().expect("a device"));
        second.shared = true;
        let resume = Order::Resume(kept.clone().expect("what was learnt"));
        let show = Order::Show(Box::new(settings()));
        let mut reports = Vec::new();
        for order in if late { [show, resume] } else { [resume, show] } {
            second.take(order);
            reports.extend(told(&mut second));
        }
        let found = film(&reports);
        assert_eq!((found.trained, found.end()), (20, wanted.end()));
        assert!(reports.iter().any(|report| matches!(report, Report::Learnt(20, ..))), "{reports:?}");
    }
}
