use pollster::block_on;

use super::*;

/// The models of the zoo that these tests ask for.
fn library() -> Library {
    let mut library = Library::new(&kiln::device::cpu().expect("a device"), None);
    for name in ["density/checkerboard", "density/checkerboard-nsf", "transport/8gaussians-to-moons"] {
        let bytes = kiln_zoo::find(name).and_then(kiln_zoo::Entry::bytes).expect("weights");
        library.take(name.into(), bytes.to_vec());
    }
    for (name, made) in block_on(library.unpack()) {
        made.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    library
}

fn racer(sampler: &str, steps: usize) -> Racer {
    Racer { sampler: sampler.into(), steps, grid: String::new() }
}

fn settings(racers: Vec<Racer>) -> Settings {
    Settings { points: 100, racers, ..Settings::default() }
}

/// All that is told until nothing is left to do.
fn reports(work: &mut Work, library: &mut Library, settings: Settings) -> Vec<Report> {
    work.show(settings);
    let mut reports = Vec::new();
    while work.busy() {
        reports.extend(block_on(work.step(library)));
    }
    reports
}

fn raced(settings: Settings) -> Vec<Report> {
    reports(&mut Work::default(), &mut library(), settings)
}

fn frames(reports: &[Report], at: usize) -> Vec<Frame> {
    let frame = |report: &Report| match report {
        Report::Frame(of, frame) if *of == at => Some(frame.clone()),
        _ => None,
    };
    reports.iter().filter_map(frame).collect()
}

fn marks(reports: &[Report], at: usize) -> Vec<Mark> {
    let mark = |report: &Report| match report {
        Report::Mark(of, mark) if *of == at => Some(*mark),
        _ => None,
    };
    reports.iter().filter_map(mark).collect()
}

fn refusal(reports: &[Report]) -> String {
    match reports {
        [Report::Refused(why)] => why.clone(),
        others => panic!("it should be refused: {others:?}"),
    }
}

#[test]
fn the_error_of_heun_falls_with_the_square_of_its_steps() {
    let reports = raced(settings(vec![racer("heun", 4), racer("heun", 32)]));
    let ends = [0, 1].map(|at| frames(&reports, at).pop().expect("frames"));
    assert_eq!(ends.each_ref().map(|end| end.evaluations), [7, 63], "one evaluation is enough into data");
    let [few, many] = ends.map(|end| end.apart.rms);
    // Sixty-fourth in the limit.
    assert!(many < 0.1 * few && few < 0.5, "{few} {many}");
    let marks = marks(&reports, 0);
    assert_eq!(marks.len(), POINTS.len(), "they share a curve");
    assert!(marks.windows(2).all(|pair| pair[1].apart.rms < pair[0].apart.rms), "{marks:?}");
    assert_eq!((marks[1].evaluations, marks[1].apart.rms), (7, few), "a mark is the end of a race");
    assert!(matches!(reports.last(), Some(Report::Done)));
}

#[test]
fn the_reference_is_no_distance_from_itself_all_the_way() {
    let own = Racer::reference(&[2]);
    let reports = raced(settings(vec![own.clone()]));
    let frames = frames(&reports, 0);
    assert_eq!(frames.len(), own.steps);
    let far = frames.iter().map(|frame| frame.apart.rms.max(frame.apart.sliced)).fold(0.0, f64::max);
    assert!(far < 1e-5, "{far}");
    let told = reports.iter().find_map(|report| match report {
        Report::Reference(reference) => Some(reference),
        _ => None,
    });
    let told = told.expect("a reference");
    assert_eq!(
        (told.evaluations, told.start.len(), &told.end),
        (2 * own.steps - 1, 200, &frames[own.steps - 1].rows)
    );
    assert!(told.floor.is_some_and(|floor| (0.01..1.0).contains(&floor)), "{:?}", told.floor);
}

#[test]
fn a_race_is_the_same_again_and_what_stays_is_not_computed_anew() {
    let racers = || vec![racer("dpmpp_2m", 5), racer("euler_ancestral", 6)];
    let (mut work, mut library) = (Work::default(), library());
    let first = reports(&mut work, &mut library, settings(racers()));
    let again = raced(settings(racers()));
    for at in [0, 1] {
        assert_eq!(frames(&first, at), frames(&again, at));
        assert_eq!(marks(&first, at), marks(&again, at));
    }
    let noisy = frames(&first, 1).pop().expect("frames").apart;
    assert!(noisy.rms > 2.0 * noisy.sliced, "noise of its own is no error of the set: {noisy:?}");
    // With other numbers of steps the reference and the curves are there at once.
    work.show(settings(vec![racer("dpmpp_2m", 7)]));
    let begun = block_on(work.step(&mut library));
    assert!(matches!(begun[..2], [Report::Begun(_), Report::Reference(_)]), "{begun:?}");
    assert_eq!(marks(&begun, 0), marks(&first, 0));
    // Another seed is another race.
    work.show(Settings { seed: 1, ..settings(racers()) });
    assert_eq!(block_on(work.step(&mut library)).len(), 1);
}

#[test]
fn who_does_not_fit_the_model_is_out_and_the_others_run() {
    let model = "transport/8gaussians-to-moons".to_owned();
    let reports = raced(Settings { model, ..settings(vec![racer("dpmpp_2m", 4), racer("rk4", 4)]) });
    let out = reports.iter().any(
        |report| matches!(report, Report::Out(0, why) if why.contains("does not walk along an interpolant")),
    );
    assert!(out && frames(&reports, 0).is_empty() && marks(&reports, 0).is_empty());
    let frames = frames(&reports, 1);
    assert_eq!((frames.len(), frames[3].evaluations, frames[3].level), (4, 16, 0.0));
    assert!(frames[3].apart.rms < 0.4, "{:?}", frames[3].apart);
}

#[test]
fn what_cannot_be_raced_is_refused_and_weights_are_waited_for() {
    let why = refusal(&raced(settings(vec![racer("huen", 4)])));
    assert!(why.contains("unknown sampler `huen` (did you mean `heun`?)"), "{why}");
    let why = refusal(&raced(settings(vec![racer("heun", 201)])));
    assert_eq!(why, "racers.0.steps: wanted 1 to 200, this is 201");
    let nsf = Settings { model: "density/checkerboard-nsf".into(), ..Settings::default() };
    let why = refusal(&raced(nsf));
    assert!(why.contains("no noise levels to walk through"), "{why}");
    let mut work = Work::default();
    let mut empty = Library::new(&kiln::device::cpu().expect("a device"), None);
    assert!(reports(&mut work, &mut empty, Settings::default()).is_empty());
    assert_eq!(empty.wanted(), ["density/checkerboard"]);
    work.woken();
    assert!(work.busy());
}
