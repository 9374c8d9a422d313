//! Progress with its rate and the time that is left; nothing where there is no terminal.

use std::borrow::Cow;

use indicatif::{ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{msg:28} {bar:32} {pos}/{len}  {per_sec}  {eta} left";

/// A bar on standard error.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar of `length` steps, the first `done` of which lie behind.
    pub fn new(what: impl Into<Cow<'static, str>>, length: u64, done: u64) -> Self {
        let style = ProgressStyle::with_template(TEMPLATE).expect("the template should be one");
        let bar = ProgressBar::new(length).with_position(done).with_message(what).with_style(style);
        bar.reset_eta();
        Self(bar)
    }

    /// A bar that is not there, for what goes on beside another.
    pub fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// How many steps there are, once that is known.
    pub fn length(&self, length: u64) {
        self.0.set_length(length);
        self.0.reset_eta();
    }

    /// One more step.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// So many steps lie behind.
    pub fn at(&self, position: u64) {
        self.0.set_position(position);
    }

    /// What is being done.
    pub fn message(&self, what: impl Into<Cow<'static, str>>) {
        self.0.set_message(what);
    }

    /// Whether nobody sees it.
    pub fn is_hidden(&self) -> bool {
        self.0.is_hidden()
    }

    /// Does something that prints, with the bar out of the way.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
