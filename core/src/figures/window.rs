//! The part of the plane that a figure shows.

use crate::{Error, Result};

/// A square of the plane that is looked at.
pub struct Window {
    centre: [f32; 2],
    half: f32,
}

impl Window {
    /// Around all but the outermost of `points`, so that a few strays do not shrink the rest to a dot.
    pub fn around(points: &[f32]) -> Result<Self> {
        let ranges = [0, 1].map(|axis| range(points.iter().skip(axis).step_by(2).copied()));
        let [Some(x), Some(y)] = ranges else {
            return Err(Error::argument("there is no finite point to draw"));
        };
        let half = 0.5 * (x[1] - x[0]).max(y[1] - y[0]);
        // A single point has a window too.
        let half = if half > 0.0 { 1.25 * half } else { 1.0 };
        Ok(Self { centre: [x, y].map(|[low, high]| 0.5 * (low + high)), half })
    }

    /// The middles of `side` by `side` equal squares, from left to right and from the top down: `[side², 2]`.
    pub fn places(&self, side: u32) -> Vec<f32> {
        let part = |i: u32| (2.0 * (i as f32 + 0.5) / side as f32 - 1.0) * self.half;
        let place = |i: u32| [self.centre[0] + part(i % side), self.centre[1] - part(i / side)];
        (0..side * side).flat_map(place).collect()
    }

    /// Its area.
    pub fn area(&self) -> f64 {
        4.0 * f64::from(self.half).powi(2)
    }

    /// Where a point lies: 0 to 1 from the left and from the top. Nothing for what is outside or not finite.
    pub(super) fn place(&self, point: [f32; 2]) -> Option<[f32; 2]> {
        let [x, y] = [0, 1].map(|axis| 0.5 + 0.5 * (point[axis] - self.centre[axis]) / self.half);
        let inside = (0.0..1.0).contains(&x) && (0.0..1.0).contains(&y);
        inside.then_some([x, 1.0 - y])
    }
}

/// The 0.5th and 99.5th percentile of the finite values.
fn range(values: impl Iterator<Item = f32>) -> Option<[f32; 2]> {
    let mut values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    values.sort_unstable_by(f32::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some([0.005, 0.995].map(|part| values[(part * last as f64).round() as usize]))
}
