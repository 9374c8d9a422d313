//! CIFAR-10: 32 x 32 colour pictures, the binary version: records of a label and 3 x 1,024 bytes, red first.
//!
//! Krizhevsky 2009, <https://www.cs.toronto.edu/~kriz/cifar.html>.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::stored::Stored;
use super::{Dataset, Source, Split, disk, required};
use crate::registry::{About, Member};
use crate::{Error, Result, files};

/// `[channels, height, width]`.
const SHAPE: [usize; 3] = [3, 32, 32];
/// A label and a picture.
const RECORD: usize = 3073;
/// In the order of the labels.
const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Small colour pictures, from the folder that `--data` names, or its `cifar-10-batches-bin`; or from a zip or folder of them as picture
/// files, `train/CLASS` and `test/CLASS`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cifar10 {}

impl Member for Cifar10 {
    const ABOUT: About = About {
        summary: "Small colour pictures, 32 x 32, ten classes (binary version)",
        paper: "Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf",
    };
}

impl Source for Cifar10 {
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        let folder = required(path, "cifar10", "the folder of its .bin files, or a zip of its pictures")?;
        if folder.is_file() || folder.join("train").is_dir() {
            return pictures(folder, split);
        }
        let mut data = Stored {
            shape: SHAPE.to_vec(),
            bytes: Vec::new(),
            labels: Vec::new(),
            classes: CLASSES.map(String::from).to_vec(),
        };
        for name in names(split) {
            let path = disk::first_of(folder, &[name.clone(), format!("cifar-10-batches-bin/{name}")])?;
            append(&mut data, &path.display().to_string(), &files::read(&path)?)?;
        }
        Ok(Box::new(data))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(SHAPE.to_vec())
    }
}

/// The same pictures, each a file.
fn pictures(path: &Path, split: Split) -> Result<Box<dyn Dataset>> {
    let [channels, height, width] = SHAPE;
    let data = Folder { channels, size: [height, width], ..Folder::default() }.open(Some(path), split)?;
    if data.classes() != CLASSES {
        let message = format!("expected folders {}, found {}", CLASSES.join(", "), data.classes().join(", "));
        return Err(Error::format(path.display().to_string(), message));
    }
    Ok(data)
}

fn names(split: Split) -> Vec<String> {
    match split {
        Split::Train => (1..=5).map(|i| format!("data_batch_{i}.bin")).collect(),
        Split::Test => vec!["test_batch.bin".into()],
    }
}

/// Adds a file's records.
fn append(data: &mut Stored, file: &str, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD) {
        let (got, offset) = (bytes.len(), bytes.len() / RECORD * RECORD);
        let message = if got == 0 {
            format!("the file is empty; at offset 0, expected records of {RECORD} bytes")
        } else {
            format!(
                "truncated: at offset {offset}, expected a record of {RECORD} bytes, got {}",
                got - offset
            )
        };
        return Err(Error::format(file, message));
    }
    for (i, record) in bytes.chunks_exact(RECORD).enumerate() {
        if record[0] > 9 {
            let offset = i * RECORD;
            let message = format!("at offset {offset}, expected a label of 0 to 9, got {}", record[0]);
            return Err(Error::format(file, message));
        }
        data.labels.push(u32::from(record[0]));
        data.bytes.extend(&record[1..]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(label: u8, rgb: [u8; 3]) -> Vec<u8> {
        let planes = rgb.into_iter().flat_map(|value| vec![value; 1024]);
        std::iter::once(label).chain(planes).collect()
    }

    fn open(bytes: &[u8]) -> Result<Box<dyn Dataset>> {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("cifar-10-batches-bin");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("test_batch.bin"), bytes).unwrap();
        Cifar10::default().open(Some(folder.path()), Split::Test)
    }

    #[test]
    fn records_become_planes_with_their_class() {
        let data = open(&[record(9, [0, 0, 0]), record(3, [255, 0, 51])].concat()).unwrap();
        let mut x = vec![0.0; 3072];
        let class = data.read(1, &mut x).class.unwrap();
        assert_eq!((data.len(), data.classes()[class as usize].as_str()), (Some(2), "cat"));
        for (plane, value) in x.chunks(1024).zip([1.0, -1.0, -0.6]) {
            assert!(plane.iter().all(|&x: &f32| (x - value).abs() < 1e-6));
        }
    }

    #[test]
    fn a_bad_file_is_told_by_name_offset_and_expectation() {
        let good = record(0, [1, 2, 3]);
        let cases = [
            (vec![], "the file is empty; at offset 0, expected records of 3073 bytes"),
            ([&good[..], &good[..100]].concat(), "at offset 3073, expected a record of 3073 bytes, got 100"),
            ([good, record(10, [0; 3])].concat(), "at offset 3073, expected a label of 0 to 9, got 10"),
        ];
        for (bytes, expected) in cases {
            let got = open(&bytes).err().unwrap().to_string();
            assert!(got.contains("test_batch.bin") && got.contains(expected), "{got}\nlacks\n{expected}");
        }
    }

    #[test]
    fn pictures_in_folders_are_the_same_classes() {
        let folder = tempfile::tempdir().unwrap();
        let write = |class: &str, value: u8| {
            let place = folder.path().join("train").join(class);
            std::fs::create_dir_all(&place).unwrap();
            image::RgbImage::from_pixel(32, 32, image::Rgb([value, 0, 255]))
                .save(place.join("0.png"))
                .unwrap();
        };
        CLASSES.iter().skip(1).for_each(|class| write(class, 0));
        let open = || Cifar10::default().open(Some(folder.path()), Split::Train);
        let error = open().err().unwrap().to_string();
        assert!(
            error.contains("expected folders airplane, automobile") && error.contains("found auto"),
            "{error}"
        );
        write("airplane", 255);
        let data = open().unwrap();
        let mut x = vec![0.0; 3072];
        assert_eq!((data.len(), data.read(0, &mut x).class, x[0], x[1024]), (Some(10), Some(0), 1.0, -1.0));
    }

    #[test]
    fn a_missing_file_is_asked_for_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let error = Cifar10::default().open(Some(folder.path()), Split::Train).err().unwrap().to_string();
        assert!(
            error.contains("none of: data_batch_1.bin, cifar-10-batches-bin/data_batch_1.bin"),
            "{error}"
        );
    }
}
