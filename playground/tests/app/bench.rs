//! A shell for tests: it computes between two frames, keeps what is saved, and has no window.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use egui::DroppedFile;
use egui_kittest::kittest::Queryable;
use egui_kittest::Harness;
use kiln_playground::{App, Order, Report, Shell, Works};
use pollster::block_on;

/// What a shell has been told.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) link: String,
    pub(crate) saved: Vec<(String, Vec<u8>)>,
    pub(crate) files: Vec<(String, Result<Vec<u8>, String>)>,
    /// Whether anything is left to compute.
    pub(crate) busy: bool,
}

pub(crate) struct Bench {
    works: Works,
    /// Seconds that have gone by: ten milliseconds a step.
    now: f64,
    told: Rc<RefCell<Told>>,
}

impl Shell for Bench {
    fn order(&mut self, order: Order) {
        self.works.take(order);
    }
    fn reports(&mut self) -> Vec<Report> {
        let mut reports = Vec::new();
        for _ in 0..20 {
            if self.works.busy() {
                self.now += 0.01;
                reports.extend(block_on(self.works.step(self.now)));
            }
        }
        self.told.borrow_mut().busy = self.works.busy();
        reports
    }
    fn save(&mut self, name: &str, bytes: &[u8]) {
        self.told.borrow_mut().saved.push((name.to_owned(), bytes.to_vec()));
    }
    fn show_link(&mut self, link: &str) {
        self.told.borrow_mut().link = link.to_owned();
    }
    fn address(&self, link: &str) -> String {
        format!("https://example.org/{link}")
    }
    fn read(&mut self, _: &Arc<dyn DroppedFile + Send + Sync>) {}
    fn files(&mut self) -> Vec<(String, Result<Vec<u8>, String>)> {
        std::mem::take(&mut self.told.borrow_mut().files)
    }
    fn device(&self) -> String {
        "a test".into()
    }
}

/// The application in a window of no screen, and what its shell is told.
pub(crate) struct Driver {
    pub(crate) harness: Harness<'static, Option<App>>,
    pub(crate) told: Rc<RefCell<Told>>,
}

impl Driver {
    pub(crate) fn open(link: &str) -> Self {
        let told = Rc::new(RefCell::new(Told::default()));
        let device = kiln::device::cpu().expect("a device");
        let mut bench = Some(Bench { works: Works::new(&device), now: 0.0, told: told.clone() });
        let link = link.to_owned();
        let show = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let open = |bench| App::new(ui.ctx(), Box::new(bench), &link);
            if let Some(bench) = bench.take() {
                *app = Some(open(bench));
            }
            app.as_mut().expect("it is open").ui(ui);
        };
        let harness = Harness::builder().with_size([1180.0, 860.0]).wgpu().build_ui_state(show, None);
        Self { harness, told }
    }

    /// Frames until nothing is left to compute.
    pub(crate) fn settle(&mut self) {
        for _ in 0..2000 {
            self.harness.step();
            if !self.told.borrow().busy {
                self.harness.step();
                return;
            }
        }
        panic!("it should come to rest");
    }

    pub(crate) fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.harness.step();
    }

    /// What the address says, frames having gone by.
    pub(crate) fn link(&mut self) -> String {
        self.harness.run_steps(3);
        self.told.borrow().link.clone()
    }

    /// A picture of the window, for a person to look at.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("KILN_PICTURES") else { return };
        let picture = self.harness.render().expect("a picture");
        picture.save(std::path::Path::new(&folder).join(format!("{name}.png"))).expect("it should be written");
    }
}
