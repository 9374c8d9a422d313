//! One picture of a file, as a row: for editing, where a picture is what it is and is not scaled.

use std::path::Path;

use image::DynamicImage;

use super::unpack;
use crate::{Error, Result, files};

/// A PNG or JPEG as a row of samples of shape `[1 or 3, height, width]`, in `[-1, 1]`. It must be of that size.
pub fn read_picture(path: &Path, shape: &[usize]) -> Result<Vec<f32>> {
    let &[channels @ (1 | 3), height, width] = shape else {
        let name = path.display().to_string();
        return Err(Error::format(name, format!("a picture cannot become a sample of shape {shape:?}")));
    };
    let picture = open(path, [height, width])?;
    let bytes: Vec<u8> = if channels == 1 {
        picture.to_luma8().into_raw()
    } else {
        let rgb = picture.to_rgb8();
        (0..3).flat_map(|channel| rgb.iter().copied().skip(channel).step_by(3)).collect()
    };
    let mut row = vec![0.0; bytes.len()];
    unpack(&bytes, &mut row);
    Ok(row)
}

/// The brightness of a PNG or JPEG, from 0 (black) to 1 (white), for each channel of samples of shape `[channels, height, width]`.
pub fn read_mask(path: &Path, shape: &[usize]) -> Result<Vec<f32>> {
    let &[channels, height, width] = shape else {
        let name = path.display().to_string();
        return Err(Error::format(name, format!("a picture cannot mask a sample of shape {shape:?}")));
    };
    let plane = open(path, [height, width])?.to_luma8();
    Ok(plane.iter().map(|byte| f32::from(*byte) / 255.0).collect::<Vec<_>>().repeat(channels))
}

fn open(path: &Path, [height, width]: [usize; 2]) -> Result<DynamicImage> {
    let name = path.display().to_string();
    let picture = image::load_from_memory(&files::read(path)?)
        .map_err(|error| Error::format(&name, format!("not a readable PNG or JPEG: {error}")))?;
    let size = [picture.height() as usize, picture.width() as usize];
    if size == [height, width] {
        return Ok(picture);
    }
    let [h, w] = size;
    Err(Error::format(name, format!("wanted {width} x {height} pixels; this has {w} x {h}: scale it first")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_becomes_planes_and_a_mask_its_brightness() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("picture.png");
        let rgb = |x: u32, _: u32| image::Rgb([0, 255, if x == 0 { 0 } else { 255 }]);
        image::RgbImage::from_fn(2, 1, rgb).save(&path).expect("a file");
        assert_eq!(read_picture(&path, &[3, 1, 2]).expect("a row"), [-1.0, -1.0, 1.0, 1.0, -1.0, 1.0]);
        assert_eq!(read_picture(&path, &[1, 1, 2]).expect("a row").len(), 2);
        let mask = read_mask(&path, &[3, 1, 2]).expect("a mask");
        assert_eq!(mask[..2], mask[2..4]);
        assert!(mask[0] < mask[1] && mask[1] < 1.0, "{mask:?}");
    }

    #[test]
    fn what_is_no_picture_of_that_size_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("picture.png");
        image::RgbImage::new(3, 2).save(&path).expect("a file");
        let text = |shape: &[usize]| read_picture(&path, shape).expect_err("refused").to_string();
        assert!(text(&[1, 28, 28]).contains("wanted 28 x 28 pixels; this has 3 x 2"));
        assert!(text(&[2]).contains("cannot become a sample of shape [2]"));
        std::fs::write(&path, b"no picture").expect("a file");
        assert!(text(&[1, 2, 3]).contains("not a readable PNG or JPEG"));
    }
}
