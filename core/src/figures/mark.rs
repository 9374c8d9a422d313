//! Marks: with as many shapes as there are, curves of one colour are told apart.

use plotters::prelude::{Circle, Cross, PathElement, Polygon, Rectangle, TriangleMarker};
use plotters::style::{Color, RGBColor};

use super::colour::strokes;
use super::frame::Area;
use super::text;
use crate::Result;

/// How one curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// The colour of its line and its marks.
    pub(super) colour: RGBColor,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Disc,
    Square,
    Triangle,
    Diamond,
    Cross,
}

/// The styles of as many curves as there are. Six colours and five shapes go round together: the first thirty differ, and of
/// two curves that coincide both marks are seen.
pub(super) fn styles() -> impl Iterator<Item = Style> {
    let shapes = [Shape::Disc, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Cross];
    strokes().zip(shapes.into_iter().cycle()).map(|(colour, shape)| Style { colour, shape })
}

impl Style {
    /// A mark at a pixel of `area`, of about `r` pixels to each side.
    pub(super) fn mark(self, area: &Area<'_>, (x, y): (i32, i32), r: i32) -> Result<()> {
        let fill = self.colour.filled();
        let drawn = match self.shape {
            Shape::Disc => area.draw(&Circle::new((x, y), r, fill)),
            Shape::Square => area.draw(&Rectangle::new([(x - r, y - r), (x + r, y + r)], fill)),
            Shape::Triangle => area.draw(&TriangleMarker::new((x, y), r + r / 3, fill)),
            Shape::Diamond => {
                let r = r + r / 3;
                area.draw(&Polygon::new([(x - r, y), (x, y - r), (x + r, y), (x, y + r)], fill))
            }
            Shape::Cross => area.draw(&Cross::new((x, y), r, self.colour.stroke_width(4))),
        };
        drawn.map_err(text::failed)
    }

    /// A piece of its line with a mark in the middle, as a legend shows it.
    pub(super) fn sample(self, area: &Area<'_>, (x, y): (i32, i32), length: i32) -> Result<()> {
        let line = PathElement::new([(x, y), (x + length, y)], self.colour.stroke_width(4));
        area.draw(&line).map_err(text::failed)?;
        self.mark(area, (x + length / 2, y), 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thirty_styles_differ() {
        let styles: Vec<Style> = styles().take(30).collect();
        for (i, style) in styles.iter().enumerate() {
            assert!(styles[..i].iter().all(|other| other != style), "{i}: {style:?}");
        }
    }
}
