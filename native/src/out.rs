//! What the user reads. A reader who has gone away (`kiln list | head`) is not an error.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

/// A line of the answer, to standard output.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// A line beside the answer, to standard error.
pub fn note(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Why the program ends.
pub fn complain(failure: &impl Display) {
    note(failure);
}

/// The answer for a program.
pub fn json(value: &impl Serialize) {
    say(serde_json::to_string_pretty(value).expect("maps with text keys should be JSON"));
}

/// Rows under a head, in columns as wide as their widest cell; the last is as long as it is.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) {
    let head = head.map(str::to_owned);
    let lines = || std::iter::once(&head).chain(rows);
    let width = |column: usize| lines().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    for row in lines() {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        say(cells.join("  ").trim_end());
    }
}
