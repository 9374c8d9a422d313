//! The side that computes, in a thread of its own.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use burn::prelude::Device;
use eframe::egui::Context;
use kiln_playground::{Order, Report, Works};

/// Where orders go, and reports come from.
pub(super) struct Worker {
    pub(super) orders: Sender<Order>,
    pub(super) reports: Receiver<Report>,
}

impl Worker {
    /// Begins; each report wakes the window.
    pub(super) fn start(window: Context, device: Device) -> Self {
        let (orders, received) = channel();
        let (told, reports) = channel();
        thread::spawn(move || work(Works::new(&device), &received, &told, &window));
        Self { orders, reports }
    }
}

/// Works until the window is gone.
fn work(mut works: Works, orders: &Receiver<Order>, reports: &Sender<Report>, window: &Context) {
    let started = Instant::now();
    loop {
        // Sleeps where there is nothing to do.
        if !works.busy() {
            let Ok(order) = orders.recv() else { return };
            works.take(order);
        }
        while let Ok(order) = orders.try_recv() {
            works.take(order);
        }
        for report in pollster::block_on(works.step(started.elapsed().as_secs_f64())) {
            if reports.send(report).is_err() {
                return;
            }
            window.request_repaint();
        }
    }
}
