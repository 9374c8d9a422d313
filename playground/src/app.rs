//! The window: a bar with the panels, the panel that is open, and what it says.

use std::collections::HashSet;

use egui::{Key, KeyboardShortcut, Modifiers, ProgressBar, Ui};
use kiln::model::Card;
use kiln::weights::WeightFile;
use serde_json::{Value, json};

use crate::history::History;
use crate::link::{self, Link};
use crate::panels::{Desk, PANELS, Panel};
use crate::shell::{Shell, Stored};
use crate::theme;
use crate::tour::Tour;
use crate::work::{Order, Report};

const UNDO: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Z);
const REDO: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);

/// A panel that is there, with what it was set to before.
struct Open {
    panel: Box<dyn Panel>,
    defaults: Value,
    history: History,
}

/// The application.
pub struct App {
    shell: Box<dyn Shell>,
    open: Vec<Open>,
    current: usize,
    /// The link that the shell was told last.
    link: String,
    /// What is to be read in the bar below.
    said: String,
    /// Models whose weights were dropped onto the window.
    own: Vec<Stored>,
    /// Models whose weights are here.
    here: HashSet<String>,
    /// The guided tour, under way or not.
    tour: Tour,
}

impl App {
    /// Opens at a link; at the first panel where it names none.
    pub fn new(ctx: &egui::Context, shell: Box<dyn Shell>, link: &str) -> Self {
        theme::dress(ctx);
        let open = PANELS.iter().map(|listed| {
            let panel = (listed.make)();
            Open { defaults: panel.settings(), panel, history: History::default() }
        });
        let mut app = Self {
            shell,
            open: open.collect(),
            current: 0,
            link: String::new(),
            said: String::new(),
            own: Vec::new(),
            here: HashSet::new(),
            tour: Tour::default(),
        };
        app.follow(link);
        if link.is_empty() {
            app.said = "New here? Press Tour, above: five steps, for beginners.".into();
        }
        app
    }

    /// Goes where a link leads.
    pub fn follow(&mut self, link: &str) {
        let read = Link::read(link);
        if read.panel.is_empty() && read.values.is_empty() {
            return;
        }
        let Some(at) = PANELS.iter().position(|listed| listed.name == read.panel) else {
            let names: Vec<&str> = PANELS.iter().map(|listed| listed.name).collect();
            self.said = kiln::error::unknown("panel", &read.panel, &names).to_string();
            return;
        };
        self.current = at;
        let open = &mut self.open[at];
        let set = read.settings(&open.defaults).and_then(|(settings, unknown)| {
            open.panel.set(settings)?;
            Ok(unknown)
        });
        self.said = match set {
            Ok(unknown) if unknown.is_empty() => String::new(),
            Ok(unknown) => format!("This link says something that is not known here: {}", unknown.join(", ")),
            Err(error) => format!("This link cannot be followed: {error}"),
        };
    }

    /// The link of what is seen.
    pub fn link(&self) -> String {
        let open = &self.open[self.current];
        link::write(PANELS[self.current].name, &open.panel.settings(), &open.defaults)
    }

    /// What is to be read in the bar below.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// What the panel that is open has come to, in JSON.
    pub fn facts(&self) -> Value {
        let panel = PANELS[self.current].name;
        json!({ "panel": panel, "said": self.said, panel: self.open[self.current].panel.facts() })
    }

    /// The samples that are seen, `[n, features]` flattened.
    pub fn samples(&self) -> Vec<f32> {
        self.open[self.current].panel.samples()
    }

    /// What goes on from here in another window, once this one's device is lost.
    pub fn kept(&self) -> Option<Order> {
        self.open.iter().find_map(|open| open.panel.kept())
    }

    /// Goes on from what another window has kept.
    pub fn resume(&mut self, kept: Order) {
        self.shell.order(kept);
    }

    /// Draws the window.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.listen();
        self.take_reports();
        self.take_files(ui);
        self.take_keys(ui);
        egui::Panel::top("bar").show(ui, |ui| self.bar(ui));
        egui::Panel::bottom("said").show(ui, |ui| self.below(ui));
        let room = ui.available_rect_before_wrap();
        let open = &mut self.open[self.current];
        let mut desk = Desk { shell: &mut *self.shell, own: &self.own, here: &self.here, go: None };
        egui::CentralPanel::no_frame().show(ui, |ui| open.panel.show(ui, &mut desk));
        let go = desk.go;
        let settled = !ui.input(|input| input.pointer.any_down()) && !open.panel.moving();
        open.history.follow(&open.panel.settings(), settled);
        if let Some(link) = go {
            self.follow(&link);
        }
        if let Some(link) = self.tour.show(ui.ctx(), room) {
            self.follow(link);
        }
        if settled {
            self.tell_link();
        }
    }

    /// Hears what the shell has to say.
    fn listen(&mut self) {
        if let Some(said) = self.shell.said() {
            self.said = said;
        }
        if let Some(link) = self.shell.led() {
            self.follow(&link);
        }
    }

    fn take_reports(&mut self) {
        for report in self.shell.reports() {
            match &report {
                Report::Wanted(name) => self.shell.fetch(name),
                Report::Spoilt(name, why) => {
                    self.here.remove(name);
                    self.said.clone_from(why);
                }
                _ => {}
            }
            self.open.iter_mut().for_each(|open| open.panel.receive(&report));
        }
        for (name, bytes) in self.shell.fetched() {
            match bytes {
                Ok(bytes) => {
                    self.here.insert(name.clone());
                    self.shell.order(Order::Weights(name, bytes));
                }
                Err(why) => {
                    self.said = why;
                    self.shell.order(Order::Lost(name));
                }
            }
        }
    }

    fn below(&mut self, ui: &mut Ui) {
        for file in self.shell.fetching() {
            ui.horizontal(|ui| {
                if ui.button("Cancel").on_hover_text("Give this download up").clicked() {
                    self.shell.cancel(&file.name);
                }
                let [done, total] = [file.done, file.total].map(|bytes| bytes as f64 / 1e6);
                let text = format!("{}: {done:.1} of {total:.1} MB", file.name);
                let share = file.done as f32 / file.total.max(1) as f32;
                ui.add(ProgressBar::new(share).text(text));
            });
        }
        let device = self.shell.device();
        ui.label(if self.said.is_empty() { &device } else { &self.said });
    }

    fn tell_link(&mut self) {
        let link = self.link();
        if link != self.link {
            self.shell.show_link(&link);
            self.link = link;
        }
    }

    fn bar(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            ui.heading("Kiln");
            for (at, listed) in PANELS.iter().enumerate() {
                ui.selectable_value(&mut self.current, at, listed.label).on_hover_text(listed.about);
            }
            ui.separator();
            self.actions(ui);
            theme::switch(ui);
        });
    }

    fn actions(&mut self, ui: &mut Ui) {
        let open = &self.open[self.current];
        let (undo, redo) = (open.history.can_undo(), open.history.can_redo());
        if ui
            .add_enabled(undo, egui::Button::new("Undo"))
            .on_hover_text("Take the last change back (Ctrl Z)")
            .clicked()
        {
            self.undo();
        }
        if ui
            .add_enabled(redo, egui::Button::new("Redo"))
            .on_hover_text("Change it again (Ctrl Shift Z)")
            .clicked()
        {
            self.redo();
        }
        if ui.button("Reset").on_hover_text("Everything here as it was at first").clicked() {
            let open = &mut self.open[self.current];
            let defaults = open.defaults.clone();
            self.said = open.panel.set(defaults).err().map(|error| error.to_string()).unwrap_or_default();
        }
        ui.menu_button("Copy", |ui| self.copies(ui));
        let about = "Five steps for newcomers, on what is really there. It sets the panels as it goes; Undo takes that back.";
        if ui.button("Tour").on_hover_text(about).clicked() {
            let link = self.tour.begin();
            self.follow(link);
        }
    }

    fn copies(&mut self, ui: &mut Ui) {
        let panel = &self.open[self.current].panel;
        let address = self.shell.address(&self.link());
        let texts = [
            ("Copy link", "The same picture on another machine, or by `kiln studio --link`", Some(address)),
            ("Copy as command", "The `kiln` line that does the same", panel.command()),
            ("Copy as Rust", "The program that does the same", panel.program()),
        ];
        for (label, about, text) in texts {
            let Some(text) = text else { continue };
            if ui.button(label).on_hover_text(about).clicked() {
                ui.ctx().copy_text(text);
                self.said = "Copied.".into();
            }
        }
    }

    fn undo(&mut self) {
        let open = &mut self.open[self.current];
        if let Some(settings) = open.history.undo() {
            self.said = open.panel.set(settings).err().map(|error| error.to_string()).unwrap_or_default();
        }
    }

    fn redo(&mut self) {
        let open = &mut self.open[self.current];
        if let Some(settings) = open.history.redo() {
            self.said = open.panel.set(settings).err().map(|error| error.to_string()).unwrap_or_default();
        }
    }

    fn take_keys(&mut self, ui: &Ui) {
        self.tour.take_keys(ui);
        // Redo first: undo's keys are part of it.
        if ui.input_mut(|input| input.consume_shortcut(&REDO)) {
            self.redo();
        } else if ui.input_mut(|input| input.consume_shortcut(&UNDO)) {
            self.undo();
        }
    }

    fn take_files(&mut self, ui: &Ui) {
        let dropped = ui.input(|input| input.raw.dropped_files.clone());
        dropped.iter().for_each(|file| self.shell.read(file));
        for (name, bytes) in self.shell.files() {
            let taken = match bytes {
                Err(why) => Err(format!("{name} cannot be read: {why}")),
                Ok(bytes) if name.ends_with(".safetensors") => self.take_weights(&name, bytes),
                Ok(bytes) => {
                    let panel = &mut self.open[self.current].panel;
                    panel.dropped(&name, &bytes).map_err(|error| error.to_string())
                }
            };
            self.said = taken.err().unwrap_or_else(|| format!("{name} is here."));
        }
    }

    /// Takes a weight file of somebody's own, and opens the panel that shows what it draws.
    fn take_weights(&mut self, file: &str, bytes: Vec<u8>) -> Result<(), String> {
        let name = format!("own/{}", file.trim_end_matches(".safetensors"));
        let header = WeightFile::parse(&name, &bytes).and_then(|file| file.header());
        let header = header.map_err(|error| error.to_string())?;
        let card = Card::new(header.model.name(), &header.interface, 0);
        let stored = Stored::new(&name, "Dropped onto this window", bytes.len(), &card);
        let pictures = stored.pictures;
        self.own.retain(|model| model.name != name);
        self.own.push(stored);
        self.here.insert(name.clone());
        self.shell.order(Order::Weights(name.clone(), bytes));
        self.follow(&if pictures { format!("#denoise&model={name}") } else { "#zoo".into() });
        Ok(())
    }
}
