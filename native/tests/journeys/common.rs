//! The built program, and configurations so small that a test can train them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// Rectified flow in the plane.
pub const MOONS: &str = "
name: tiny-moons
seed: 5
data: {kind: moons}
model:
  kind: diffusion
  prediction: flow
  noise: uniform
  sigma_data: 1.0
  label_dropout: 1.0
  network: {kind: mlp, hidden: 96, blocks: 2, features: 16, dropout: 0.1}
train: {steps: 40, batch: 512, log_every: 10, checkpoint_every: 20, sample_every: 0, ema: 0.99}
";

/// EDM on pictures, told their class.
pub const SHAPES: &str = "
name: tiny-shapes
seed: 6
data: {kind: shapes, size: 8}
model:
  kind: diffusion
  network: {kind: unet, channels: 8, multipliers: [1, 2], blocks: 1, attention: [4], head: 8, embedding: 16, groups: 4, dropout: 0.1}
train: {steps: 40, batch: 16, accumulate: 2, log_every: 10, checkpoint_every: 20, sample_every: 0, ema: 0.99}
";

/// `kiln ARGS`, not yet started, in a folder of its own.
pub fn kiln(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command
}

/// `kiln ARGS`, to its end.
pub fn run(folder: &Path, args: &[&str]) -> Output {
    kiln(folder, args).output().expect("the program should start")
}

/// `kiln ARGS`, which should succeed; its standard output.
pub fn answer(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(output.status.success(), "kiln {args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// `kiln ARGS`, which should fail with code 1; what it says.
pub fn refusal(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "kiln {args:?}: {said}");
    assert!(!said.contains("panicked"), "kiln {args:?}: {said}");
    said
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `kiln train` under way, whose lines can be waited for.
pub struct Training {
    /// The process.
    pub child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Training {
    /// Starts it.
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let mut command = kiln(folder, args);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program should start");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, lines }
    }

    /// Waits for the `count`-th line that begins so; false where the program ended before.
    pub fn wait_for(&mut self, beginning: &str, count: usize) -> bool {
        let lines = self.lines.by_ref().map_while(Result::ok);
        lines.filter(|line| line.starts_with(beginning)).nth(count - 1).is_some()
    }

    /// Sends SIGKILL, after which nothing more is done, and waits for the end.
    pub fn kill(mut self) {
        self.child.kill().expect("the process should be there");
        self.child.wait().expect("the process should end");
    }
}

/// The one run in `root`.
pub fn only_run(root: &Path) -> PathBuf {
    let folders: Vec<PathBuf> =
        std::fs::read_dir(root).expect("runs").map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders[0].clone()
}

/// The path as an argument.
pub fn argument(path: &Path) -> &str {
    path.to_str().expect("the path should be text")
}
