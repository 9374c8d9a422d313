//! `kiln zoo`: the trained models inside the program.

use clap::Subcommand;
use kiln_zoo::{Card, Entry};
use serde::Serialize;

use crate::failure::Outcome;
use crate::out;

/// The arguments of `kiln zoo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  kiln zoo list\n  kiln zoo info mnist/flow")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// All of them
    #[command(after_help = "Example:\n  kiln zoo list --json")]
    List {
        /// For a program to read
        #[arg(long)]
        json: bool,
    },
    /// The card of one: data, commands, measured quality, licence
    #[command(after_help = "Example:\n  kiln zoo info mnist/flow")]
    Info {
        /// Its name, as `kiln zoo list` has it
        name: String,
        /// For a program to read
        #[arg(long)]
        json: bool,
    },
}

/// An entry, for a program to read.
#[derive(Serialize)]
struct Told {
    name: &'static str,
    bytes: Option<usize>,
    card: Option<Card>,
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.what {
        What::List { json } => list(json),
        What::Info { name, json } => info(&name, json),
    }
}

fn told(entry: &Entry) -> kiln::Result<Told> {
    Ok(Told { name: entry.name, bytes: entry.weights.map(<[u8]>::len), card: entry.card()? })
}

fn list(json: bool) -> Outcome {
    let all = kiln_zoo::entries().iter().map(told).collect::<kiln::Result<Vec<Told>>>()?;
    if json {
        out::json(&all);
        return Ok(());
    }
    let rows: Vec<[String; 3]> =
        all.iter().map(|told| [told.name.into(), size(told.bytes), summary(told)]).collect();
    out::table(["model", "weights", "what it does"], &rows);
    Ok(())
}

fn size(bytes: Option<usize>) -> String {
    bytes.map_or_else(|| "none here".into(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6))
}

fn summary(told: &Told) -> String {
    told.card.as_ref().map_or_else(|| "(no card yet)".into(), |card| card.summary.clone())
}

fn info(name: &str, json: bool) -> Outcome {
    let told = told(kiln_zoo::find(name)?)?;
    if json {
        out::json(&told);
        return Ok(());
    }
    match &told.card {
        Some(card) => show(&told, card),
        None => out::say(bare(&told)),
    }
    Ok(())
}

/// An entry without a card.
fn bare(told: &Told) -> String {
    let (name, weights) = (told.name, size(told.bytes));
    format!("{name}: no card yet; weights: {weights}; `kiln train {name}` trains it")
}

fn show(told: &Told, card: &Card) {
    out::say(format!("{}: {}\n{}\n", told.name, card.title, card.summary));
    let lines = [
        ("weights", size(told.bytes)),
        ("data", card.data.clone()),
        ("trained with", card.command.clone()),
        ("", format!("seed {}, {} steps, {} on {}", card.seed, card.steps, card.time, card.hardware)),
        ("measured with", card.evaluate.clone()),
        ("paper", card.paper.clone()),
        ("licence", card.licence.clone()),
    ];
    lines.iter().for_each(|(key, value)| out::say(format!("{key:14} {value}")));
    out::say("");
    let metrics: Vec<[String; 2]> =
        card.metrics.iter().map(|(name, measure)| [name.clone(), measure.to_string()]).collect();
    out::table(["metric", "value"], &metrics);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_without_a_card_says_what_is_missing_and_what_to_do() {
        let told = |bytes| Told { name: "a/b", bytes, card: None };
        assert_eq!(bare(&told(None)), "a/b: no card yet; weights: none here; `kiln train a/b` trains it");
        assert!(bare(&told(Some(1_200_000))).contains("weights: 1.2 MB"));
    }
}
