//! What is on the screen as a list of names, roles and values: for whoever reads it aloud, and for tests of the page.
//!
//! On the desktop the window's own library hands egui's tree of widgets to the system. A canvas of a browser has nobody to do that: there this
//! plugin takes the tree, and the page mirrors it into elements.

use std::collections::HashMap;

use egui::accesskit::{Action, ActionData, ActionRequest, Node, NodeId, Role, Toggled, TreeId};
use egui::{Context, Event, FullOutput, Plugin, RawInput};
use serde::Serialize;

/// Something that is on the screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Seen {
    /// What actions are addressed to.
    pub id: String,
    /// As ARIA calls it; `text` for what is merely to be read.
    pub role: &'static str,
    /// What it is called.
    pub name: String,
    /// What it says: the text of a field, the choice of a menu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `[least, now, most]` of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 3]>,
    /// On or off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// It does not answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Keys go to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub focused: bool,
    /// Left, top, width and height, in points.
    pub place: [f32; 4],
}

/// Takes egui's tree of widgets, and brings it what is done to them.
#[derive(Default)]
pub struct Mirror {
    nodes: HashMap<NodeId, Node>,
    root: Option<NodeId>,
    focus: Option<NodeId>,
    requests: Vec<ActionRequest>,
    /// What the page was told last.
    told: Vec<Seen>,
}

impl Plugin for Mirror {
    fn debug_name(&self) -> &'static str {
        "mirror"
    }

    fn setup(&mut self, ctx: &Context) {
        ctx.enable_accesskit();
    }

    fn input_hook(&mut self, _ctx: &Context, input: &mut RawInput) {
        input.events.extend(self.requests.drain(..).map(Event::AccessKitActionRequest));
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        // Each update has the whole tree.
        let Some(update) = output.platform_output.accesskit_update.take() else { return };
        self.root = update.tree.map(|tree| tree.root).or(self.root);
        self.focus = Some(update.focus);
        self.nodes = update.nodes.into_iter().collect();
    }
}

impl Mirror {
    /// All that has a meaning, in the order of reading.
    pub fn seen(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        if let Some(root) = self.root {
            self.gather(root, &mut seen);
        }
        seen
    }

    /// What the page was told last.
    pub fn told(&self) -> &[Seen] {
        &self.told
    }

    /// Takes note of what the page is told: its actions are meant for that.
    pub fn tell(&mut self, seen: Vec<Seen>) {
        self.told = seen;
    }

    /// Does something to what is on the screen: `click`, `focus`, `more`, `less`, or `set` with a value. What is not there any more, and what
    /// is not known, is passed over.
    pub fn act(&mut self, id: &str, action: &str, value: Option<&str>) {
        let Some(target_node) = self.meant(id) else { return };
        let number = |text: &str| {
            text.parse().map_or_else(|_| ActionData::Value(text.into()), ActionData::NumericValue)
        };
        let text = |text: &str| ActionData::Value(text.into());
        let typed = self.nodes.get(&target_node).is_some_and(|node| role(node.role()) == Some("textbox"));
        let (action, data) = match action {
            "click" => (Action::Click, None),
            "focus" => (Action::Focus, None),
            "more" => (Action::Increment, None),
            "less" => (Action::Decrement, None),
            "set" if typed => (Action::SetValue, value.map(text)),
            "set" => (Action::SetValue, value.map(number)),
            _ => return,
        };
        self.requests.push(ActionRequest { action, target_tree: TreeId::ROOT, target_node, data });
    }

    /// The node that the page means by an id. Where something has come in above it since the page was told, it has another id now, and what has
    /// its id may be something else: it is known by its role and its name.
    fn meant(&self, id: &str) -> Option<NodeId> {
        let told = self.told.iter().find(|seen| seen.id == id)?;
        let seen = self.seen();
        let same = |seen: &&Seen| (seen.role, &seen.name) == (told.role, &told.name);
        let found = seen.iter().filter(same).find(|seen| seen.id == id).or_else(|| seen.iter().find(same))?;
        found.id.parse().ok().map(NodeId)
    }

    fn gather(&self, id: NodeId, seen: &mut Vec<Seen>) {
        let Some(node) = self.nodes.get(&id) else { return };
        if let Some(role) = role(node.role()) {
            let found = self.describe(id, role, node);
            if !found.name.is_empty() || found.value.is_some() {
                seen.push(found);
            }
        }
        // Runs of letters are said by the text that they belong to.
        if role(node.role()).is_none_or(|role| role == "group") {
            node.children().iter().for_each(|child| self.gather(*child, seen));
        }
    }

    fn describe(&self, id: NodeId, role: &'static str, node: &Node) -> Seen {
        let labels = node.labelled_by().iter().filter_map(|label| self.nodes.get(label)?.value());
        let name = node.label().map_or_else(|| labels.collect::<Vec<_>>().join(" "), str::to_owned);
        let bounds = node.bounds().unwrap_or_default();
        let range = node.numeric_value().map(|now| {
            let least = node.min_numeric_value().unwrap_or(f64::MIN);
            [least, now, node.max_numeric_value().unwrap_or(f64::MAX)]
        });
        let value = node.value().map(str::to_owned);
        // A text is what it is called.
        let (name, value) = if role == "text" { (value.unwrap_or(name), None) } else { (name, value) };
        Seen {
            id: id.0.to_string(),
            role,
            name,
            value,
            range,
            on: node.toggled().map(|on| on == Toggled::True),
            disabled: node.is_disabled(),
            focused: self.focus == Some(id) && self.root != Some(id),
            place: [bounds.x0, bounds.y0, bounds.width(), bounds.height()].map(|value| value as f32),
        }
    }
}

/// The role as ARIA calls it; nothing for what only holds other things.
fn role(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Label => "text",
        Role::Button
        | Role::DefaultButton
        | Role::ComboBox
        | Role::ColorWell
        | Role::MenuItem
        | Role::MenuListOption
        | Role::ListBoxOption => "button",
        Role::CheckBox | Role::Switch => "checkbox",
        Role::RadioButton => "radio",
        Role::Slider => "slider",
        Role::SpinButton => "spinbutton",
        Role::TextInput | Role::MultilineTextInput => "textbox",
        Role::Link => "link",
        Role::Image => "img",
        Role::ProgressIndicator => "progressbar",
        Role::Window | Role::Dialog | Role::AlertDialog => "group",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use egui::{Slider, Ui};

    use super::*;

    struct Page {
        notice: bool,
        n: f64,
        on: bool,
        text: String,
        clicks: usize,
    }

    fn page(ui: &mut Ui, page: &mut Page) {
        ui.label("Hello");
        if page.notice {
            ui.label("Something has come.");
            page.clicks += 10 * usize::from(ui.button("Other").clicked());
        }
        page.clicks += usize::from(ui.button("Press").clicked());
        ui.checkbox(&mut page.on, "Light");
        ui.add(Slider::new(&mut page.n, 0.0..=10.0).text("Number"));
        let label = ui.label("Find");
        ui.text_edit_singleline(&mut page.text).labelled_by(label.id);
    }

    fn frame(ctx: &Context, state: &mut Page) -> Vec<Seen> {
        let _ = ctx.run_ui(RawInput::default(), |ui| page(ui, state));
        ctx.with_plugin(|mirror: &mut Mirror| mirror.seen()).expect("a mirror")
    }

    fn tell(ctx: &Context, state: &mut Page) -> Vec<Seen> {
        frame(ctx, state);
        let seen = frame(ctx, state);
        ctx.with_plugin(|mirror: &mut Mirror| mirror.tell(seen.clone())).expect("a mirror");
        seen
    }

    fn act(ctx: &Context, id: &str, action: &str, value: Option<&str>) {
        ctx.with_plugin(|mirror: &mut Mirror| mirror.act(id, action, value)).expect("a mirror");
    }

    fn find(seen: &[Seen], role: &str, name: &str) -> Seen {
        let found = seen.iter().find(|seen| seen.role == role && seen.name == name);
        found.unwrap_or_else(|| panic!("there should be a {role} {name}: {seen:?}")).clone()
    }

    fn open() -> (Context, Page) {
        let ctx = Context::default();
        ctx.add_plugin(Mirror::default());
        (ctx, Page { notice: false, n: 2.0, on: false, text: String::new(), clicks: 0 })
    }

    #[test]
    fn what_is_seen_has_names_and_answers() {
        let (ctx, mut state) = open();
        let seen = tell(&ctx, &mut state);
        find(&seen, "text", "Hello");
        assert_eq!(find(&seen, "slider", "Number").range, Some([0.0, 2.0, 10.0]));
        assert_eq!(find(&seen, "checkbox", "Light").on, Some(false));
        act(&ctx, &find(&seen, "button", "Press").id, "click", None);
        act(&ctx, &find(&seen, "checkbox", "Light").id, "click", None);
        act(&ctx, &find(&seen, "slider", "Number").id, "set", Some("7"));
        act(&ctx, &find(&seen, "textbox", "Find").id, "set", Some("42"));
        act(&ctx, "no number", "click", None);
        act(&ctx, "17", "click", None);
        frame(&ctx, &mut state);
        assert_eq!((state.clicks, state.on, state.n, state.text.as_str()), (1, true, 7.0, "42"));
    }

    #[test]
    fn what_has_moved_since_is_still_meant() {
        let (ctx, mut state) = open();
        let seen = tell(&ctx, &mut state);
        state.notice = true;
        let moved = frame(&ctx, &mut state);
        let button = find(&seen, "button", "Press");
        assert_ne!(find(&moved, "button", "Press").id, button.id, "it should have another id");
        act(&ctx, &button.id, "click", None);
        act(&ctx, &find(&seen, "slider", "Number").id, "set", Some("7"));
        frame(&ctx, &mut state);
        assert_eq!((state.clicks, state.n), (1, 7.0));
    }

    #[test]
    fn the_title_of_a_window_is_seen() {
        let ctx = Context::default();
        ctx.add_plugin(Mirror::default());
        for _ in 0..2 {
            let _ = ctx.run_ui(RawInput::default(), |ui| {
                egui::Window::new("Step 1").show(ui.ctx(), |ui| ui.label("Inside"));
            });
        }
        let seen = ctx.with_plugin(|mirror: &mut Mirror| mirror.seen()).expect("a mirror");
        find(&seen, "group", "Step 1");
        find(&seen, "text", "Inside");
    }
}
