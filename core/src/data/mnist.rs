//! MNIST: handwritten digits, 28 x 28, in four IDX files, plain or gzip.
//!
//! LeCun et al. 1998, <https://doi.org/10.1109/5.726791>. Whatever is stored in its form, such as Fashion-MNIST, can
//! be read too.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::idx::{Idx, parse};
use super::stored::Stored;
use super::{Dataset, Source, Split, disk, required};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};
use crate::{Error, Result, files};

/// Height and width.
const SIDE: usize = 28;

/// Handwritten digits, from the folder that `--data` names.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mnist {
    /// Whether to make pixels white or black, 1 or −1, and how.
    pub binarise: Option<Binarise>,
}

/// How grey becomes white or black.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binarise {
    /// White above 127.
    Threshold,
    /// White with a probability of the grey's share of 255, drawn once for all: printed likelihoods of binary digits are of such ones
    /// (Salakhutdinov and Murray 2008, <https://doi.org/10.1145/1390156.1390266>, section 5).
    Sample,
}

impl Binarise {
    /// Each picture by draws of its own.
    fn apply(self, bytes: &mut [u8], split: Split) {
        for (index, picture) in (0..).zip(bytes.chunks_exact_mut(SIDE * SIDE)) {
            let mut stream = Key::new(split.seed(0), Purpose::Data, index).stream();
            for byte in picture {
                let white = match self {
                    Self::Threshold => *byte > 127,
                    Self::Sample => stream.uniform() * 255.0 < f64::from(*byte),
                };
                *byte = if white { 255 } else { 0 };
            }
        }
    }
}

impl Member for Mnist {
    const ABOUT: About = About {
        summary: "Handwritten digits, 28 x 28, ten classes (IDX files)",
        paper: "LeCun et al. 1998, https://doi.org/10.1109/5.726791",
    };
}

impl Source for Mnist {
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        let folder = required(path, "mnist", "the folder of its IDX files")?;
        let (images_file, images) = find(folder, split, "images", 3)?;
        let (labels_file, labels) = find(folder, split, "labels", 1)?;
        check_images(&images_file, &images)?;
        check_labels(&labels_file, &labels, &images_file, images.dims[0])?;
        let mut bytes = images.values;
        if let Some(binarise) = self.binarise {
            binarise.apply(&mut bytes, split);
        }
        Ok(Box::new(Stored {
            shape: vec![1, SIDE, SIDE],
            bytes,
            labels: labels.values.into_iter().map(u32::from).collect(),
            classes: (0..10).map(|digit| digit.to_string()).collect(),
        }))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![1, SIDE, SIDE])
    }
}

/// The file of `what`, under any of its usual names.
fn find(folder: &Path, split: Split, what: &str, dims: usize) -> Result<(String, Idx)> {
    let part = match split {
        Split::Train => "train",
        Split::Test => "t10k",
    };
    let names: Vec<String> = ["-", "."]
        .iter()
        .flat_map(|dot| ["", ".gz"].map(|end| format!("{part}-{what}{dot}idx{dims}-ubyte{end}")))
        .collect();
    let path = disk::first_of(folder, &names)?;
    let name = path.display().to_string();
    let idx = parse(&name, &files::read(&path)?)?;
    Ok((name, idx))
}

fn check_images(file: &str, images: &Idx) -> Result<()> {
    match images.dims[..] {
        [n, SIDE, SIDE] if n > 0 => Ok(()),
        _ => Err(Error::format(
            file,
            format!("at offset 4, expected the sizes [n, 28, 28] with n of 1 or more, got {:?}", images.dims),
        )),
    }
}

fn check_labels(file: &str, labels: &Idx, images_file: &str, images: usize) -> Result<()> {
    if labels.dims != [images] {
        let got = &labels.dims;
        return Err(Error::format(
            file,
            format!(
                "at offset 4, expected the size [{images}], a label for each picture of {images_file}, got {got:?}"
            ),
        ));
    }
    match labels.values.iter().position(|&label| label > 9) {
        None => Ok(()),
        Some(i) => Err(Error::format(
            file,
            format!(
                "at offset {}, expected a label of 0 to 9, got {}",
                labels.header() + i,
                labels.values[i]
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tests::shared;

    /// Writes a test set of `images` pictures and the given labels.
    fn folder(images: &[u8], labels: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t10k-images.idx3-ubyte"), images).unwrap();
        std::fs::write(folder.path().join("t10k-labels-idx1-ubyte"), labels).unwrap();
        folder
    }

    fn images(n: u8, side: u8) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, side, 0, 0, 0, side];
        bytes.extend(
            (0..usize::from(n)).flat_map(|i| vec![i as u8 * 255; usize::from(side) * usize::from(side)]),
        );
        bytes
    }

    fn labels(labels: &[u8]) -> Vec<u8> {
        [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8], labels].concat()
    }

    fn open(folder: &Path) -> Result<Box<dyn Dataset>> {
        Mnist::default().open(Some(folder), Split::Test)
    }

    fn refusal(images: &[u8], labels: &[u8]) -> String {
        open(folder(images, labels).path()).err().expect("should be refused").to_string()
    }

    #[test]
    fn pixels_run_from_minus_one_to_one_and_labels_go_along() {
        let folder = folder(&images(2, 28), &labels(&[7, 3]));
        let data = open(folder.path()).unwrap();
        assert_eq!((data.len(), data.shape()), (Some(2), &[1, 28, 28][..]));
        let mut x = vec![0.0; 784];
        assert_eq!(data.read(0, &mut x).class, Some(7));
        assert_eq!(x, [-1.0; 784]);
        assert_eq!(data.read(1, &mut x).class, Some(3));
        assert_eq!(x, [1.0; 784]);
    }

    #[test]
    fn pixels_are_black_or_white_where_that_is_wanted() {
        let mut bytes = images(1, 28);
        bytes[16..20].copy_from_slice(&[127, 128, 255, 1]);
        let folder = folder(&bytes, &labels(&[7]));
        let data =
            Mnist { binarise: Some(Binarise::Threshold) }.open(Some(folder.path()), Split::Test).unwrap();
        let mut x = vec![0.0; 784];
        data.read(0, &mut x);
        assert_eq!(x[..5], [-1.0, 1.0, 1.0, -1.0, -1.0]);
    }

    /// Of 100 x 784 pixels a share of white ones as far as chance from what their grey says, the same each time.
    #[test]
    fn pixels_are_drawn_where_that_is_wanted() {
        let mut bytes = images(100, 28);
        for (grey, share) in [(0, 0.0), (64, 64.0 / 255.0), (200, 200.0 / 255.0), (255, 1.0)] {
            bytes[16..].fill(grey);
            let folder = folder(&bytes, &labels(&[7; 100]));
            let read = || {
                let mnist = Mnist { binarise: Some(Binarise::Sample) };
                let data = mnist.open(Some(folder.path()), Split::Test).unwrap();
                let mut all = vec![0.0; 784 * 100];
                for (index, x) in (0..).zip(all.chunks_mut(784)) {
                    data.read(index, x);
                }
                all
            };
            let x = read();
            assert!(x.iter().all(|x| x.abs() == 1.0) && x == read());
            let white = x.iter().filter(|x| **x > 0.0).count() as f64 / x.len() as f64;
            assert!(
                (white - share).abs() < 5.0 * (share * (1.0 - share) / x.len() as f64).sqrt() + 1e-9,
                "{grey}: {white}"
            );
        }
    }

    #[test]
    fn files_that_do_not_fit_are_refused_with_name_offset_and_expectation() {
        let has = |message: String, parts: &[&str]| {
            for part in parts {
                assert!(message.contains(part), "{message}\nlacks\n{part}");
            }
        };
        has(
            refusal(&images(2, 27), &labels(&[7, 3])),
            &["t10k-images.idx3-ubyte", "at offset 4, expected the sizes [n, 28, 28]", "got [2, 27, 27]"],
        );
        has(
            refusal(&images(2, 28), &labels(&[7])),
            &[
                "t10k-labels-idx1-ubyte",
                "at offset 4, expected the size [2]",
                "t10k-images.idx3-ubyte, got [1]",
            ],
        );
        has(
            refusal(&images(2, 28), &labels(&[7, 10])),
            &["t10k-labels-idx1-ubyte", "at offset 9, expected a label of 0 to 9, got 10"],
        );
        has(refusal(&images(2, 28), &[]), &["t10k-labels-idx1-ubyte", "the file is empty"]);
        let empty = tempfile::tempdir().unwrap();
        has(
            open(empty.path()).err().unwrap().to_string(),
            &["none of: t10k-images-idx3-ubyte, t10k-images-idx3-ubyte.gz, t10k-images.idx3-ubyte", "--data"],
        );
    }

    #[test]
    fn the_published_digits_are_read() {
        let Some(path) = shared("data/mnist") else { return };
        let open = |split| Mnist::default().open(Some(&path), split).unwrap();
        let mut x = vec![0.0; 784];
        for (split, n, first) in
            [(Split::Train, 60_000, [5, 0, 4, 1, 9]), (Split::Test, 10_000, [7, 2, 1, 0, 4])]
        {
            let data = open(split);
            assert_eq!(data.len(), Some(n));
            assert_eq!([0, 1, 2, 3, 4].map(|i| data.read(i, &mut x).class.unwrap()), first);
        }
        // The mean and standard deviation of the training pixels, in [0, 1], are widely quoted: 0.1307 and 0.3081.
        let (train, mut sums) = (open(Split::Train), [0.0_f64; 2]);
        for i in 0..60_000 {
            train.read(i, &mut x);
            x.iter().map(|&x| f64::midpoint(f64::from(x), 1.0)).for_each(|x| {
                sums[0] += x;
                sums[1] += x * x;
            });
        }
        let [mean, square] = sums.map(|sum| sum / (60_000.0 * 784.0));
        assert!((mean - 0.1307).abs() < 5e-5, "mean {mean}");
        assert!(((square - mean * mean).sqrt() - 0.3081).abs() < 5e-5, "mean square {square}");
    }
}
