//! The plot of errors and quality, and the samples themselves beside one another.

use kiln::Result;
use kiln::figures::{self, Panel, RgbImage, Row as Line, Scale};

use super::rows::{Compared, Row};
use crate::picture::can_show;

/// Pixels of a density's side, and at least so many of a picture's.
const DENSITY: u32 = 160;
const TILE: usize = 56;
/// Pictures beside one another in a cell.
const COLUMNS: usize = 4;

/// Error and quality against evaluations of the network, on logarithmic axes; nothing where nothing arrived.
pub(super) fn plot(model: &str, compared: &Compared) -> Result<Option<Vec<u8>>> {
    let names: Vec<&str> = compared.names.iter().map(String::as_str).collect();
    let quality = compared.measure.words();
    let target = if compared.fresh.is_some() { "fresh data" } else { "the reference's samples" };
    let titles = [format!("{model}: error"), format!("{model}: {quality} to {target}")];
    let level = compared.level.map(|level| ("data to data", level));
    let panel = |title, y, value: fn(&Row) -> Option<f64>, level| Panel {
        title,
        axes: [("evaluations of the network", Scale::Log), (y, Scale::Log)],
        lines: (0..names.len()).map(|place| line(compared, place, value)).collect(),
        level,
    };
    let panels: Vec<Panel<'_>> = [
        panel(&titles[0], "distance to the reference", |row| row.error, None),
        panel(&titles[1], quality, |row| row.quality, level),
    ]
    .into_iter()
    .filter(|panel| panel.lines.iter().flatten().any(|(x, y)| *x > 0.0 && *y > 0.0))
    .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    Ok(Some(figures::png(&figures::panels(&names, &panels)?)))
}

fn line(compared: &Compared, place: usize, value: fn(&Row) -> Option<f64>) -> Vec<(f64, f64)> {
    let own = compared.rows.iter().filter(|row| row.place == place);
    own.filter_map(|row| Some((row.evaluations as f64, value(row)?))).collect()
}

/// Rows of samplers, columns of steps, the same few samples in each cell; at the end of each row what should have come out.
/// Nothing for what cannot be shown.
pub(super) fn sheet(shape: &[usize], compared: &Compared) -> Result<Option<Vec<u8>>> {
    if !can_show(shape) {
        return Ok(None);
    }
    let mut columns: Vec<String> = compared.steps.iter().map(|steps| format!("{steps} steps")).collect();
    let Row { name, steps, shown, .. } = &compared.reference;
    let mut ends = vec![shown.as_slice()];
    columns.push(format!("{name}, {steps}"));
    if let Some(fresh) = &compared.fresh {
        ends.push(fresh);
        columns.push("data".into());
    }
    let line = |(place, name): (usize, &String)| {
        let at = |steps: &usize| compared.rows.iter().find(|row| row.place == place && row.steps == *steps);
        let own = compared.steps.iter().map(|steps| at(steps).map(|row| row.shown.as_slice()));
        let cells = own.chain(ends.iter().map(|end| Some(*end)));
        let cells = cells.map(|rows| cell(rows.unwrap_or_default(), shape, compared));
        Ok(Line { name: name.clone(), cells: cells.collect::<Result<_>>()? })
    };
    let rows = compared.names.iter().enumerate().map(line).collect::<Result<Vec<_>>>()?;
    Ok(Some(figures::png(&figures::labelled(&columns, &rows)?)))
}

/// A density in the window of the data, or a few pictures; nothing where there are no samples.
fn cell(rows: &[f32], shape: &[usize], compared: &Compared) -> Result<Option<RgbImage>> {
    if rows.is_empty() {
        return Ok(None);
    }
    if let [channels, height, width] = *shape {
        let scale = (TILE / height.max(width)).max(1);
        return figures::grid(rows, [channels, height, width], COLUMNS, scale).map(Some);
    }
    let window = compared.fresh.as_deref().unwrap_or(&compared.reference.shown);
    Ok(figures::densities(&[rows], window, DENSITY)?.pop())
}
