//! Axes: what height a value has, where ticks go, and how numbers are written at them.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// How values become heights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As they are.
    Linear,
    /// Logarithms: what is not above zero is left out.
    Log,
}

impl Scale {
    /// The height of a value; nothing for what cannot be shown.
    pub(super) fn height(self, value: f64) -> Option<f64> {
        let height = match self {
            Self::Linear => value,
            Self::Log => value.log10(),
        };
        height.is_finite().then_some(height)
    }

    /// The value at a height.
    pub(super) fn value(self, height: f64) -> f64 {
        match self {
            Self::Linear => height,
            Self::Log => 10_f64.powf(height),
        }
    }

    /// Heights of a handful of round values.
    pub(super) fn ticks(self, heights: &Range<f64>) -> Vec<f64> {
        match self {
            Self::Linear => round_numbers(heights),
            Self::Log => {
                let values = logarithmic(heights);
                values.into_iter().filter_map(|value| self.height(value)).collect()
            }
        }
    }
}

/// A range of heights with its ticks, as plotters wants it.
pub(super) struct Axis {
    range: Range<f64>,
    ticks: Vec<f64>,
}

impl Axis {
    /// The axis over these heights.
    pub(super) fn new(range: &Range<f64>, scale: Scale) -> Self {
        Self { range: range.clone(), ticks: scale.ticks(range) }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }

    fn map(&self, height: &f64, (from, to): (i32, i32)) -> i32 {
        let part = (height - self.range.start) / (self.range.end - self.range.start);
        from + (part * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Between ticks there are no fainter ones.
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }
}

/// The densest of: every n-th power of ten, 1-2-5, 1 to 9, that is not crowded; within less than that, round numbers.
fn logarithmic(heights: &Range<f64>) -> Vec<f64> {
    let values = Scale::Log.value(heights.start)..Scale::Log.value(heights.end);
    let decades = heights.start.floor() as i32..heights.end.floor() as i32 + 1;
    let multiples = |factors: &[i32], every: i32| -> Vec<f64> {
        let powers = decades.clone().filter(|power| power.rem_euclid(every) == 0);
        let all = powers
            .flat_map(|power| factors.iter().map(move |factor| f64::from(*factor) * 10_f64.powi(power)));
        all.filter(|value| values.contains(value)).collect()
    };
    match heights.end - heights.start {
        span if span > 3.0 => multiples(&[1], (span / 8.0).ceil() as i32),
        span if span > 1.0 => multiples(&[1, 2, 5], 1),
        span if span > 0.6 => multiples(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 1),
        _ => round_numbers(&values),
    }
}

/// Multiples of 1, 2 or 5 times a power of ten: four to eight of them.
fn round_numbers(range: &Range<f64>) -> Vec<f64> {
    let rough = (range.end - range.start) / 8.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((range.start / step).ceil() as i64, (range.end / step).floor() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}

/// A number in few characters: `0`, `0.25`, `1500`, `20k`, `1e-5`.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if size < 1e-12 => "0".to_owned(),
        _ if !(1e-3..1e9).contains(&size) => scientific(value),
        _ if size >= 1e6 => format!("{}M", rounded(value / 1e6)),
        _ if size >= 1e4 => format!("{}k", rounded(value / 1e3)),
        _ => rounded(value),
    }
}

/// Six significant digits, without the zeros at the end.
fn rounded(value: f64) -> String {
    let decimals = (5 - value.abs().log10().floor() as i32).max(0) as usize;
    trimmed(&format!("{value:.decimals$}")).to_owned()
}

fn scientific(value: f64) -> String {
    let text = format!("{value:.4e}");
    match text.split_once('e') {
        Some((digits, power)) => format!("{}e{power}", trimmed(digits)),
        None => text,
    }
}

fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_span_has_a_handful_of_ticks_inside_it() {
        for scale in [Scale::Linear, Scale::Log] {
            for start in [0.0011, 0.37, 1.0, 52.0, 9.9e6] {
                for factor in [1.001, 1.1, 1.7, 3.0, 6.0, 11.0, 90.0, 2e4, 1e9, 1e30] {
                    let heights = scale.height(start).unwrap()..scale.height(start * factor).unwrap();
                    let ticks = scale.ticks(&heights);
                    assert!((3..=10).contains(&ticks.len()), "{scale:?} {start} {factor}: {ticks:?}");
                    let room = 1e-9 * (heights.end - heights.start);
                    assert!(
                        ticks.iter().all(|tick| (heights.start - room..=heights.end + room).contains(tick))
                    );
                    assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
                }
            }
        }
    }

    #[test]
    fn ticks_are_round() {
        let labels = |scale: Scale, heights| -> Vec<String> {
            scale.ticks(&heights).into_iter().map(|height| short(scale.value(height))).collect()
        };
        assert_eq!(labels(Scale::Linear, -0.1..1.1), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(Scale::Log, -2.1..-0.2), ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5"]);
        assert_eq!(labels(Scale::Log, -5.5..0.5), ["1e-5", "1e-4", "0.001", "0.01", "0.1", "1"]);
    }

    #[test]
    fn numbers_are_short() {
        let values = [0.0, 0.25, 1500.0, 20_000.0, 2.5e6, 1e-5, -0.1, 0.300_000_000_000_000_04, 2e12];
        assert_eq!(values.map(short), ["0", "0.25", "1500", "20k", "2.5M", "1e-5", "-0.1", "0.3", "2e12"]);
    }
}
