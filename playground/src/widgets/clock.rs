//! Time from noise to data, which can be dragged and played.

use egui::{Button, Key, Slider, Ui};

/// Seconds from noise to data, and how far beyond it rests there.
const SECONDS: f64 = 2.5;
const REST: f64 = 1.3;
/// What the slider rounds away.
const ROUNDING: f64 = 1e-3;

/// Whether time goes by.
#[derive(Default)]
pub(crate) struct Clock {
    playing: bool,
}

impl Clock {
    /// Whether it plays.
    pub(crate) fn playing(&self) -> bool {
        self.playing
    }

    /// Lets time go by, where it plays. The space bar starts and stops it.
    pub(crate) fn tick(&mut self, ui: &Ui, time: &mut f64) {
        let typing = ui.ctx().egui_wants_keyboard_input();
        if !typing && ui.input(|input| input.key_pressed(Key::Space)) {
            self.playing = !self.playing;
        }
        if self.playing {
            let next = *time + f64::from(ui.input(|input| input.stable_dt).min(0.1)) / SECONDS;
            *time = if next > REST { 0.0 } else { next };
            ui.ctx().request_repaint();
        }
    }

    /// The slider of time, and what moves it.
    pub(crate) fn show(&mut self, ui: &mut Ui, time: &mut f64, about: &str) {
        ui.horizontal(|ui| {
            let label = if self.playing { "Stop" } else { "Play" };
            let button = ui.add(Button::new(label).min_size(egui::vec2(44.0, 0.0)));
            if button.on_hover_text("Play the way from noise to data (space)").clicked() {
                self.playing = !self.playing;
            }
            ui.spacing_mut().slider_width = (ui.available_width() - 190.0).max(80.0);
            let before = time.min(1.0);
            let mut slid = before;
            let slider = Slider::new(&mut slid, 0.0..=1.0).text("noise to data").max_decimals(3);
            let response = ui.add(slider).on_hover_text(about);
            if response.changed() && (slid - before).abs() > ROUNDING {
                (*time, self.playing) = (slid, false);
            }
        });
    }
}
