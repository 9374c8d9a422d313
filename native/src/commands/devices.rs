//! `kiln devices`: what there is to compute on.

use kiln::device::{self, Found};
use kiln::nn::Precision;
use kiln::{Error, canary};
use serde::Serialize;

use crate::failure::Outcome;
use crate::out;

const ABOUT: &str = "Graphics interfaces do not say how much memory an adapter has: the largest buffer is the most that one tensor \
may take. A workgroup is the most invocations of one.

Examples:
  kiln devices --json
  kiln devices --check";

/// The arguments of `kiln devices`.
#[derive(Debug, clap::Args)]
#[command(after_help = ABOUT)]
pub(crate) struct Args {
    /// For a program to read
    #[arg(long)]
    json: bool,
    /// Compare what each graphics adapter computes, forwards and backwards, with what the processor does
    #[arg(long, conflicts_with = "json")]
    check: bool,
}

/// A device, with what only the command knows of it.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    found: &'a Found,
    /// `None` for a graphics adapter.
    processor: Option<&'a Processor>,
}

/// What the processor has to compute with, as far as the system says.
#[derive(Serialize)]
struct Processor {
    threads: Option<usize>,
    /// Bytes.
    memory: Option<u64>,
    /// Whether it computes in f16.
    half: bool,
}

pub(crate) fn run(args: Args) -> Outcome {
    if args.check {
        return check();
    }
    let (found, processor) = (device::list(), processor());
    if args.json {
        let told = |found| told(found, &processor);
        out::json(&found.iter().map(told).collect::<Vec<_>>());
        return Ok(());
    }
    let rows: Vec<[String; 9]> = found.iter().map(|found| row(found, &processor)).collect();
    out::table(
        [
            "device",
            "backend",
            "kind",
            "memory",
            "largest buffer",
            "shared memory",
            "workgroup",
            "f16",
            "what",
        ],
        &rows,
    );
    let (auto, _) = device::choose("auto")?;
    out::say(format!("\n`auto` takes {}.", auto.name));
    Ok(())
}

/// Every device beside the processor; an error where one computes wrong numbers.
fn check() -> Outcome {
    let reference = device::cpu()?;
    let mut lies = Vec::new();
    for found in device::list() {
        let (_, device) = device::choose(&found.name)?;
        let sings = async {
            canary::operations(&device, &reference).await?;
            canary::gradients(&device, &reference).await
        };
        match pollster::block_on(sings) {
            Ok(()) => out::say(format!("{}: computes what the processor computes", found.name)),
            Err(error) => {
                out::say(format!("{}: {error}", found.name));
                lies.push(found.name);
            }
        }
    }
    match lies.as_slice() {
        [] => Ok(()),
        lies => Err(Error::Device(format!("not to be trusted: {}", lies.join(", "))).into()),
    }
}

fn told<'a>(found: &'a Found, processor: &'a Processor) -> Told<'a> {
    Told { found, processor: found.adapter.is_none().then_some(processor) }
}

fn processor() -> Processor {
    let meminfo = std::fs::read_to_string("/proc/meminfo");
    Processor {
        threads: std::thread::available_parallelism().ok().map(usize::from),
        memory: meminfo.ok().and_then(|text| total(&text)),
        half: device::cpu().is_ok_and(|cpu| Precision::F16.check(&cpu).is_ok()),
    }
}

/// Bytes of memory in all, as Linux tells them: `MemTotal:  24682416 kB`.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

fn row(found: &Found, processor: &Processor) -> [String; 9] {
    let unknown = || "-".to_owned();
    let said = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let Some(adapter) = &found.adapter else {
        let memory = processor.memory.map_or_else(unknown, |bytes| format!("{} GiB", bytes >> 30));
        let threads = processor.threads.map_or_else(String::new, |threads| format!(", {threads} threads"));
        let [buffer, shared, workgroup] = [(); 3].map(|()| unknown());
        let (backend, kind, half) = ("flex".into(), "processor".into(), said(processor.half));
        let what = format!("{}{threads}", found.what);
        return [found.name.clone(), backend, kind, memory, buffer, shared, workgroup, half, what];
    };
    [
        found.name.clone(),
        adapter.backend.clone(),
        format!("{:?}", adapter.kind).to_lowercase(),
        unknown(),
        format!("{} MiB", adapter.max_buffer >> 20),
        format!("{} KiB", adapter.max_shared >> 10),
        adapter.max_invocations.to_string(),
        said(adapter.half),
        format!("{} ({})", adapter.name, adapter.driver),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processors_memory_is_that_of_the_system() {
        assert_eq!(total("MemFree: 1 kB\nMemTotal:       24682416 kB\n"), Some(24_682_416 << 10));
        assert_eq!(total("MemTotal: many"), None);
        let found = Found { name: "cpu".into(), what: "this processor".into(), adapter: None };
        let processor = Processor { threads: Some(2), memory: Some(24 << 30), half: false };
        let cells = ["cpu", "flex", "processor", "24 GiB", "-", "-", "-", "no", "this processor, 2 threads"];
        assert_eq!(row(&found, &processor), cells);
    }
}
