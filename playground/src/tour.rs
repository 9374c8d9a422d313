//! A guided tour: a few steps for who has never seen a generative model, each with what to do, on what is really there.

use egui::{Align2, Button, Context, Id, Key, Popup, Rect, RichText, ScrollArea, Ui, Window};

use crate::widgets::WIDE;

/// Points between the tour and the edges of the room that it has.
const MARGIN: f32 = 8.0;
/// Points that its title and its buttons take of the height.
const REST: f32 = 100.0;

/// One stop.
struct Step {
    title: &'static str,
    /// What is seen, in plain words.
    text: &'static str,
    /// What to do now.
    now: &'static str,
    /// What is to be on the screen, written as the application writes it.
    link: &'static str,
}

/// All of them, in order.
const STEPS: &[Step] = &[
    Step {
        title: "Learn a shape",
        text: "A generative model learns from examples, to make new things like them. Here the examples are the \
               grey points: they lie on two moons. The coloured points are what the model makes: at first, a \
               shapeless cloud.",
        now: "Press Train, at the left. Watch the coloured points gather on the moons, and the loss, below, fall: \
              it says how wrong the model is, and never comes to zero.",
        link: "#lab",
    },
    Step {
        title: "From noise to data",
        text: "Each coloured point begins at a random place: such a cloud is called noise. The model then moves \
               it, a little at a time, until it lies where an example could lie. Its colour says where it began; \
               some draw a line as they go. You see the beginning: what was learnt is not lost.",
        now: "Press Play below the points, or drag the slider beside it, both ways. If you have not trained, go \
              Back first.",
        link: "#lab&time=0.0&layers.paths=true",
    },
    Step {
        title: "Draw your own",
        text: "Nobody told the model about moons: it learns whatever it is shown. Here is a face without a mouth. \
               Where there is ink, there are examples.",
        now: "Draw a mouth inside the square, and press Train. When it has come to its end, press Play: the \
              coloured points go from noise to your drawing, where they are as the slider comes to the right.",
        // A ring and two eyes on 20 times 20 pixels.
        link: "#lab&data=drawn&drawing=a9p2a15p8a10p12a7p4a6p4a5p3a10p3a4p2a12p2a3p3a2p2a4p2a2p3a2p2a3p2a4p2a3\
               p2a2p2a3p2a4p2a3p2ap3a14p6a14p3ap2a14p2a2p2a14p2a2p3a12p3a3p2a12p2a4p3a10p3a5p4a6p4a7p12a10p8\
               a15p2a9&hidden=128",
    },
    Step {
        title: "Real pictures",
        text: "A picture of 28 by 28 pixels is a point too, one of 784 numbers, and noise can walk to it in the \
               same way. This model has learnt from 60,000 handwritten digits. No hand wrote those that you see.",
        now: "Drag the slider of steps to the left, back to the noise, and forth again. Then choose a digit \
              under Class, or change the Seed.",
        link: "#denoise&count=9&guess=false",
    },
    Step {
        title: "How good is it, and where next?",
        text: "This model can say how likely it finds each place: bright is likely. The number log p, below at \
               the left, is of the place in the ring: the higher, the likelier.",
        now: "Press Train, and watch the light settle on the moons; click elsewhere to ask there. Then go on: to \
              the Sampler race, to the trained models in the Zoo, and to Copy, which gives you what you see as a \
              link, a command or a Rust program.",
        link: "#lab&family=nsf&training=600&particles=500&layers.density=true&probe=%5B-1.0,1.5%5D",
    },
];

/// The tour, under way or not. No link says where it is: what a step shows has a link of its own.
#[derive(Default)]
pub(crate) struct Tour {
    /// The step that is open.
    at: Option<usize>,
}

impl Tour {
    /// Opens the first step: the link that is to be followed.
    pub(crate) fn begin(&mut self) -> &'static str {
        self.at = Some(0);
        STEPS[0].link
    }

    /// Escape ends it, unless there is a menu to be closed by it.
    pub(crate) fn take_keys(&mut self, ui: &Ui) {
        if ui.input(|input| input.key_pressed(Key::Escape)) && !Popup::is_any_open(ui.ctx()) {
            self.at = None;
        }
    }

    /// Draws the step that is open, in a corner of the room that the panel has; where another one begins, the link that is to be followed.
    pub(crate) fn show(&mut self, ctx: &Context, room: Rect) -> Option<&'static str> {
        let at = self.at?;
        let (corner, width) = if room.width() > WIDE {
            (Align2::RIGHT_TOP, (0.22 * room.width()).clamp(200.0, 320.0))
        } else {
            (Align2::CENTER_BOTTOM, room.width() - 2.0 * MARGIN)
        };
        Window::new(format!("A tour: step {} of {}", at + 1, STEPS.len()))
            .id(Id::unique("tour"))
            .collapsible(false)
            .resizable(false)
            .default_width(width)
            .min_width(width)
            .max_width(width)
            .constrain_to(room)
            .anchor(corner, -MARGIN * corner.to_sign())
            .show(ctx, |ui| self.step(ui, at, room.height() - REST));
        self.at.filter(|now| *now != at).map(|now| STEPS[now].link)
    }

    fn step(&mut self, ui: &mut Ui, at: usize, height: f32) {
        let Step { title, text, now, .. } = &STEPS[at];
        // Where the window is low the words scroll, and the buttons stay.
        ScrollArea::vertical().id_salt(at).max_height(height.max(REST)).show(ui, |ui| {
            ui.label(RichText::new(*title).strong().size(15.0));
            ui.label(*text);
            ui.label(RichText::new(*now).strong());
        });
        ui.horizontal(|ui| {
            for (label, about, possible, to) in [
                ("Back", "The step before", at > 0, at.checked_sub(1)),
                ("Next", "The step after", at + 1 < STEPS.len(), Some(at + 1)),
                ("End", "Leave the tour (Escape); what is on the screen stays", true, None),
            ] {
                if ui.add_enabled(possible, Button::new(label)).on_hover_text(about).clicked() {
                    self.at = to;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use kiln::config;
    use kiln::data::Split;
    use serde_json::json;

    use super::*;
    use crate::lab;
    use crate::link::{self, Link};
    use crate::panels::PANELS;

    #[test]
    fn every_step_leads_to_a_panel_and_is_written_as_its_link_is() {
        for step in STEPS {
            let read = Link::read(step.link);
            let listed = PANELS.iter().find(|listed| listed.name == read.panel).expect(step.title);
            let mut panel = (listed.make)();
            let defaults = panel.settings();
            let (settings, unknown) = read.settings(&defaults).expect(step.title);
            assert!(unknown.is_empty(), "{}: {unknown:?}", step.title);
            panel.set(settings).expect(step.title);
            assert_eq!(link::write(listed.name, &panel.settings(), &defaults), step.link);
        }
    }

    #[test]
    fn what_the_lab_is_to_learn_can_be_learnt() {
        let links = STEPS.iter().map(|step| Link::read(step.link)).filter(|link| link.panel == "lab");
        for link in links {
            let (settings, _) = link.settings(&json!(lab::Settings::default())).expect("settings");
            let settings: lab::Settings = config::typed(settings).expect("settings of the lab");
            let run = settings.run().expect("a run");
            assert!(run.data.open(None, Split::Train).is_ok(), "{link:?}");
        }
    }

    #[test]
    fn no_step_has_more_to_read_than_one_reads_standing() {
        for Step { title, text, now, .. } in STEPS {
            let length = text.chars().count() + now.chars().count();
            assert!((40..=420).contains(&length), "{title}: {length} characters");
            assert!(!text.contains("  ") && !now.contains("  "), "{title}: a line was broken badly");
        }
    }
}
