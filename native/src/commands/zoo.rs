//! `kiln zoo`: the trained models inside the program, and the recipes of others.

use clap::Subcommand;
use kiln_zoo::{Card, Entry};
use serde::Serialize;

use crate::failure::Outcome;
use crate::out;

/// The arguments of `kiln zoo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  kiln zoo list\n  kiln zoo list --recipes\n  kiln zoo info mnist/flow")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Those that are trained
    #[command(after_help = "Examples:\n  kiln zoo list\n  kiln zoo list --recipes\n  kiln zoo list --json")]
    List {
        /// Configurations to train instead, which have no weights yet; --json has both in any case
        #[arg(long)]
        recipes: bool,
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
    /// Whether somebody has trained it: it has weights or a card. Else it is a recipe.
    trained: bool,
    /// What its configuration says of itself.
    about: String,
    bytes: Option<usize>,
    card: Option<Card>,
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.what {
        What::List { json: true, .. } => out::json(&all()?),
        What::List { recipes: true, .. } => recipes(&all()?),
        What::List { .. } => trained(&all()?),
        What::Info { name, json } => info(&name, json)?,
    }
    Ok(())
}

fn all() -> kiln::Result<Vec<Told>> {
    kiln_zoo::entries().iter().map(told).collect()
}

fn told(entry: &Entry) -> kiln::Result<Told> {
    let (bytes, card) = (entry.weights.map(<[u8]>::len), entry.card()?);
    let trained = bytes.is_some() || card.is_some();
    Ok(Told { name: entry.name, trained, about: entry.about(), bytes, card })
}

/// The trained ones, and how many others there are.
fn trained(all: &[Told]) {
    let rows: Vec<[String; 3]> = all
        .iter()
        .filter(|told| told.trained)
        .map(|told| [told.name.into(), size(told.bytes), summary(told)])
        .collect();
    out::table(["model", "weights", "what it does"], &rows);
    let recipes = all.len() - rows.len();
    if recipes > 0 {
        out::note(format!("\n{recipes} recipes to train: kiln zoo list --recipes"));
    }
}

/// The others.
fn recipes(all: &[Told]) {
    let recipes = all.iter().filter(|told| !told.trained);
    let rows: Vec<[String; 2]> = recipes.map(|told| [told.name.into(), told.about.clone()]).collect();
    out::table(["recipe", "what it trains"], &rows);
    out::note("\nkiln train NAME trains one; kiln config show NAME shows it");
}

fn size(bytes: Option<usize>) -> String {
    bytes.map_or_else(|| "none here".into(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6))
}

fn summary(told: &Told) -> String {
    told.card.as_ref().map_or_else(|| told.about.clone(), |card| card.summary.clone())
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
    let Told { name, about, bytes, .. } = told;
    format!("{name}: {about}\n\nno card yet; weights: {}; `kiln train {name}` trains it", size(*bytes))
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
        let told = |bytes| Told { name: "a/b", trained: false, about: "A net.".into(), bytes, card: None };
        let said = "a/b: A net.\n\nno card yet; weights: none here; `kiln train a/b` trains it";
        assert_eq!(bare(&told(None)), said);
        assert!(bare(&told(Some(1_200_000))).contains("weights: 1.2 MB"));
    }
}
