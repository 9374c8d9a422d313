//! Flows against what is known of them.

mod pictures;
