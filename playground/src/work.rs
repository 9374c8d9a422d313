//! The side that computes. A shell runs it wherever it likes: in a thread, in a worker of the browser, or between two frames.
//!
//! Orders go in, a step is taken at a time, reports come out. It waits for nothing but its device, has no clock of its own, and keeps what
//! was asked for last: an order takes the place of the one before it.

use burn::prelude::Device;
use serde::{Deserialize, Serialize};

use crate::lab;

/// What a panel asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Of the density lab.
    Lab(lab::Order),
}

/// What a panel is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Report {
    /// Of the density lab.
    Lab(lab::Report),
}

/// All that computes, on one device.
pub struct Works {
    lab: lab::Work,
}

impl Works {
    /// Idle.
    pub fn new(device: &Device) -> Self {
        Self { lab: lab::Work::new(device) }
    }

    /// Takes an order. What is wrong with it is said in a report.
    pub fn take(&mut self, order: Order) {
        match order {
            Order::Lab(order) => self.lab.take(order),
        }
    }

    /// Whether there is anything left to do.
    pub fn busy(&self) -> bool {
        self.lab.busy()
    }

    /// Does a little of it: what takes some milliseconds. `now` is the time in seconds, from any beginning.
    pub async fn step(&mut self, now: f64) -> Vec<Report> {
        let mut reports = Vec::new();
        if self.lab.busy() {
            reports.extend(self.lab.step(now).await.into_iter().map(Report::Lab));
        }
        reports
    }
}
