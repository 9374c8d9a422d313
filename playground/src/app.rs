//! The window: a bar with the panels, the panel that is open, and what it says.

use egui::{Key, KeyboardShortcut, Modifiers, Ui};
use serde_json::Value;

use crate::history::History;
use crate::link::{self, Link};
use crate::panels::{Desk, PANELS, Panel};
use crate::shell::Shell;
use crate::theme;
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
}

impl App {
    /// Opens at a link; at the first panel where it names none.
    pub fn new(ctx: &egui::Context, shell: Box<dyn Shell>, link: &str) -> Self {
        theme::dress(ctx);
        let open = PANELS.iter().map(|listed| {
            let panel = (listed.make)();
            Open { defaults: panel.settings(), panel, history: History::default() }
        });
        let mut app =
            Self { shell, open: open.collect(), current: 0, link: String::new(), said: String::new() };
        app.follow(link);
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

    /// Draws the window.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.take_reports();
        self.take_files(ui);
        self.take_keys(ui);
        egui::Panel::top("bar").show(ui, |ui| self.bar(ui));
        egui::Panel::bottom("said").show(ui, |ui| {
            let device = self.shell.device();
            ui.label(if self.said.is_empty() { &device } else { &self.said });
        });
        let open = &mut self.open[self.current];
        let mut desk = Desk { shell: &mut *self.shell, go: None };
        egui::CentralPanel::no_frame().show(ui, |ui| open.panel.show(ui, &mut desk));
        let go = desk.go;
        let settled = !ui.input(|input| input.pointer.any_down());
        open.history.follow(&open.panel.settings(), settled);
        if let Some(link) = go {
            self.follow(&link);
        }
        if settled {
            self.tell_link();
        }
    }

    fn take_reports(&mut self) {
        for report in self.shell.reports() {
            match &report {
                Report::Wanted(name) => self.shell.fetch(name),
                Report::Spoilt(_, why) => self.said.clone_from(why),
                _ => self.open.iter_mut().for_each(|open| open.panel.receive(&report)),
            }
        }
        for (name, bytes) in self.shell.fetched() {
            match bytes {
                Ok(bytes) => self.shell.order(Order::Weights(name, bytes)),
                Err(why) => self.said = why,
            }
        }
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
            let panel = &mut self.open[self.current].panel;
            let taken = bytes.map_err(|why| format!("{name} cannot be read: {why}"));
            let taken =
                taken.and_then(|bytes| panel.dropped(&name, &bytes).map_err(|error| error.to_string()));
            self.said = taken.err().unwrap_or_else(|| format!("{name} is here."));
        }
    }
}
