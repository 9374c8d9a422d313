//! Guiding and editing, as a user types them.

use std::path::Path;

use super::common::{MOONS, SHAPES, answer, argument, only_run, refusal};

/// A folder with a model of 8 x 8 pictures, pictures and masks in it.
fn workshop(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), config).expect("a file");
    let args = ["train", "config.yaml", "train.steps=1", "train.batch=4", "--device", "cpu", "--out", "runs"];
    answer(folder.path(), &args);
    let model = only_run(&folder.path().join("runs")).join("model.safetensors");
    std::fs::copy(model, folder.path().join("model.safetensors")).expect("a copy");
    for (name, side) in [("a.png", 8), ("b.png", 8), ("small.png", 4), ("large.png", 9)] {
        let pixel = |x: u32, y: u32| [(x * 30) as u8, (y * 30) as u8, if name == "a.png" { 255 } else { 0 }];
        save(&folder.path().join(name), side, pixel);
    }
    save(&folder.path().join("mask.png"), 8, |x, _| if x < 4 { [255; 3] } else { [0; 3] });
    folder
}

fn save(path: &Path, side: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) {
    image::RgbImage::from_fn(side, side, |x, y| image::Rgb(pixel(x, y))).save(path).expect("a file");
}

/// The numbers that `--raw` writes.
fn raw(folder: &Path, args: &[&str]) -> Vec<f32> {
    answer(folder, &[args, &["--raw", "raw.f32", "--device", "cpu"]].concat());
    let bytes = std::fs::read(folder.join("raw.f32")).expect("numbers");
    bytes.chunks_exact(4).map(|n| f32::from_le_bytes([n[0], n[1], n[2], n[3]])).collect()
}

#[test]
fn pictures_are_drawn_over_into_and_out_of() {
    let folder = workshop(SHAPES);
    let edit =
        |more: &[&str]| raw(folder.path(), &[&["edit", "model.safetensors", "--steps", "4"], more].concat());
    // The red of a.png.
    let first = |i: usize| ((i % 8) * 30) as f32 / 127.5 - 1.0;
    let near = edit(&["--image", "a.png", "--strength", "0.01"]);
    assert!((0..64).all(|i| (near[i] - first(i)).abs() < 0.02), "{near:?}");
    for method in ["replace", "repaint:jump_length=1,resamples=2"] {
        let drawn = edit(&["--image", "a.png,b.png", "--mask", "mask.png", "--method", method]);
        assert_eq!(drawn.len(), 2 * 3 * 64);
        let kept = (0..64).filter(|i| i % 8 >= 4).all(|i| drawn[i] == first(i));
        let moved = (0..64).filter(|i| i % 8 < 4).any(|i| (drawn[i] - first(i)).abs() > 0.05);
        assert!(kept && moved, "{method}: {drawn:?}");
    }
    let enlarged = edit(&["--image", "small.png", "--measured-by", "shrink:factor=2", "-n", "3"]);
    assert_eq!(enlarged.len(), 3 * 3 * 64);
    let between =
        ["interpolate", "model.safetensors", "--images", "a.png,b.png", "--frames", "3", "--steps", "30"];
    let frames = raw(folder.path(), &between);
    assert_eq!(frames.len(), 3 * 3 * 64);
    assert!((0..64).all(|i| (frames[i] - first(i)).abs() < 0.1), "the first frame is the first picture");
    answer(folder.path(), &["edit", "model.safetensors", "--image", "a.png", "--steps", "1"]);
    assert!(folder.path().join("outputs/samples/model.safetensors_edit_seed0.png").exists());
}

/// A model of tokens takes the levels nearest to the pixels, and keeps them where nothing is to be drawn.
#[test]
fn pictures_of_tokens_are_edited_as_pictures() {
    let folder = workshop(
        "
name: tiny-levels
data: {kind: quantised, data: {kind: shapes, size: 8}, levels: 5}
model: {kind: discrete, network: {kind: tokens, hidden: 16, depth: 1, heads: 2}, sampling: {steps: 4}}
",
    );
    let edit = |more: &[&str]| {
        raw(folder.path(), &[&["edit", "model.safetensors", "--image", "a.png"], more].concat())
    };
    // The red of a.png, as levels.
    let first = |i: usize| ((i % 8) as f32 * 30.0 / 255.0 * 4.0).round();
    let drawn = edit(&["--mask", "mask.png"]);
    assert!(drawn.iter().all(|token| token.fract() == 0.0 && (0.0..5.0).contains(token)), "{drawn:?}");
    assert!((0..64).filter(|i| i % 8 >= 4).all(|i| drawn[i] == first(i)), "{drawn:?}");
    let near = edit(&["--strength", "0.25"]);
    assert!((0..64).filter(|i| near[*i] == first(*i)).count() > 40, "{near:?}");
}

/// The first number of each point is measured, and found again where the pull is that of a measurement without noise.
#[test]
fn points_are_drawn_that_agree_with_numbers_that_were_measured() {
    let folder = workshop(MOONS);
    let y = [0.7_f32, -0.5, 0.2];
    let bytes: Vec<u8> = y.iter().flat_map(|y| y.to_le_bytes()).collect();
    std::fs::write(folder.path().join("y.f32"), bytes).expect("a file");
    let edit = ["edit", "model.safetensors", "--measured", "y.f32", "--measured-by", "matrix:rows=[[1,0]]"];
    let apart = |more: &[&str]| {
        let drawn = raw(folder.path(), &[&edit[..], &["--steps", "30"], more].concat());
        assert_eq!(drawn.len(), 2 * y.len(), "one point for each measurement");
        drawn.chunks(2).zip(y).map(|(point, y)| (point[0] - y).abs()).fold(0.0, f32::max)
    };
    let (exact, noisy) = (apart(&[]), apart(&["--pull", "noise=1000"]));
    assert!(exact < 0.02 && noisy > 0.1, "{exact} {noisy}");
}

#[test]
fn guidance_is_steered_from_the_command_line() {
    let folder = workshop(SHAPES);
    let sample = |more: &[&str]| {
        raw(folder.path(), &[&["sample", "model.safetensors", "-n", "2", "--steps", "2"], more].concat())
    };
    let plain = sample(&["--guidance", "3"]);
    let none = sample(&["--guidance", "1"]);
    assert_eq!(sample(&["--guidance", "3", "--guidance-interval", "1000,2000"]), none);
    assert_eq!(sample(&["--guidance", "3", "--guidance-schedule", "constant"]), plain);
    assert!(sample(&["--guidance", "3", "--threshold", "0.9"]).iter().all(|value| value.abs() <= 1.0));
    let weak = ["--class", "any", "--guidance", "3", "--weak", "model.safetensors"];
    let alone = sample(&["--class", "any"]);
    let difference = sample(&weak).iter().zip(&alone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(difference < 1e-4, "a model is not ahead of itself: {difference}");
    for more in [
        &["--guidance-rescale", "0.7"][..],
        &["--guidance-schedule", "cosine"],
        &["--apg"],
        &["--apg=eta=0.5"],
    ] {
        sample(&[&["--guidance", "3"], more].concat());
    }
}

#[test]
fn what_cannot_be_guided_or_edited_is_refused_with_the_remedy() {
    let (folder, points) = (workshop(SHAPES), workshop(MOONS));
    let model = points.path().join("model.safetensors");
    let points = argument(&model);
    let own = "model.safetensors";
    std::fs::write(folder.path().join("odd.f32"), [0; 12]).expect("a file");
    for (args, wanted) in [
        (vec!["sample", own, "--guidance-interval", "5,1"], "the lower first"),
        (vec!["sample", own, "--guidance-interval", "5"], "wanted two noise levels, as in 0.1,5"),
        (vec!["sample", own, "--guidance-rescale", "2"], "`guiding.rescale`: wanted a number from 0 to 1"),
        (vec!["sample", own, "--guidance-schedule", "cosin"], "did you mean `cosine`?"),
        (vec!["sample", own, "--apg=eto=1"], "did you mean `eta`?"),
        (vec!["sample", own, "--threshold", "2"], "`guiding.threshold.percentile`"),
        (vec!["sample", own, "--weak", points], "weak: it draws samples of shape [2]"),
        (vec!["sample", own, "--classifier", own, "--class", "0"], "does not tell classes apart"),
        (
            vec!["sample", own, "--classifier", "mnist/classifier", "--class", "0"],
            "judges samples of shape [1, 28, 28]",
        ),
        (vec!["sample", points, "--guidance", "2"], "this diffusion has learnt no classes"),
        (vec!["sample", points, "--guidance-rescale", "0.5"], "this diffusion has learnt no classes"),
        (vec!["edit", own, "--image", "absent.png"], "cannot read absent.png"),
        (vec!["edit", own, "--image", "large.png"], "wanted 8 x 8 pixels; this has 9 x 9"),
        (vec!["edit", own, "--image", "config.yaml"], "not a readable PNG or JPEG"),
        (vec!["edit", own, "--image", "a.png", "--strength", "0"], "strength: wanted a number above 0"),
        (vec!["edit", own, "--image", "a.png", "--mask", "large.png"], "wanted 8 x 8 pixels"),
        (
            vec!["edit", own, "--image", "a.png", "--mask", "mask.png", "--method", "paint"],
            "did you mean `repaint`?",
        ),
        (vec!["edit", own, "--image", "a.png", "--measured-by", "shrink:factor=3"], "`factor`"),
        (vec!["edit", own, "--image", "a.png", "--measured-by", "mask"], "wanted 192 numbers"),
        (
            vec!["edit", points, "--image", "a.png", "--measured-by", "matrix:rows=[[1,0]]"],
            "by --measured FILE",
        ),
        (
            vec!["edit", points, "--measured", "odd.f32", "--measured-by", "matrix:rows=[[1,0],[0,1]]"],
            "in rows of 2, 8 bytes each",
        ),
        (
            vec!["edit", own, "--image", "small.png", "--measured-by", "shrink", "--pull", "size=2"],
            "unknown key `size`",
        ),
        (
            vec!["edit", own, "--image", "small.png", "--measured-by", "shrink", "--pull", "strength=0"],
            "`edit.pull.strength`: wanted a number above 0",
        ),
        (vec!["sample", points, "--threshold", "0.99"], "--threshold percentile=0.995,limit=4"),
        (vec!["edit", own, "--image", "a.png", "--guidance", "2"], "there is no class to guide towards"),
        (vec!["edit", points, "--image", "a.png"], "cannot become a sample of shape [2]"),
        (vec!["interpolate", own, "--images", "a.png"], "wanted two, as in a.png,b.png"),
        (vec!["interpolate", own, "--images", "a.png,b.png", "--frames", "1"], "frames: wanted 2 or more"),
        (vec!["interpolate", own, "--images", "a.png,b.png", "--sampler", "ddpm"], "ddpm adds noise"),
    ] {
        let said = refusal(folder.path(), &[&args[..], &["--device", "cpu"]].concat());
        assert!(said.contains(wanted), "kiln {args:?} said: {said}");
    }
}
