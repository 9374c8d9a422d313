//! The distance to the reference at the end against what it costs, both in powers of ten.

use std::ops::RangeInclusive;

use egui::{Color32, TextStyle, Ui};
use egui_plot::{
    GridInput, GridMark, HLine, HoverPosition, Legend, Line, LineStyle, Plot, PlotPoints, Points,
};

use super::controls::colour;
use super::lane::Lane;
use super::panel::Race;
use super::stage::{label, short};
use super::{Mark, Measure};

/// Nearer than this is drawn here: nothing has no logarithm, and the reference has an error of its own.
const LEAST: f64 = 1e-6;
/// Powers of ten that are told apart at once.
const POWERS: f64 = 30.0;

/// What is drawn of a racer.
struct Curve {
    name: String,
    colour: Color32,
    /// The sampler in other numbers of steps, few first.
    marks: Vec<[f64; 2]>,
    /// The racer itself, once it has arrived.
    end: Vec<[f64; 2]>,
}

impl Race {
    pub(super) fn plot(&self, ui: &mut Ui) {
        let measure = self.settings.measure;
        let text = if self.done { "Distance against cost" } else { "Distance against cost, on its way" };
        ui.label(text).on_hover_text("Each racer is a large dot: how far it ends from the reference, against evaluations of the network. The line is its sampler in other numbers of steps. Both scales are of powers of ten: a solver of order p falls by p powers where the cost rises by one.");
        let lanes = self.lanes.iter().enumerate().filter(|(_, lane)| lane.is_measured(measure));
        let curves: Vec<Curve> = lanes.map(|(at, lane)| curve(at, lane, measure)).collect();
        let floor = self.reference.as_ref().and_then(|reference| reference.floor);
        let floor = floor.filter(|_| measure == Measure::Sliced);
        let quiet = ui.visuals().weak_text_color();
        plain(measure, ui.available_height().clamp(150.0, 340.0)).show(ui, move |plot| {
            for Curve { name, colour, marks, end } in curves {
                plot.line(Line::new(name.clone(), PlotPoints::from(marks.clone())).color(colour).width(1.5));
                plot.points(Points::new(name.clone(), PlotPoints::from(marks)).color(colour).radius(2.5));
                plot.points(Points::new(name, PlotPoints::from(end)).color(colour).radius(6.0));
            }
            if let Some(floor) = floor {
                let line = HLine::new("two sets drawn alike", floor.max(LEAST).log10());
                plot.hline(line.color(quiet).style(LineStyle::dashed_dense()));
            }
        });
    }
}

/// The plot with nothing in it.
fn plain(measure: Measure, height: f32) -> Plot<'static> {
    let power = |mark: GridMark, _: &RangeInclusive<f64>| number(mark.value);
    Plot::new("distance")
        .height(height)
        .x_axis_label("evaluations of the network")
        .y_axis_label(label(measure))
        .x_grid_spacer(powers)
        .y_grid_spacer(powers)
        .x_axis_formatter(power)
        .y_axis_formatter(power)
        .label_formatter(near)
        .legend(Legend::default().text_style(TextStyle::Small).follow_insertion_order(true))
        .allow_drag(false)
        .allow_scroll(false)
        .allow_zoom(false)
        // From 1 to 64 evaluations, whoever races.
        .include_x(0.0)
        .include_x(64.0_f64.log10())
}

fn curve(at: usize, lane: &Lane, measure: Measure) -> Curve {
    let mut marks = lane.marks.clone();
    marks.sort_by_key(|mark| mark.evaluations);
    let place = |mark: &Mark| {
        let distance = mark.apart.by(measure).max(LEAST);
        [(mark.evaluations.max(1) as f64).log10(), distance.log10()]
    };
    Curve {
        name: lane.racer.name(),
        colour: colour(at),
        marks: marks.iter().map(place).collect(),
        end: lane.end().iter().map(place).collect(),
    }
}

/// 1, 2 and 5 times each power of ten that is in sight.
fn powers(input: GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(0.0..POWERS).contains(&(high - low)) {
        return Vec::new();
    }
    let powers = low.floor() as i32..=high.ceil() as i32;
    let marks = powers.flat_map(|power| {
        [(1.0, 1.0), (2.0, 0.3), (5.0, 0.3)].map(|(digit, step_size): (f64, f64)| GridMark {
            value: f64::from(power) + digit.log10(),
            step_size,
        })
    });
    marks.filter(|mark| (low..=high).contains(&mark.value)).collect()
}

/// The number whose logarithm it is, without needless digits.
fn number(log: f64) -> String {
    let decimals = (-log - 1e-9).ceil().max(0.0) as usize;
    format!("{:.decimals$}", 10.0_f64.powf(log))
}

/// What is said of a dot.
fn near(position: &HoverPosition<'_>) -> Option<String> {
    let HoverPosition::NearDataPoint { plot_name, position, .. } = position else { return None };
    let [evaluations, distance] = [position.x, position.y].map(|log| 10.0_f64.powf(log));
    Some(format!("{plot_name}\n{evaluations:.0} evaluations\ndistance {}", short(distance)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_marked_at_1_2_and_5_and_in_whole_numbers() {
        let input = |low, high| GridInput { bounds: (low, high), base_step_size: 0.01 };
        let marks: Vec<String> = powers(input(-1.5, 1.0)).iter().map(|mark| number(mark.value)).collect();
        let wanted = ["0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10"];
        assert_eq!(marks, wanted);
        assert!(powers(input(f64::NAN, 1.0)).is_empty() && powers(input(-1e300, 1e300)).is_empty());
    }
}
