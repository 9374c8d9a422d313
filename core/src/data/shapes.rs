//! Shapes: a circle, square, triangle or cross in one of four colours on a dark ground, drawn from its index.
//!
//! Edges are smoothed by coverage: `clamp(1/2 - d/h, 0, 1)`, d the signed distance to the edge, h a pixel.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dataset, Labels, Source, Split};
use crate::Result;
use crate::config::check;
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};

const KINDS: [&str; 4] = ["circle", "square", "triangle", "cross"];
const COLOURS: [(&str, [f32; 3]); 4] = [
    ("red", [0.9, -0.6, -0.6]),
    ("green", [-0.6, 0.8, -0.5]),
    ("blue", [-0.6, -0.3, 0.95]),
    ("yellow", [0.9, 0.8, -0.6]),
];
const GROUND: [f32; 3] = [-0.85, -0.85, -0.8];

/// Drawn pictures whose every property is known.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shapes {
    /// Height and width.
    pub size: usize,
    /// Which samples.
    pub seed: u64,
}

impl Default for Shapes {
    fn default() -> Self {
        Self { size: 32, seed: 0 }
    }
}

impl Member for Shapes {
    const ABOUT: About = About {
        summary: "Drawn shapes, 4 kinds x 4 colours, with size and place; needs no files",
        paper: "in the manner of Matthey et al. 2017, https://github.com/google-deepmind/dsprites-dataset",
    };
}

impl Source for Shapes {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        check::within("size", self.size as f64, 4.0, 1024.0)?;
        let named = |i: usize| format!("{} {}", COLOURS[i / 4].0, KINDS[i % 4]);
        Ok(Box::new(Drawn {
            shape: [3, self.size, self.size],
            seed: split.seed(self.seed),
            classes: (0..16).map(named).collect(),
        }))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![3, self.size, self.size])
    }
}

struct Drawn {
    shape: [usize; 3],
    seed: u64,
    classes: Vec<String>,
}

impl Dataset for Drawn {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn len(&self) -> Option<usize> {
        None
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn attributes(&self) -> &[&'static str] {
        &["size", "x", "y"]
    }

    /// A class is two of them.
    fn factors(&self) -> Vec<&'static str> {
        ["kind", "colour"].into_iter().chain(self.attributes().iter().copied()).collect()
    }

    fn factors_of(&self, labels: &Labels) -> Vec<f32> {
        let parts = labels.class.map(|class| [class % 4, class / 4].map(|part| part as f32));
        parts.into_iter().flatten().chain(labels.attributes.iter().copied()).collect()
    }

    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let mut stream = Key::new(self.seed, Purpose::Data, index).stream();
        let class = stream.below(16) as u32;
        let attributes = [(); 3].map(|()| 2.0 * stream.uniform() - 1.0);
        draw(class, attributes, self.shape[1], out);
        Labels { class: Some(class), attributes: attributes.map(|a| a as f32).to_vec() }
    }
}

/// Draws a shape of radius `0.45 + 0.15 size` about `0.35 (x, y)`, the picture being `[-1, 1]^2`, y up.
fn draw(class: u32, [size, x, y]: [f64; 3], side: usize, out: &mut [f32]) {
    let (colour, kind) = (COLOURS[class as usize / 4].1, class % 4);
    let (radius, pixel) = (0.45 + 0.15 * size, 2.0 / side as f64);
    let place = |i: usize| (i as f64 + 0.5) * pixel - 1.0;
    for i in 0..side * side {
        let (u, v) = (place(i % side) - 0.35 * x, -place(i / side) - 0.35 * y);
        let cover = (0.5 - distance(kind, u, v, radius) / pixel).clamp(0.0, 1.0) as f32;
        for channel in 0..3 {
            out[channel * side * side + i] = GROUND[channel] + cover * (colour[channel] - GROUND[channel]);
        }
    }
}

/// Distance to the edge, negative inside; no shape reaches beyond `r` along an axis.
fn distance(kind: u32, x: f64, y: f64, r: f64) -> f64 {
    let bar = |half_width: f64, half_height: f64| (x.abs() - half_width).max(y.abs() - half_height);
    match kind {
        0 => libm::hypot(x, y) - r,
        1 => bar(0.85 * r, 0.85 * r),
        // Three half-planes, r/2 from the centre: equilateral, its tip at (0, r).
        2 => (-y).max(0.5 * y + 0.75_f64.sqrt() * x.abs()) - 0.5 * r,
        _ => bar(r, r / 3.0).min(bar(r / 3.0, r)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much of the picture, whose area is 4, the shape covers, and where its centre is.
    fn measure(kind: u32, attributes: [f64; 3]) -> (f64, [f64; 2]) {
        let side = 64;
        let mut out = vec![0.0; 3 * side * side];
        draw(kind, attributes, side, &mut out);
        let (mut area, mut sums) = (0.0, [0.0; 2]);
        for (i, red) in out[..side * side].iter().enumerate() {
            let cover =
                f64::from((red - GROUND[0]) / (COLOURS[0].1[0] - GROUND[0])) * 4.0 / (side * side) as f64;
            area += cover;
            sums[0] += cover * ((i % side) as f64 + 0.5 - 32.0) / 32.0;
            sums[1] -= cover * ((i / side) as f64 + 0.5 - 32.0) / 32.0;
        }
        (area, sums.map(|sum| sum / area))
    }

    #[test]
    fn area_and_centre_are_those_of_the_attributes() {
        for attributes in [[0.0, 0.0, 0.0], [-1.0, 1.0, -1.0], [1.0, -0.5, 1.0]] {
            let r = 0.45 + 0.15 * attributes[0];
            let areas = [std::f64::consts::PI, 4.0 * 0.85 * 0.85, 0.75 * 3.0_f64.sqrt(), 20.0 / 9.0];
            for (kind, factor) in areas.into_iter().enumerate() {
                let (area, [x, y]) = measure(kind as u32, attributes);
                assert!((area / (factor * r * r) - 1.0).abs() < 0.02, "{}: area {area}", KINDS[kind]);
                assert!((x - 0.35 * attributes[1]).abs() < 0.005, "{}: x {x}", KINDS[kind]);
                assert!((y - 0.35 * attributes[2]).abs() < 0.005, "{}: y {y}", KINDS[kind]);
            }
        }
    }

    #[test]
    fn a_class_is_a_kind_and_a_colour_and_its_factors_are_their_numbers() {
        let data = Shapes::default().open(None, Split::Test).unwrap();
        assert_eq!(data.factors(), ["kind", "colour", "size", "x", "y"]);
        let mut x = vec![0.0; 3 * 32 * 32];
        for index in 0..50 {
            let labels = data.read(index, &mut x);
            let factors = data.factors_of(&labels);
            let (kind, colour) = (KINDS[factors[0] as usize], COLOURS[factors[1] as usize].0);
            assert_eq!(data.classes()[labels.class.unwrap() as usize], format!("{colour} {kind}"));
            assert_eq!(factors[2..], labels.attributes);
        }
    }

    #[test]
    fn the_class_names_the_colour_and_the_kind_that_are_drawn() {
        let data = Shapes::default().open(None, Split::Train).unwrap();
        let mut x = vec![0.0; 3 * 32 * 32];
        let mut seen = [false; 16];
        for index in 0..300 {
            let labels = data.read(index, &mut x);
            let class = labels.class.unwrap() as usize;
            let (colour, kind) = data.classes()[class].split_once(' ').unwrap();
            let attributes: Vec<f64> = labels.attributes.iter().map(|&a| f64::from(a)).collect();
            let mut again = vec![0.0; x.len()];
            let position = COLOURS.iter().position(|c| c.0 == colour).unwrap() * 4;
            let kind = KINDS.iter().position(|k| *k == kind).unwrap();
            draw((position + kind) as u32, attributes.try_into().unwrap(), 32, &mut again);
            let worst = x.iter().zip(&again).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(worst < 1e-4 && x.iter().all(|x| x.abs() <= 1.0), "index {index}: {worst}");
            seen[class] = true;
        }
        assert_eq!(seen, [true; 16]);
    }
}
