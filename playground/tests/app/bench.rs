//! A shell for tests: it computes between two frames, keeps what is saved, and has no window.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use egui::DroppedFile;
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions};
use kiln::model::Card;
use kiln::weights::WeightFile;
use kiln_playground::{App, Order, Report, Shell, Stored, Works};
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
    models: Vec<Stored>,
    fetched: Vec<(String, Result<Vec<u8>, String>)>,
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
    fn models(&self) -> &[Stored] {
        &self.models
    }
    fn fetch(&mut self, name: &str) {
        let bytes = kiln_zoo::find(name).and_then(kiln_zoo::Entry::bytes).map(<[u8]>::to_vec);
        let bytes = match name {
            "mnist/torn" => Ok(vec![1; 100]),
            _ => bytes.map_err(|error| error.to_string()),
        };
        self.fetched.push((name.to_owned(), bytes));
    }
    fn fetched(&mut self) -> Vec<(String, Result<Vec<u8>, String>)> {
        std::mem::take(&mut self.fetched)
    }
    fn save(&mut self, name: &str, bytes: &[u8]) {
        self.told.borrow_mut().saved.push((name.to_owned(), bytes.to_vec()));
    }
    fn show_link(&mut self, link: &str) {
        link.clone_into(&mut self.told.borrow_mut().link);
    }
    fn address(&self, link: &str) -> String {
        format!("https://example.org/{link}")
    }
    fn read(&mut self, _: &Arc<dyn DroppedFile + Send + Sync>) {}
    fn files(&mut self) -> Vec<(String, Result<Vec<u8>, String>)> {
        std::mem::take(&mut self.told.borrow_mut().files)
    }
    fn memory(&self) -> Option<usize> {
        Some(123_000_000)
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
        let works = Works::new(&device);
        let bench = Bench { works, now: 0.0, models: models(), fetched: Vec::new(), told: told.clone() };
        let mut bench = Some(bench);
        let link = link.to_owned();
        let show = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let open = |bench| App::new(ui.ctx(), Box::new(bench), &link);
            if let Some(bench) = bench.take() {
                *app = Some(open(bench));
            }
            app.as_mut().expect("it is open").ui(ui);
        };
        let builder = Harness::builder().with_size([1180.0, 860.0]).with_max_steps(16);
        let harness = builder.build_ui_state(show, None);
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

    /// Compares the window with the picture of it in `tests/snapshots`, where there is an adapter that draws.
    #[expect(clippy::print_stderr, reason = "what is skipped is said")]
    pub(crate) fn picture(&mut self, name: &str) {
        if pictures() {
            // Training ends elsewhere by a rounding on other processors: a particle may lie beside its pixel.
            let options = SnapshotOptions::new().threshold(1.5).max_failed_pixels(6000);
            self.harness.snapshot_options(name, &options);
        } else {
            eprintln!("skipped: the picture {name}, for want of `gpu` in KILN_TEST_DEVICES");
        }
    }
}

/// Whether there is an adapter that draws.
fn pictures() -> bool {
    std::env::var("KILN_TEST_DEVICES").is_ok_and(|devices| devices.contains("gpu"))
}

/// Entries of the zoo that draw pictures.
fn models() -> Vec<Stored> {
    let stored = |entry: &kiln_zoo::Entry| {
        let bytes = entry.weights?;
        let header = WeightFile::parse(entry.name, bytes).and_then(|file| file.header()).expect("a header");
        let card = Card::new(header.model.name(), &header.interface, 0);
        Some(Stored::new(entry.name, &entry.about(), bytes.len(), &card))
    };
    kiln_zoo::entries().iter().filter_map(stored).collect()
}
