//! Pictures in rows and columns with names: the same thing done in several ways.

use image::{Rgb, RgbImage, imageops};
use plotters::prelude::Text;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, TextStyle};

use super::text;
use crate::{Error, Result};

/// Pixels between two cells, and around all.
const GAP: u32 = 6;
/// Height of the names above the columns.
const HEAD: u32 = 34;
/// What lies behind.
const GROUND: Rgb<u8> = Rgb([34, 34, 40]);
/// Pixels a side at most.
const LIMIT: u32 = 1 << 15;

/// A row of pictures.
pub struct Row {
    /// What is written at its left.
    pub name: String,
    /// A picture for each column, or nothing.
    pub cells: Vec<Option<RgbImage>>,
}

/// The rows below one another, under the columns' names. Cells are as large as the largest picture.
pub fn labelled(columns: &[String], rows: &[Row]) -> Result<RgbImage> {
    let layout = Layout::of(columns, rows)?;
    let mut picture = RgbImage::from_pixel(layout.width, layout.height, GROUND);
    for (y, row) in (0..).zip(rows) {
        for (x, cell) in (0..).zip(&row.cells) {
            if let Some(cell) = cell {
                let [left, top] = layout.corner(x, y);
                imageops::replace(&mut picture, cell, left.into(), top.into());
            }
        }
    }
    text::draw(&mut picture, |area| {
        let write = |words: &str, at: (u32, u32), style: TextStyle<'static>| {
            let at = (at.0.cast_signed(), at.1.cast_signed());
            area.draw(&Text::new(words.to_owned(), at, style)).map_err(text::failed)
        };
        for (x, column) in (0..).zip(columns) {
            let middle = layout.corner(x, 0)[0] + layout.cell[0] / 2;
            write(column, (middle, HEAD / 2 + GAP / 2), letters(HPos::Center))?;
        }
        for (y, row) in (0..).zip(rows) {
            let middle = layout.corner(0, y)[1] + layout.cell[1] / 2;
            write(&row.name, (2 * GAP, middle), letters(HPos::Left))?;
        }
        Ok(())
    })?;
    Ok(picture)
}

fn letters(side: HPos) -> TextStyle<'static> {
    text::style(18, RGBColor(225, 225, 230).to_rgba()).pos(Pos::new(side, VPos::Center))
}

/// Where the cells lie.
struct Layout {
    cell: [u32; 2],
    left: u32,
    width: u32,
    height: u32,
}

impl Layout {
    fn of(columns: &[String], rows: &[Row]) -> Result<Self> {
        if let Some(row) = rows.iter().find(|row| row.cells.len() != columns.len()) {
            let (cells, columns) = (row.cells.len(), columns.len());
            return Err(Error::argument(format!(
                "row `{}` has {cells} cells for {columns} columns",
                row.name
            )));
        }
        let pictures = || rows.iter().flat_map(|row| &row.cells).flatten();
        let side = |side: fn(&RgbImage) -> u32| pictures().map(side).max();
        let (Some(width), Some(height)) = (side(RgbImage::width), side(RgbImage::height)) else {
            return Err(Error::argument("a sheet of pictures without a picture has nothing to show"));
        };
        // Letters of 18 pixels are about 9 wide.
        let wide = |words: &str| 9 * words.chars().count() as u32;
        let left = 4 * GAP + rows.iter().map(|row| wide(&row.name)).max().unwrap_or(0);
        let head = columns.iter().map(|name| wide(name)).max().unwrap_or(0);
        let cell = [width.max(head), height.max(HEAD)];
        let layout = Self {
            cell,
            left,
            width: left + columns.len() as u32 * (cell[0] + GAP),
            height: HEAD + GAP + rows.len() as u32 * (cell[1] + GAP),
        };
        if layout.width.max(layout.height) > LIMIT {
            let Self { width, height, .. } = layout;
            return Err(Error::argument(format!(
                "a sheet of {width} by {height} pixels is too large ({LIMIT} is the most): show fewer rows or columns"
            )));
        }
        Ok(layout)
    }

    /// The left upper corner of a cell.
    fn corner(&self, x: u32, y: u32) -> [u32; 2] {
        [self.left + x * (self.cell[0] + GAP), HEAD + GAP + y * (self.cell[1] + GAP)]
    }
}
