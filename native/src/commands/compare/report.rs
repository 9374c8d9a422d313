//! The table, for people and for programs.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::rows::{Compared, Row};
use crate::out;

/// The table on the terminal, and what its columns mean.
pub(super) fn table(compared: &Compared) {
    let quality = compared.measure.words();
    let head = ["sampler", "steps", "evaluations", "error", quality, "seconds"];
    let rows: Vec<[String; 6]> = [&compared.reference].into_iter().chain(&compared.rows).map(cells).collect();
    out::table(head, &rows);
    let Row { name, steps, .. } = &compared.reference;
    out::say(format!(
        "\nerror: distance to the first row, {name} in {steps} steps from the same noise; - for what draws noise of its own"
    ));
    let (count, fresh) = (compared.count, compared.fresh.is_some());
    let target =
        if fresh { "fresh data" } else { "the samples of the first row, as there are no data (--data PATH)" };
    let level =
        compared.level.map_or_else(String::new, |level| format!("; data to data {}", number(Some(level))));
    out::say(format!("{quality}: from {count} samples to {target}{level}"));
}

fn cells(row: &Row) -> [String; 6] {
    [
        row.name.clone(),
        row.steps.to_string(),
        row.evaluations.to_string(),
        number(row.error),
        number(row.quality),
        format!("{:.2}", row.seconds),
    ]
}

/// Three digits at least, and few zeros.
fn number(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(0.0) => "0".into(),
        Some(value) if value.abs() < 1e-3 || value.abs() >= 1e5 => format!("{value:.2e}"),
        Some(value) => format!("{value:.5}"),
    }
}

/// The walks as comma-separated values, in full digits; what there is none of is empty.
pub(super) fn csv(compared: &Compared) -> String {
    let mut text = format!("sampler,steps,evaluations,error,{},seconds\n", compared.measure.key());
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for row in &compared.rows {
        let Row { steps, evaluations, seconds, .. } = row;
        let (name, error, quality) = (quoted(&row.name), number(row.error), number(row.quality));
        writeln!(text, "{name},{steps},{evaluations},{error},{quality},{seconds}")
            .expect("a string should take all that is written");
    }
    text
}

/// A cell with a comma in it stands in quotes, in which a quote is doubled.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// The same for a program.
pub(super) fn json(model: &str, seed: u64, device: &str, compared: &Compared, files: &[PathBuf]) -> Value {
    json!({
        "model": model,
        "samples": compared.count,
        "seed": seed,
        "device": device,
        "quality": compared.measure.key(),
        "target": if compared.fresh.is_some() { "data" } else { "reference" },
        "data_to_data": compared.level,
        "reference": told(&compared.reference),
        "walks": compared.rows.iter().map(told).collect::<Vec<_>>(),
        "files": files,
    })
}

fn told(row: &Row) -> Value {
    json!({
        "sampler": row.name,
        "steps": row.steps,
        "evaluations": row.evaluations,
        "error": row.error,
        "quality": row.quality,
        "seconds": row.seconds,
        "trouble": row.trouble,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_cells_their_commas() {
        assert_eq!([None, Some(0.0), Some(0.25), Some(1.5e-5)].map(number), ["-", "0", "0.25000", "1.50e-5"]);
        assert_eq!(["heun", "a:b=1,c=2", "x\"y"].map(quoted), ["heun", "\"a:b=1,c=2\"", "\"x\"\"y\""]);
    }
}
