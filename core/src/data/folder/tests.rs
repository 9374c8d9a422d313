use std::io::Write;
use std::path::PathBuf;

use super::*;
use crate::data::tests::shared;

/// A picture whose left half is `left` and right half `right`.
fn png(size: [u32; 2], left: [u8; 3], right: [u8; 3]) -> Vec<u8> {
    let [height, width] = size;
    let picture =
        image::RgbImage::from_fn(width, height, |x, _| image::Rgb(if 2 * x < width { left } else { right }));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn zip(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join("pictures.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn config(size: [usize; 2], channels: usize) -> Folder {
    Folder { size, channels, ..Folder::default() }
}

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

#[test]
fn a_folder_and_its_zip_give_the_same_pictures_in_planes() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (png([2, 2], RED, BLUE), png([2, 2], BLUE, BLUE));
    write(folder.path(), "set/train/b/1.png", &first);
    write(folder.path(), "set/train/a/1.png", &second);
    let zip = zip(folder.path(), &[("train/b/1.png", &first), ("train/a/1.png", &second)]);
    for path in [folder.path().join("set"), zip] {
        let data = config([2, 2], 3).open(Some(&path), Split::Train).unwrap();
        assert_eq!((data.len(), data.classes()), (Some(2), &["a", "b"].map(String::from)[..]));
        let mut x = vec![0.0; 12];
        assert_eq!(data.read(1, &mut x).class, Some(1));
        let red = [1.0, -1.0, 1.0, -1.0];
        assert_eq!(x, [red, [-1.0; 4], red.map(|x: f32| -x)].concat());
    }
}

#[test]
fn another_size_is_scaled_and_cropped_to_the_centre() {
    let folder = tempfile::tempdir().unwrap();
    // Twice as wide as high: of 16 columns the middle 8 are kept, half of each colour.
    write(folder.path(), "1.png", &png([8, 16], [0; 3], [255; 3]));
    let data =
        Folder { test_fraction: 0.0, ..config([4, 4], 1) }.open(Some(folder.path()), Split::Train).unwrap();
    assert!(data.classes().is_empty());
    let mut x = vec![0.0; 16];
    assert_eq!(data.read(0, &mut x).class, None);
    for row in x.chunks(4) {
        assert!(row[0] < -0.9 && row[3] > 0.9 && row[1] < -0.5 && row[2] > 0.5, "{row:?}");
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| config([2, 2], 3).open(Some(path), Split::Train).err().unwrap().to_string();
    let empty = open(folder.path());
    assert!(empty.contains("looked for files ending in .png, .jpg or .jpeg"), "{empty}");

    let good = png([2, 2], RED, BLUE);
    let broken = open(&zip(folder.path(), &[("train/a/1.png", &good), ("train/a/2.png", &good[..40])]));
    assert!(broken.contains("pictures.zip: train/a/2.png: not a readable picture"), "{broken}");

    write(folder.path(), "no.zip", b"nothing of the kind");
    let neither = open(&folder.path().join("no.zip"));
    assert!(neither.contains("no.zip: neither a folder nor a readable zip"), "{neither}");

    let nowhere = open(&folder.path().join("nowhere"));
    assert!(nowhere.contains("cannot read") && nowhere.contains("nowhere"), "{nowhere}");

    let asked = config([2, 2], 3).open(None, Split::Train).err().unwrap().to_string();
    assert_eq!(asked, "dataset `folder` reads files: name a folder or zip of pictures with --data PATH");
}

#[test]
fn settings_out_of_range_are_refused_by_their_path() {
    let bad = [
        (config([0, 2], 3), "at `size`: wanted"),
        (config([2, 2], 2), "at `channels`: wanted"),
        (Folder { test_fraction: 1.0, ..Folder::default() }, "at `test_fraction`: wanted"),
    ];
    for (config, path) in bad {
        let error = config.open(Some(Path::new("anything")), Split::Train).err().unwrap().to_string();
        assert!(error.contains(path), "{error}");
    }
}

#[test]
fn sixty_thousand_pictures_are_read_from_a_zip() {
    let Some(path) = shared("data/cifar10/cifar10-jpeg.zip") else { return };
    for (split, n) in [(Split::Train, 50_000), (Split::Test, 10_000)] {
        let data = Folder::default().open(Some(&path), split).unwrap();
        assert_eq!((data.len(), data.shape()), (Some(n), &[3, 32, 32][..]));
        assert_eq!(data.classes().len(), 10);
        assert_eq!(data.classes()[0], "airplane");
        let mut counts = [0; 10];
        let mut x = vec![0.0; 3072];
        let mut sum = 0.0;
        for i in 0..n as u64 {
            counts[data.read(i, &mut x).class.unwrap() as usize] += 1;
            sum += x.iter().map(|&x| f64::from(x)).sum::<f64>() / 3072.0;
        }
        assert_eq!(counts, [n / 10; 10]);
        // The mean of the training pixels, in [0, 1], is widely quoted: (0.4914 + 0.4822 + 0.4465) / 3 = 0.4734.
        let mean = f64::midpoint(sum / n as f64, 1.0);
        assert!((mean - 0.4734).abs() < 0.01, "{mean}");
    }
}
