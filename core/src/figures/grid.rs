//! Contact sheets.

use image::{Rgb, RgbImage};

use crate::{Error, Result};

/// Pixels between two pictures, and around all.
const GAP: u32 = 2;
/// The colour there: neither the black nor the white that pictures end in.
const GROUND: Rgb<u8> = Rgb([52, 52, 58]);

/// Pictures with values in `[-1, 1]`, `[n, channels, height, width]` flattened, as a sheet of so many columns. Each pixel
/// becomes a square of `scale` pixels; one channel is grey.
pub fn grid(samples: &[f32], shape: [usize; 3], columns: usize, scale: usize) -> Result<RgbImage> {
    let sheet = Sheet::of(samples.len(), shape, columns, scale)?;
    let mut picture = RgbImage::from_pixel(sheet.width, sheet.height, GROUND);
    for (index, sample) in samples.chunks_exact(shape.iter().product()).enumerate() {
        let (left, top) = sheet.corner(index);
        for y in 0..sheet.tile[1] {
            for x in 0..sheet.tile[0] {
                picture.put_pixel(
                    left + x,
                    top + y,
                    colour(sample, shape, (y as usize / scale, x as usize / scale)),
                );
            }
        }
    }
    Ok(picture)
}

/// One picture as it is, a pixel a value, without a frame.
pub fn single(sample: &[f32], shape: [usize; 3]) -> Result<RgbImage> {
    let sheet = Sheet::of(sample.len(), shape, 1, 1)?;
    if sample.len() != shape.iter().product::<usize>() {
        return Err(Error::argument(format!(
            "wanted one picture of {shape:?}; these are {} values",
            sample.len()
        )));
    }
    let [width, height] = sheet.tile;
    Ok(RgbImage::from_fn(width, height, |x, y| colour(sample, shape, (y as usize, x as usize))))
}

/// Where the pictures lie.
struct Sheet {
    columns: usize,
    tile: [u32; 2],
    width: u32,
    height: u32,
}

impl Sheet {
    fn of(length: usize, shape: [usize; 3], columns: usize, scale: usize) -> Result<Self> {
        let [channels, height, width] = shape;
        let features = channels * height * width;
        if ![1, 3].contains(&channels) || features == 0 {
            return Err(Error::argument(format!(
                "a contact sheet shows pictures of [1 or 3, height, width]; these samples are {shape:?}"
            )));
        }
        if length == 0 || !length.is_multiple_of(features) || columns == 0 || scale == 0 {
            return Err(Error::argument(format!(
                "a contact sheet of {columns} columns at scale {scale} cannot be made of {length} values in pictures of \
                 {features}: all should be positive, and only whole pictures given"
            )));
        }
        let count = length / features;
        let columns = columns.min(count);
        let side = |tiles: usize, tile: usize| extent(tiles, tile * scale);
        Ok(Self {
            columns,
            tile: [(width * scale) as u32, (height * scale) as u32],
            width: side(columns, width)?,
            height: side(count.div_ceil(columns), height)?,
        })
    }

    /// The left upper corner of a picture.
    fn corner(&self, index: usize) -> (u32, u32) {
        let at = |place: usize, tile: u32| GAP + place as u32 * (tile + GAP);
        (at(index % self.columns, self.tile[0]), at(index / self.columns, self.tile[1]))
    }
}

/// The length of a side of the sheet.
fn extent(tiles: usize, tile: usize) -> Result<u32> {
    let length = tiles * (tile + GAP as usize) + GAP as usize;
    if length > 1 << 15 {
        return Err(Error::argument(format!(
            "a contact sheet of {length} pixels a side is too large (32768 is the most): show fewer samples or a smaller scale"
        )));
    }
    Ok(length as u32)
}

fn colour(sample: &[f32], [channels, height, width]: [usize; 3], (y, x): (usize, usize)) -> Rgb<u8> {
    let value = |channel: usize| byte(sample[(channel * height + y) * width + x]);
    Rgb(std::array::from_fn(|c| value(c.min(channels - 1))))
}

/// `[-1, 1]` as 0 to 255; beyond is cut off, and what is no number is black.
fn byte(value: f32) -> u8 {
    (127.5 * (value + 1.0)).round().clamp(0.0, 255.0) as u8
}
