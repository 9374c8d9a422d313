//! A run that was stopped, in whatever way, ends in the same bytes as one that was not.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::common::{MOONS, SHAPES, Training, answer, argument, only_run, refusal, run, text};

/// A folder with a configuration in it.
fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), config).expect("a file");
    folder
}

/// `kiln train config.yaml` into `runs`, with more arguments.
fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "config.yaml", "--device", "cpu", "--out", "runs"], more].concat()
}

fn model(run: &Path) -> Vec<u8> {
    std::fs::read(run.join("model.safetensors")).expect("a finished run should have a model")
}

/// The model of a run that nobody disturbed.
fn undisturbed(config: &str, more: &[&str]) -> Vec<u8> {
    let folder = folder(config);
    answer(folder.path(), &train(more));
    model(&only_run(&folder.path().join("runs")))
}

/// Goes on with the only run to its end; its model.
fn resumed(folder: &Path) -> Vec<u8> {
    let run = only_run(&folder.join("runs"));
    answer(folder, &["train", "--resume", argument(&run)]);
    model(&run)
}

/// Does `stop` to a training of `config` that has said `line`, until it comes before the training's own end.
fn stopped(config: &str, line: &str, stop: impl Fn(Training)) -> (tempfile::TempDir, PathBuf) {
    for _ in 0..10 {
        let folder = folder(config);
        let mut training = Training::start(folder.path(), &train(&[]));
        assert!(training.wait_for(line, 1), "no line `{line}`");
        stop(training);
        let run = only_run(&folder.path().join("runs"));
        if !run.join("model.safetensors").exists() {
            return (folder, run);
        }
    }
    panic!("the training ended ten times before it could be stopped");
}

#[test]
fn twenty_steps_a_kill_and_twenty_steps_are_forty_steps() {
    for config in [MOONS, SHAPES] {
        let wanted = undisturbed(config, &[]);
        let (folder, run) = stopped(config, "saved ", Training::kill);
        assert!(run.join("checkpoints/step_000020").is_dir());
        assert!(resumed(folder.path()) == wanted, "the resumed model differs: {config}");
        let scalars = std::fs::read_to_string(run.join("facts/scalars.csv")).expect("scalars");
        let steps: Vec<&str> = scalars.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
        assert_eq!(steps, ["10", "20", "30", "40"], "each row once, in order");
    }
}

/// The rows of a run's scalars but for their last column, the seconds.
fn scalars(run: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(run.join("facts/scalars.csv")).expect("scalars");
    text.lines().filter_map(|row| row.rsplit_once(',')).map(|(row, _)| row.to_owned()).collect()
}

#[test]
fn a_kill_between_two_rows_of_scalars_changes_neither() {
    let config = MOONS.replace("checkpoint_every: 20", "checkpoint_every: 15");
    let whole = folder(&config);
    answer(whole.path(), &train(&[]));
    let (folder, run) = stopped(&config, "saved ", Training::kill);
    resumed(folder.path());
    assert_eq!(scalars(&run), scalars(&only_run(&whole.path().join("runs"))));
}

#[test]
fn a_run_that_is_being_trained_is_read_and_not_trained_by_another() {
    let folder = folder(MOONS);
    let mut training = Training::start(folder.path(), &train(&["train.steps=1000000"]));
    assert!(training.wait_for("saved ", 1));
    let run = only_run(&folder.path().join("runs"));
    let said = refusal(folder.path(), &["train", "--resume", argument(&run)]);
    assert!(said.contains("this run is being trained by another process"), "{said}");
    answer(folder.path(), &["sample", argument(&run), "-n", "4", "--steps", "1", "--device", "cpu"]);
    training.kill();
    let saved = std::fs::read_dir(run.join("checkpoints")).expect("checkpoints");
    let names = saved.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let last: Option<u64> = names.filter_map(|name| name.strip_prefix("step_")?.parse().ok()).max();
    let steps = format!("train.steps={}", last.expect("a checkpoint") + 1);
    answer(folder.path(), &["train", "--resume", argument(&run), &steps]);
}

#[test]
fn a_run_without_a_checkpoint_starts_from_the_same_weights_wherever_it_is_resumed() {
    let folder = folder(MOONS);
    let begun = |out: &str, more: &[&str]| {
        let args = ["train", "config.yaml", "--device", "cpu", "train.steps=2", "--out", out];
        answer(folder.path(), &[&args[..], more].concat());
        only_run(&folder.path().join(out))
    };
    let first = begun("first", &["seed=7"]);
    let name = first.file_name().and_then(|name| name.to_str()).expect("a name");
    let run = begun("runs", &[&format!("train.from={{'.': first/{name}}}")]);
    let wanted = model(&run);
    // As a kill before the first checkpoint would have left it.
    std::fs::remove_dir_all(run.join("checkpoints")).expect("checkpoints");
    std::fs::remove_file(run.join("model.safetensors")).expect("a model");
    let elsewhere = tempfile::tempdir().expect("a folder");
    answer(elsewhere.path(), &["train", "--resume", argument(&run)]);
    assert!(model(&run) == wanted);
}

#[test]
fn a_kill_before_the_first_checkpoint_begins_anew_to_the_same_bytes() {
    let (folder, run) = stopped(MOONS, "step 10 ", Training::kill);
    assert!(!run.join("model.safetensors").exists());
    assert!(resumed(folder.path()) == undisturbed(MOONS, &[]));
}

/// Waits so long without giving up the processor: the kill is to fall anywhere.
fn spin(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
}

#[test]
fn kills_while_checkpoints_are_written_change_nothing() {
    let every = ["train.checkpoint_every=1"];
    let wanted = undisturbed(MOONS, &every);
    let folder = folder(MOONS);
    let mut training = Training::start(folder.path(), &train(&every));
    let mut kills = 0;
    for attempt in 0..8_u64 {
        if !training.wait_for("saved ", 2) {
            break;
        }
        // A checkpoint takes some milliseconds, most of them waiting for the disk.
        spin(Duration::from_micros(attempt * 2_713 % 7_000));
        training.kill();
        kills += 1;
        let run = only_run(&folder.path().join("runs"));
        training = Training::start(folder.path(), &["train", "--resume", argument(&run)]);
    }
    training.kill();
    assert!(kills >= 3, "only {kills} kills came before the end");
    assert!(resumed(folder.path()) == wanted);
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_says_how_to_go_on_and_loses_nothing() {
    let interrupt = |training: Training| {
        let id = training.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("kill should be there");
        assert!(sent.success());
        let output = training.child.wait_with_output().expect("the process should end");
        // Where the signal came too late, the run has its model and another is tried.
        if output.status.code() != Some(0) {
            assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
            assert!(
                text(&output.stderr).contains("go on with: kiln train --resume "),
                "{}",
                text(&output.stderr)
            );
        }
    };
    let (folder, run) = stopped(MOONS, "step 10 ", interrupt);
    let events = std::fs::read_to_string(run.join("facts/events.jsonl")).expect("events");
    assert!(events.lines().last().is_some_and(|event| event.contains("\"interrupted\"")), "{events}");
    assert!(resumed(folder.path()) == undisturbed(MOONS, &[]));
}

#[test]
fn a_loss_that_is_not_finite_stops_with_its_step_and_the_last_good_checkpoint() {
    let folder = folder(MOONS);
    let more =
        ["train.rate={kind: constant, peak: 1e18, warmup: 0}", "train.checkpoint_every=1", "train.clip=0"];
    let output = run(folder.path(), &train(&more));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the loss of step ") && said.contains("training has stopped"), "{said}");
    assert!(said.contains("kiln train --resume runs/"), "{said}");
    let saved = only_run(&folder.path().join("runs")).join("checkpoints");
    let newest = std::fs::read_dir(&saved)
        .expect("checkpoints")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let newest = newest.filter(|name| name.starts_with("step_")).max();
    match newest {
        Some(name) => assert!(said.contains(&format!("checkpoints/{name}")), "{name}: {said}"),
        None => assert!(said.contains("no checkpoint had been saved yet"), "{said}"),
    }
}

/// A file system of so many bytes at `runs` in a folder, where the system lets us have one.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path, bytes: usize) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a folder");
        mount(&["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs", argument(at)])
            .then(|| Self(at.to_owned()))
    }

    fn grow(&self, bytes: usize) {
        assert!(mount(&["-o", &format!("remount,size={bytes}"), argument(&self.0)]));
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn mount(args: &[&str]) -> bool {
    succeeds(Command::new("mount").args(args))
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Set where a test runs in a namespace of its own.
const WITHIN: &str = "KILN_TEST_WITHIN_A_NAMESPACE";

/// Runs a test of this binary once more where it may mount without being root: in a namespace of its own (Linux). False where
/// the system lets us have none.
fn again_in_a_namespace(test: &str) -> bool {
    assert!(std::env::var_os(WITHIN).is_none(), "a mount that the namespace allowed is refused in it");
    let folder = tempfile::tempdir().expect("a folder");
    let mount = ["-rm", "mount", "-t", "tmpfs", "tmpfs", argument(folder.path())];
    if !succeeds(Command::new("unshare").args(mount)) {
        return false;
    }
    let program = std::env::current_exe().expect("this program has a path");
    let mut again = Command::new("unshare");
    again.arg("-rm").arg(program).args(["--exact", test]).env(WITHIN, "yes");
    let output = again.output().expect("unshare should start, as it did before");
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", text(&output.stderr));
    true
}

/// Bytes of the files in a folder.
fn size(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).expect("a folder");
    files.map(|file| file.expect("a file").metadata().expect("metadata").len() as usize).sum()
}

#[test]
fn a_full_disk_stops_the_run_and_room_lets_it_go_on_to_the_same_bytes() {
    let every = ["train.checkpoint_every=10", "train.keep=3"];
    let whole = folder(MOONS);
    answer(whole.path(), &train(&every));
    let whole = only_run(&whole.path().join("runs"));
    let checkpoint = size(&whole.join("checkpoints/step_000040"));

    let folder = folder(MOONS);
    // Room for two checkpoints and a half.
    let Some(disk) = Small::mount(&folder.path().join("runs"), 5 * checkpoint / 2 + 100_000) else {
        if !again_in_a_namespace("resume::a_full_disk_stops_the_run_and_room_lets_it_go_on_to_the_same_bytes")
        {
            // Past the test harness, which keeps what passing tests print to itself.
            let why = "SKIPPED: a full disk needs `mount -t tmpfs`, which is allowed neither to this user nor under `unshare -rm`\n";
            std::io::stderr().write_all(why.as_bytes()).expect("standard error");
        }
        return;
    };
    let output = run(folder.path(), &train(&every));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: cannot write runs/") && said.contains("step_000030"), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.contains("the last good checkpoint is that of step 20, runs/"), "{said}");
    assert!(said.contains("kiln train --resume runs/"), "{said}");

    disk.grow(10 * checkpoint);
    assert!(resumed(folder.path()) == model(&whole), "the resumed model differs");
}

/// Each run of a sweep is the run that one would have asked for alone; an error in the last is told before the first is trained.
#[test]
fn a_sweep_trains_every_choice() {
    let swept = folder(MOONS);
    let short = ["train.steps=3", "seed=choice(1, 2)"];
    let said = answer(swept.path(), &train(&short));
    assert!(said.contains("run 1 of 2: train.steps=3 seed=1"), "{said}");
    let runs = std::fs::read_dir(swept.path().join("runs")).expect("runs");
    let mut models: Vec<Vec<u8>> = runs.map(|run| model(&run.expect("a run").path())).collect();
    let mut alone = [1, 2].map(|seed| undisturbed(MOONS, &["train.steps=3", &format!("seed={seed}")]));
    models.sort();
    alone.sort();
    assert_eq!(models, alone);

    let refused = folder(MOONS);
    for (last, wanted) in [
        ("train.steps=choice(3, no)", "`train.steps`"),
        ("model.network.hidden=choice(96, 0)", "`model.network.hidden`"),
        ("data=choice(moons, mnist)", "--data PATH"),
        ("train.from=choice({}, {'.': nothing})", "nothing"),
    ] {
        let said = refusal(refused.path(), &train(&["train.steps=3", last]));
        assert!(said.contains(wanted), "{last}: {said}");
        assert!(!refused.path().join("runs").exists(), "{last}: nothing should have been trained");
    }
}
