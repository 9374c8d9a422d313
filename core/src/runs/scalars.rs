//! `scalars.csv`: a row of numbers a step. Floats are written so that they read back to the same bits.

use std::fmt::Write;
use std::path::Path;

use super::{disk, lines};
use crate::files::{self, io};
use crate::{Error, Result};

/// The numbers of a run, by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scalars {
    /// Names of the columns beside `step`.
    pub columns: Vec<String>,
    /// Steps, and a value for each column.
    pub rows: Vec<(u64, Vec<f64>)>,
}

impl Scalars {
    /// `(step, value)` of one column, ready to be drawn.
    pub fn series(&self, column: &str) -> Result<Vec<(f64, f64)>> {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let index = columns
            .iter()
            .position(|name| *name == column)
            .ok_or_else(|| crate::error::unknown("column", column, &columns))?;
        Ok(self.rows.iter().map(|(step, values)| (*step as f64, values[index])).collect())
    }
}

/// Appends one row; the first row's names are the file's columns.
pub(super) fn append(path: &Path, step: u64, values: &[(&str, f64)]) -> Result<()> {
    let failed = |source| io("write", path, source);
    let wanted = header(values.iter().map(|(name, _)| *name));
    match disk::first_line(path).map_err(|source| io("read", path, source))? {
        None => {
            check_names(values)?;
            disk::append_line(path, &wanted).map_err(failed)?;
        }
        Some(columns) if columns != wanted => {
            return Err(Error::argument(format!(
                "{}: the columns are `{columns}` since the first row and cannot become `{wanted}`",
                path.display()
            )));
        }
        Some(_) => {}
    }
    let numbers: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    disk::append_line(path, &row(step, &numbers)).map_err(failed)
}

/// All rows, in the order in which they were written.
pub(super) fn read(path: &Path) -> Result<Scalars> {
    let mut lines = lines::read(path)?.into_iter();
    let Some((_, first)) = lines.next() else { return Ok(Scalars::default()) };
    let Some(columns) = first.strip_prefix("step") else {
        return Err(lines::wrong(path, 1, "the first column should be `step`"));
    };
    let columns: Vec<String> = columns.split(',').skip(1).map(str::to_owned).collect();
    let rows = lines
        .map(|(number, line)| {
            parse(&line, columns.len()).ok_or_else(|| {
                let message = format!("a step and {} numbers are wanted, this is `{line}`", columns.len());
                lines::wrong(path, number, &message)
            })
        })
        .collect::<Result<_>>()?;
    Ok(Scalars { columns, rows })
}

/// Drops the rows after `step`, and a last line that was cut short.
pub(super) fn rewind(path: &Path, step: u64) -> Result<()> {
    let scalars = read(path)?;
    if scalars == Scalars::default() {
        return Ok(());
    }
    let mut text = header(scalars.columns.iter().map(String::as_str)) + "\n";
    for (_, values) in
        scalars.rows.iter().filter(|(at, _)| *at <= step).map(|(at, values)| (at, row(*at, values)))
    {
        text += &values;
        text.push('\n');
    }
    files::write_atomic(path, text.as_bytes())
}

fn header<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.fold("step".to_owned(), |line, name| line + "," + name)
}

fn row(step: u64, values: &[f64]) -> String {
    values.iter().fold(step.to_string(), |mut line, value| {
        write!(line, ",{value}").expect("writing to a string should not fail");
        line
    })
}

fn parse(line: &str, columns: usize) -> Option<(u64, Vec<f64>)> {
    let mut cells = line.split(',');
    let step = cells.next()?.parse().ok()?;
    let values: Vec<f64> = cells.map(|cell| cell.parse().ok()).collect::<Option<_>>()?;
    (values.len() == columns).then_some((step, values))
}

/// A comma or a line break in a name would shift every column after it.
fn check_names(values: &[(&str, f64)]) -> Result<()> {
    for (index, (name, _)) in values.iter().enumerate() {
        let plain = !name.is_empty() && name.chars().all(|c| !c.is_control() && !",\"".contains(c));
        if !plain || *name == "step" || values[..index].iter().any(|(other, _)| other == name) {
            return Err(Error::argument(format!(
                "`{name}` cannot name a column of scalars: each needs a name of its own, other than `step`, without \
                 commas, quotes and line breaks"
            )));
        }
    }
    Ok(())
}
