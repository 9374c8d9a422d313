//! Pictures are judged by what is to be seen in them.

use image::{Rgb, RgbImage};

use super::colour::lightness;
use super::{Scale, curve, density, grid, png};

/// `n` points of a small deterministic cloud around a centre.
fn cloud(n: usize, centre: [f32; 2], width: f32) -> Vec<f32> {
    let uniform = |i: usize, by: f64| (i as f64 * by).fract() as f32 - 0.5;
    (0..n)
        .flat_map(|i| {
            [centre[0] + width * uniform(i, 0.618_033_988_7), centre[1] + width * uniform(i, 0.754_877_666_2)]
        })
        .collect()
}

/// Mean place of the light, from 0 to 1.
fn centre_of_light(picture: &RgbImage) -> [f32; 2] {
    let mut sums = [0.0; 3];
    for (x, y, pixel) in picture.enumerate_pixels() {
        let light = lightness(*pixel);
        sums = [sums[0] + light * x as f32, sums[1] + light * y as f32, sums[2] + light];
    }
    [sums[0] / sums[2] / picture.width() as f32, sums[1] / sums[2] / picture.height() as f32]
}

#[test]
fn each_picture_of_a_sheet_stands_in_its_place() {
    let samples: Vec<f32> = (0..5).flat_map(|i| [i as f32 / 4.0 * 2.0 - 1.0; 6]).collect();
    let sheet = grid(&samples, [1, 2, 3], 3, 4).unwrap();
    assert_eq!(sheet.dimensions(), (3 * 12 + 4 * 2, 2 * 8 + 3 * 2));
    for (index, grey) in [0, 64, 128, 191, 255].into_iter().enumerate() {
        let (left, top) = (2 + 14 * (index as u32 % 3), 2 + 10 * (index as u32 / 3));
        for (x, y) in [(0, 0), (11, 0), (0, 7), (11, 7)] {
            assert_eq!(*sheet.get_pixel(left + x, top + y), Rgb([grey; 3]), "picture {index}");
        }
    }
    let ground = *sheet.get_pixel(0, 0);
    assert_eq!(*sheet.get_pixel(43, 21), ground);
    assert_eq!(*sheet.get_pixel(35, 15), ground, "there is no sixth picture");
}

#[test]
fn channels_are_planes_and_values_are_cut_off_at_both_ends() {
    let sample = [1.0, -1.0, 7.0, -7.0, f32::NAN, 0.0];
    let sheet = grid(&sample, [3, 1, 2], 8, 1).unwrap();
    assert_eq!(sheet.dimensions(), (6, 5));
    assert_eq!(*sheet.get_pixel(2, 2), Rgb([255, 255, 0]));
    assert_eq!(*sheet.get_pixel(3, 2), Rgb([0, 0, 128]));
}

#[test]
fn what_is_no_sheet_is_refused() {
    assert!(grid(&[0.0; 8], [2, 2, 2], 1, 1).expect_err("two channels").to_string().contains("1 or 3"));
    for (length, columns, scale) in [(0, 1, 1), (5, 1, 1), (4, 0, 1), (4, 1, 0), (4, 1, 1 << 20)] {
        assert!(grid(&vec![0.0; length], [1, 2, 2], columns, scale).is_err());
    }
}

#[test]
fn the_light_is_where_the_points_are_and_up_is_up() {
    let mut points = cloud(4000, [0.0, 0.0], 1.0);
    points.extend(cloud(36_000, [3.0, 3.0], 1.0));
    let picture = density(&points, None, 128).unwrap();
    let [x, y] = centre_of_light(&picture);
    assert!(x > 0.55 && y < 0.45, "most points are to the right and above: {x}, {y}");
    assert!(lightness(*picture.get_pixel(2, 2)) < 5.0, "the corner without points is dark");
}

#[test]
fn strays_and_points_that_are_not_finite_change_little() {
    let mut points = cloud(10_000, [0.0, 0.0], 1.0);
    points.extend([1e6, 1e6, f32::NAN, 0.0, f32::INFINITY, 1.0]);
    let picture = density(&points, None, 128).unwrap();
    let lit = picture.pixels().filter(|pixel| lightness(**pixel) > 60.0).count();
    assert!(lit > 128 * 128 / 3, "the cloud should fill the window: {lit}");
}

#[test]
fn beside_a_reference_both_are_seen_through_one_window() {
    let (left, right) = (cloud(5000, [-1.0, 0.0], 0.5), cloud(5000, [1.0, 0.0], 0.5));
    let data: Vec<f32> = left.iter().chain(&right).copied().collect();
    let picture = density(&left, Some(&data), 128).unwrap();
    assert_eq!(picture.dimensions(), (2 * 128 + 6, 128 + 34));
    let panel = |x: u32| image::imageops::crop_imm(&picture, x, 34, 128, 128).to_image();
    assert!(centre_of_light(&panel(0))[0] < 0.35, "the samples are the left half of the data");
    assert!((centre_of_light(&panel(134))[0] - 0.5).abs() < 0.02);
    let away = cloud(5000, [50.0, 0.0], 0.5);
    density(&away, Some(&data), 128).expect("samples that are all outside make a dark picture");
}

#[test]
fn what_is_no_plane_is_refused() {
    for points in [&[][..], &[1.0], &[f32::NAN, 1.0]] {
        assert!(density(points, None, 64).is_err());
    }
    assert!(density(&[0.0, 0.0], None, 1).is_err());
    density(&[0.0, 0.0], None, 64).expect("one point is a density");
}

#[test]
fn a_falling_curve_falls_and_each_series_has_its_colour() {
    let falling: Vec<(f64, f64)> = (0..300).map(|i| (f64::from(i), (-f64::from(i) / 60.0).exp())).collect();
    let flat: Vec<(f64, f64)> = (0..300).map(|i| (f64::from(i), 0.5)).collect();
    let blue = |Rgb([r, g, b]): Rgb<u8>| b > 150 && r < 40 && g < 140;
    for scale in [Scale::Linear, Scale::Log] {
        let picture = curve("loss", &[("train", &falling), ("test", &flat)], scale).unwrap();
        let height = |x: u32| (60..480).find(|y| blue(*picture.get_pixel(x, *y)));
        let (early, late) = (height(200).expect("a line"), height(800).expect("a line"));
        assert!(early + 80 < late, "{scale:?}: higher on the left: {early}, {late}");
        assert!(
            picture.pixels().any(|Rgb([r, g, b])| *r > 190 && *g < 120 && *b < 40),
            "the second is orange"
        );
    }
}

#[test]
fn odd_curves_are_drawn_and_empty_ones_refused() {
    let points = [(1.0, f64::NAN), (2.0, 0.5), (3.0, f64::INFINITY), (4.0, -1.0)];
    curve("one point on a logarithmic scale", &[("a", &points)], Scale::Log).unwrap();
    curve("a constant", &[("a", &[(1.0, 0.0), (2.0, 0.0)])], Scale::Linear).unwrap();
    curve("one curve of two", &[("a", &points), ("b", &[])], Scale::Linear).unwrap();
    for series in [&[][..], &[("a", &[][..])], &[("a", &points[..1])]] {
        let error = curve("loss", series, Scale::Linear).expect_err("there is nothing").to_string();
        assert!(error.contains("`loss` has nothing to draw"), "{error}");
    }
    assert!(curve("loss", &[("a", &[(1.0, -1.0)])], Scale::Log).is_err());
}

#[test]
fn a_png_reads_back_as_the_same_picture() {
    let picture = RgbImage::from_fn(7, 5, |x, y| Rgb([x as u8, y as u8, 200]));
    let read = image::load_from_memory(&png(&picture)).expect("it is a PNG").to_rgb8();
    assert_eq!(read, picture);
}
