//! The side that computes. A shell runs it wherever it likes: in a thread, in a worker of the browser, or between two frames.
//!
//! Orders go in, a step is taken at a time, reports come out. It waits for nothing but its device, has no clock of its own, and keeps what
//! was asked for last: an order takes the place of the one before it.

use burn::prelude::Device;
use serde::{Deserialize, Serialize};

use crate::library::Library;
use crate::{denoise, lab, latent, race};

/// What a panel asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Of the density lab.
    Lab(lab::Order),
    /// Of the race of samplers: who is to run.
    Race(race::Settings),
    /// Of the panel that denoises: what is to be drawn.
    Denoise(denoise::Settings),
    /// Of the panel of latents: what is to be seen.
    Latent(latent::Settings),
    /// See whether the device computes right.
    Check,
    /// The weight file of a model that was wanted.
    Weights(String, Vec<u8>),
    /// The weights of a model that was wanted cannot be had.
    Lost(String),
}

/// What a panel is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Report {
    /// Of the density lab.
    Lab(lab::Report),
    /// Of the race of samplers.
    Race(race::Report),
    /// Of the panel that denoises.
    Denoise(denoise::Report),
    /// Of the panel of latents.
    Latent(latent::Report),
    /// The weights of this model are to be fetched.
    Wanted(String),
    /// Whether the device computes right, or what it does wrong.
    Checked(Result<(), String>),
    /// Weights that came cannot be used: of which model, and why.
    Spoilt(String, String),
}

/// All that computes, on one device.
pub struct Works {
    library: Library,
    lab: lab::Work,
    race: race::Work,
    denoise: denoise::Work,
    latent: latent::Work,
    check: bool,
}

impl Works {
    /// Idle.
    pub fn new(device: &Device) -> Self {
        Self::beside(device, None)
    }

    /// Idle, on a device that is not believed: each model draws on `reference` too, before it is used.
    pub fn beside(device: &Device, reference: Option<&Device>) -> Self {
        Self {
            library: Library::new(device, reference),
            lab: lab::Work::new(device),
            race: race::Work::default(),
            denoise: denoise::Work::default(),
            latent: latent::Work::default(),
            check: false,
        }
    }

    /// The same, on a device that draws the window too: particles stay there, where an [`Easel`](crate::Easel) draws them, and what is learnt is
    /// read off it now and then, as a page can lose its GPU.
    #[must_use]
    pub fn on_screen(mut self) -> Self {
        self.lab.share();
        self
    }

    /// Takes an order. What is wrong with it is said in a report.
    pub fn take(&mut self, order: Order) {
        match order {
            Order::Lab(order) => self.lab.take(order),
            Order::Race(settings) => self.race.show(settings),
            Order::Denoise(settings) => self.denoise.show(settings),
            Order::Check => self.check = true,
            Order::Latent(settings) => self.latent.show(settings),
            Order::Lost(name) => self.library.lost(&name),
            Order::Weights(name, bytes) => self.library.take(name, bytes),
        }
    }

    /// Whether there is anything left to do.
    pub fn busy(&self) -> bool {
        let panels = [self.lab.busy(), self.race.busy(), self.denoise.busy(), self.latent.busy(), self.check];
        panels.contains(&true) || self.library.busy()
    }

    /// Does a little of it: what takes some milliseconds. `now` is the time in seconds, from any beginning.
    pub async fn step(&mut self, now: f64) -> Vec<Report> {
        let mut reports = self.unpack().await;
        if self.lab.busy() {
            reports.extend(self.lab.step(now).await.into_iter().map(Report::Lab));
        }
        if self.race.busy() {
            reports.extend(self.race.step(&mut self.library).await.into_iter().map(Report::Race));
        }
        if self.denoise.busy() {
            reports.extend(self.denoise.step(&mut self.library).await.into_iter().map(Report::Denoise));
        }
        if self.latent.busy() {
            reports.extend(self.latent.step(&mut self.library).await.into_iter().map(Report::Latent));
        }
        if std::mem::take(&mut self.check) {
            reports.push(Report::Checked(
                checked(self.library.device()).await.map_err(|error| error.to_string()),
            ));
        }
        reports.extend(self.library.wanted().into_iter().map(Report::Wanted));
        reports
    }

    /// Makes models of the weights that have come; what waited for them goes on.
    async fn unpack(&mut self) -> Vec<Report> {
        let mut spoilt = Vec::new();
        for (name, made) in self.library.unpack().await {
            match made {
                Ok(()) => {
                    self.race.woken();
                    self.denoise.woken();
                    self.latent.woken();
                }
                Err(error) => spoilt.push(Report::Spoilt(name, error.to_string())),
            }
        }
        spoilt
    }
}

/// Whether a device computes what the processor does.
async fn checked(device: &Device) -> kiln::Result<()> {
    kiln::canary::operations(device, &kiln::device::cpu()?).await
}
