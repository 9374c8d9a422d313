//! Pictures are judged by what is to be seen in them.

use image::{Rgb, RgbImage};

use super::colour::lightness;
use super::{Panel, Row, Scale, curve, densities, density, grid, labelled, panels, png};

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

/// The first pixel from the top in column `x` that is so coloured.
fn first(picture: &RgbImage, x: u32, coloured: impl Fn(Rgb<u8>) -> bool) -> Option<u32> {
    (60..480).find(|y| coloured(*picture.get_pixel(x, *y)))
}

fn blue(Rgb([r, g, b]): Rgb<u8>) -> bool {
    b > 150 && r < 40 && g < 140
}

fn orange(Rgb([r, g, b]): Rgb<u8>) -> bool {
    r > 190 && g < 120 && b < 40
}

#[test]
fn a_power_is_a_straight_line_on_two_logarithmic_axes() {
    let power = |c: f64, order: i32| -> Vec<(f64, f64)> {
        [4.0, 8.0, 16.0, 32.0, 64.0].map(|n: f64| (n, c * n.powi(-order))).to_vec()
    };
    let axes = [("evaluations", Scale::Log), ("error", Scale::Log)];
    let lines = vec![power(1.0, 2), power(1.0, 1)];
    let panel = Panel { title: "errors", axes, lines, level: Some(("data", 0.01)) };
    let picture = panels(&["second", "first"], &[panel]).unwrap();
    let [left, middle, right] = [200, 350, 500].map(|x| first(&picture, x, blue).expect("a line") as f32);
    assert!(left < middle && (left + right - 2.0 * middle).abs() < 8.0, "{left} {middle} {right}");
    let [left, right] = [200, 500].map(|x| first(&picture, x, orange).expect("the other") as f32);
    assert!(left < right && right < middle * 1.5, "the first order falls less: {left} {right}");
    let legend: Vec<u32> =
        (680..picture.width()).filter(|x| first(&picture, *x, |_| true).is_some()).collect();
    assert!(
        legend.iter().any(|x| (30..200).any(|y| orange(*picture.get_pixel(*x, y)))),
        "the legend is at the right"
    );
}

#[test]
fn panels_share_their_colours_and_empty_ones_are_refused() {
    let axes = [("x", Scale::Linear), ("y", Scale::Linear)];
    let line = vec![(0.0, 1.0), (1.0, 2.0)];
    let panel = |lines: Vec<Vec<(f64, f64)>>| Panel { title: "a", axes, lines, level: None };
    let both = [panel(vec![line.clone(), vec![]]), panel(vec![vec![], line.clone()])];
    let picture = panels(&["one", "two"], &both).unwrap();
    let seen = |from: u32, coloured: fn(Rgb<u8>) -> bool| {
        (from..from + 680).any(|x| (60..480).any(|y| coloured(*picture.get_pixel(x, y))))
    };
    assert!(seen(0, blue) && !seen(0, orange) && seen(680, orange));
    assert!(panels(&["one"], &[panel(vec![vec![]])]).is_err());
    assert!(panels(&["one", "two"], &[panel(vec![line])]).is_err());
}

#[test]
fn cells_stand_in_their_rows_and_columns_and_what_is_missing_stays_dark() {
    let cell = |grey: u8| Some(RgbImage::from_pixel(40, 50, Rgb([grey; 3])));
    let columns: Vec<String> = ["5", "10"].map(str::to_owned).to_vec();
    let rows = [("heun", vec![cell(250), cell(200)]), ("euler", vec![None, cell(150)])];
    let rows = rows.map(|(name, cells)| Row { name: name.to_owned(), cells });
    let sheet = labelled(&columns, &rows).unwrap();
    let places = |grey: u8| -> (f32, f32) {
        let found: Vec<(u32, u32)> = sheet
            .enumerate_pixels()
            .filter(|(_, _, pixel)| pixel.0 == [grey; 3])
            .map(|(x, y, _)| (x, y))
            .collect();
        assert!(found.len() >= 40 * 50, "{grey}: {}", found.len());
        let n = found.len() as f32;
        (found.iter().map(|p| p.0 as f32).sum::<f32>() / n, found.iter().map(|p| p.1 as f32).sum::<f32>() / n)
    };
    let (first, second, below) = (places(250), places(200), places(150));
    assert!(first.0 + 40.0 < second.0 && (first.1 - second.1).abs() < 1.0);
    assert!((below.0 - second.0).abs() < 1.0 && second.1 + 50.0 < below.1);
    let one = [Row { name: "short".to_owned(), cells: vec![cell(1)] }];
    assert!(labelled(&columns, &one).is_err() && labelled(&columns, &[]).is_err());
}

#[test]
fn densities_are_seen_through_the_references_window() {
    let (left, all) = (cloud(5000, [-1.0, 0.0], 0.5), cloud(5000, [0.0, 0.0], 2.5));
    let pictures = densities(&[&left, &all], &all, 64).unwrap();
    assert_eq!(pictures.len(), 2);
    assert!(centre_of_light(&pictures[0])[0] < 0.35);
    assert!((centre_of_light(&pictures[1])[0] - 0.5).abs() < 0.03);
    assert!(densities(&[&[]], &all, 64).is_err());
}

#[test]
fn a_png_reads_back_as_the_same_picture() {
    let picture = RgbImage::from_fn(7, 5, |x, y| Rgb([x as u8, y as u8, 200]));
    let read = image::load_from_memory(&png(&picture)).expect("it is a PNG").to_rgb8();
    assert_eq!(read, picture);
}
