//! What has come in since the last frame.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use kiln_playground::{Fetching, Report};

/// A file by its name, or why there is none.
pub(super) type File = (String, Result<Vec<u8>, String>);

/// What the page and the works have brought.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) reports: Vec<Report>,
    pub(super) weights: Vec<File>,
    pub(super) files: Vec<File>,
    pub(super) fetching: BTreeMap<String, Fetching>,
    pub(super) link: Option<String>,
    pub(super) said: Option<String>,
}

pub(super) type Shared = Rc<RefCell<Inbox>>;
