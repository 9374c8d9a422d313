//! `kiln devices`: what there is to compute on.

use kiln::device::Found;

use crate::failure::Outcome;
use crate::out;

/// The arguments of `kiln devices`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  kiln devices --json")]
pub(crate) struct Args {
    /// For a program to read
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Outcome {
    let found = kiln::device::list();
    if args.json {
        out::json(&found);
        return Ok(());
    }
    let rows: Vec<[String; 6]> = found.iter().map(row).collect();
    out::table(["device", "backend", "kind", "largest buffer", "shared memory", "what"], &rows);
    let (auto, _) = kiln::device::choose("auto")?;
    out::say(format!("\n`auto` takes {}.", auto.name));
    Ok(())
}

fn row(found: &Found) -> [String; 6] {
    let Some(adapter) = &found.adapter else {
        let cells = ["flex", "processor", "-", "-"].map(str::to_owned);
        let [backend, kind, buffer, shared] = cells;
        return [found.name.clone(), backend, kind, buffer, shared, found.what.clone()];
    };
    [
        found.name.clone(),
        adapter.backend.clone(),
        format!("{:?}", adapter.kind).to_lowercase(),
        format!("{} MiB", adapter.max_buffer >> 20),
        format!("{} KiB", adapter.max_shared >> 10),
        format!("{} ({})", adapter.name, adapter.driver),
    ]
}
