//! Samples as a picture: a contact sheet, or a density in the plane.

use kiln::data::{Batch, Dataset};
use kiln::{Error, Result, figures};

/// Pixels of a density's side.
const DENSITY: u32 = 480;
/// A picture is enlarged to about so many pixels.
const TILE: usize = 56;

/// Whether samples of this shape can be shown.
pub fn can_show(shape: &[usize]) -> bool {
    matches!(shape, [2] | [1 | 3, _, _])
}

/// The bytes of a PNG: one picture as it is, for a program to read again; several, or one in so many columns, as a sheet.
/// `reference` stands beside points in the plane, and only there.
pub fn png(
    rows: &[f32],
    shape: &[usize],
    columns: Option<usize>,
    reference: Option<&[f32]>,
) -> Result<Vec<u8>> {
    let picture = match *shape {
        [2] => figures::density(rows, reference, DENSITY)?,
        [channels, height, width] if can_show(shape) => {
            let count = rows.len() / (channels * height * width);
            if count == 1 && columns.is_none() {
                return Ok(figures::png(&figures::single(rows, [channels, height, width])?));
            }
            let columns = columns.unwrap_or((count as f64).sqrt().ceil() as usize);
            let scale = (TILE / height.max(width)).max(1);
            figures::grid(rows, [channels, height, width], columns, scale)?
        }
        _ => {
            return Err(Error::argument(format!(
                "samples of shape {shape:?} have no picture: write their numbers with --raw FILE"
            )));
        }
    };
    Ok(figures::png(&picture))
}

/// The examples of `dataset` from `first` on, `count` of them or what there is.
pub fn examples(dataset: &dyn Dataset, first: u64, count: usize) -> Vec<f32> {
    let end = first + count as u64;
    let end = dataset.len().map_or(end, |length| end.min(length as u64));
    let indices: Vec<u64> = (first..end.max(first)).collect();
    Batch::gather(dataset, &indices, first).x
}
