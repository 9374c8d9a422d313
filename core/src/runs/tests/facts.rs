//! Events and scalars.

use std::fs::{self, OpenOptions};
use std::io::Write;

use serde_json::json;

use super::super::{Run, Timestamp};
use super::run;

fn cut_short(run: &Run, file: &str, rest: &str) {
    let path = run.folder().join("facts").join(file);
    OpenOptions::new().append(true).open(path).unwrap().write_all(rest.as_bytes()).unwrap();
}

#[test]
fn every_float_reads_back_to_the_same_bits() {
    let (_root, run) = run();
    let values =
        [0.1, 1.0 / 3.0, f64::MIN_POSITIVE, -0.0, f64::MAX, f64::INFINITY, f64::NAN, f64::from(0.1_f32)];
    for (step, value) in values.into_iter().enumerate() {
        run.scalars(step as u64, &[("loss", value)]).unwrap();
    }
    let scalars = run.read_scalars().unwrap();
    for (value, (_, found)) in values.iter().zip(&scalars.rows) {
        assert!(value.to_bits() == found[0].to_bits() || (value.is_nan() && found[0].is_nan()));
    }
    assert_eq!(scalars.rows.len(), values.len());
}

#[test]
fn a_resumed_run_has_the_scalars_of_an_uninterrupted_one() {
    let (_a, uninterrupted) = run();
    let (_b, resumed) = run();
    let write =
        |run: &Run, step: u64| run.scalars(step, &[("loss", 1.0 / step as f64), ("rate", 0.001)]).unwrap();
    (1..=30).for_each(|step| write(&uninterrupted, step));
    (1..=17).for_each(|step| write(&resumed, step));
    cut_short(&resumed, "scalars.csv", "18,0.05");
    resumed.rewind(10).unwrap();
    (11..=30).for_each(|step| write(&resumed, step));
    let read = |run: &Run| fs::read(run.folder().join("facts/scalars.csv")).unwrap();
    assert_eq!(read(&uninterrupted), read(&resumed));
    assert_eq!(resumed.read_scalars().unwrap().series("rate").unwrap()[29], (30.0, 0.001));
}

#[test]
fn a_line_cut_short_anywhere_is_dropped_and_the_next_is_not_glued_to_it() {
    let (_root, run) = run();
    run.scalars(1, &[("loss", 0.5)]).unwrap();
    run.event(Timestamp(0), "started", 0, json!(null)).unwrap();
    let (row, line) = ("2,0.25", r#"{"time":"1970-01-01T00:00:00Z","kind":"sav"#);
    for end in 1..=row.len() {
        cut_short(&run, "scalars.csv", &row[..end]);
        assert_eq!(run.read_scalars().unwrap().rows, [(1, vec![0.5])]);
        run.rewind(1).unwrap();
    }
    cut_short(&run, "scalars.csv", row);
    cut_short(&run, "events.jsonl", line);
    assert_eq!(run.read_events().unwrap().len(), 1);
    run.scalars(3, &[("loss", 0.125)]).unwrap();
    run.event(Timestamp(60), "resumed", 1, json!({ "from": "step_000001" })).unwrap();
    assert_eq!(run.read_scalars().unwrap().rows, [(1, vec![0.5]), (3, vec![0.125])]);
    let events = run.read_events().unwrap();
    assert_eq!(events[1].fields["from"], "step_000001");
    assert_eq!((events[1].time.as_str(), events[1].step), ("1970-01-01T00:01:00Z", 1));
}

#[test]
fn a_header_cut_short_is_written_again() {
    let (_root, run) = run();
    fs::write(run.folder().join("facts/scalars.csv"), "step,lo").unwrap();
    assert!(run.read_scalars().unwrap().rows.is_empty());
    run.scalars(1, &[("loss", 0.5)]).unwrap();
    assert_eq!(run.read_scalars().unwrap().columns, ["loss"]);
}

#[test]
fn a_run_without_facts_has_none() {
    let (_root, run) = run();
    assert!(run.read_events().unwrap().is_empty());
    assert!(run.read_scalars().unwrap().rows.is_empty());
    run.rewind(0).unwrap();
}

#[test]
fn what_cannot_be_written_or_read_is_refused_with_its_place() {
    let (_root, run) = run();
    let refused =
        |values: &[(&str, f64)]| run.scalars(1, values).expect_err("it should be refused").to_string();
    for name in ["step", "", "a,b", "a\nb"] {
        assert!(refused(&[(name, 1.0)]).contains("cannot name a column"));
    }
    assert!(refused(&[("loss", 1.0), ("loss", 2.0)]).contains("cannot name a column"));
    run.scalars(1, &[("loss", 1.0)]).unwrap();
    assert!(refused(&[("loss", 1.0), ("norm", 1.0)]).contains("`step,loss` since the first row"));
    let error =
        run.event(Timestamp(0), "saved", 1, json!({ "step": 2 })).expect_err("the step is there already");
    assert!(error.to_string().contains("field `step`"));
    cut_short(&run, "scalars.csv", "2,abc\n");
    assert!(run.read_scalars().expect_err("abc is no number").to_string().contains("scalars.csv: line 3"));
}
