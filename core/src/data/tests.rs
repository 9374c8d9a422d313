use std::io::Write;
use std::path::PathBuf;

use super::*;

/// A folder or file of real data, or none, loudly.
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("KILN_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        // Straight to the terminal: what is printed is kept back when a test passes.
        let why = format!("SKIPPED: there is no {}; point KILN_SHARED at the shared data\n", path.display());
        std::io::stderr().write_all(why.as_bytes()).unwrap();
        return None;
    }
    Some(path)
}

/// A picture of 3 x 2 pixels, 0 to 250.
fn picture() -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
    image::GrayImage::from_raw(3, 2, vec![0, 50, 250, 100, 200, 150]).unwrap().save(file.path()).unwrap();
    file
}

/// Every density on the plane.
fn planes(split: Split) -> Vec<(&'static str, Box<dyn Dataset>)> {
    let picture = picture();
    let all = DataConfig::all().into_iter().filter(|config| config.shape() == Some(vec![2]));
    all.map(|config| (config.name(), config.open(Some(picture.path()), split).unwrap())).collect()
}

fn samples(data: &dyn Dataset, n: u64) -> Vec<[f32; 2]> {
    let read = |index| {
        let mut x = [0.0; 2];
        data.read(index, &mut x);
        x
    };
    (0..n).map(read).collect()
}

/// Bins along a side of `[-6, 6]^2`, and points of the midpoint rule along a bin's.
const BINS: usize = 24;
const POINTS: usize = 24;

/// The probability of each bin, by the midpoint rule.
fn probabilities(data: &dyn Dataset) -> Option<Vec<f64>> {
    let step = 12.0 / (BINS * POINTS) as f64;
    let mut bins = vec![0.0; BINS * BINS];
    for i in 0..BINS * POINTS {
        for j in 0..BINS * POINTS {
            let x = [i, j].map(|i| ((i as f64 + 0.5) * step - 6.0) as f32);
            bins[i / POINTS * BINS + j / POINTS] += data.log_density(&x)?.exp() * step * step;
        }
    }
    Some(bins)
}

fn histogram(samples: &[[f32; 2]]) -> Vec<f64> {
    let mut counts = vec![0.0; BINS * BINS];
    for x in samples {
        let [i, j] = x.map(|x| ((x + 6.0) * BINS as f32 / 12.0) as usize);
        counts[i * BINS + j] += 1.0;
    }
    counts
}

#[test]
fn densities_integrate_to_one_and_samples_follow_them() {
    let n = 40_000;
    let mut known = Vec::new();
    for (name, data) in planes(Split::Train) {
        let Some(p) = probabilities(&*data) else { continue };
        known.push(name);
        let total: f64 = p.iter().sum();
        assert!((total - 1.0).abs() < 2e-3, "{name} integrates to {total}");
        let counts = histogram(&samples(&*data, n));
        let (mut chi2, mut bins, mut rare, mut rare_expected) = (0.0, 0.0, 0.0, 0.0);
        for (count, p) in counts.iter().zip(&p) {
            let expected = p / total * n as f64;
            if expected < 8.0 {
                (rare, rare_expected) = (rare + count, rare_expected + expected);
            } else {
                (chi2, bins) = (chi2 + (count - expected).powi(2) / expected, bins + 1.0);
            }
        }
        assert!(chi2 < bins + 5.0 * f64::sqrt(2.0 * bins), "{name}: chi squared {chi2} over {bins} bins");
        assert!(
            (rare - rare_expected).abs() < 5.0 * f64::sqrt(rare_expected + 1.0),
            "{name}: {rare}, {rare_expected}"
        );
    }
    assert_eq!(known, ["gaussians", "checkerboard", "pinwheel", "rings", "torus", "picture", "drawn"]);
}

/// `E log p = -H`: `ln 8 + 1 + ln(2 pi std^2)` for eight Gaussians that do not meet, `ln 8` for eight fields of area
/// 1, and `ln area - sum p ln p` for pixels.
#[test]
fn the_mean_log_density_of_samples_is_minus_the_entropy() {
    let pixels: f64 =
        [50.0, 250.0, 100.0, 200.0, 150.0].iter().map(|w: &f64| -w / 750.0 * (w / 750.0).ln()).sum();
    let entropies = [
        ("gaussians", 8.0_f64.ln() + 1.0 + (std::f64::consts::TAU * 0.04).ln()),
        ("checkerboard", 8.0_f64.ln()),
        ("picture", pixels + (16.0_f64 / 9.0).ln()),
    ];
    let n = 40_000;
    let planes = planes(Split::Train);
    for (name, entropy) in entropies {
        let (_, data) = planes.iter().find(|plane| plane.0 == name).unwrap();
        let mean = samples(&**data, n).iter().map(|x| data.log_density(x).unwrap()).sum::<f64>() / n as f64;
        // log p has a standard deviation of at most 1 here.
        assert!((mean + entropy).abs() < 4.0 / (n as f64).sqrt(), "{name}: {mean}, expected {}", -entropy);
    }
}

#[test]
fn every_plane_is_centred_and_of_a_size_that_networks_like() {
    // What is drawn has a mean of its own.
    for (name, data) in
        planes(Split::Train).into_iter().filter(|plane| !["picture", "drawn"].contains(&plane.0))
    {
        let samples = samples(&*data, 5000);
        for axis in 0..2 {
            let mean = samples.iter().map(|x| f64::from(x[axis])).sum::<f64>() / 5000.0;
            let square = samples.iter().map(|x| f64::from(x[axis]).powi(2)).sum::<f64>() / 5000.0;
            let std = (square - mean * mean).sqrt();
            assert!(mean.abs() < 0.5 && (0.8..2.0).contains(&std), "{name}, axis {axis}: {mean} +- {std}");
        }
    }
}

#[test]
fn factors_are_known_of_those_that_are_said_to_have_some() {
    for config in DataConfig::all() {
        let Ok(data) = config.open(None, Split::Test) else { continue };
        assert_eq!(!data.factors().is_empty(), WITH_FACTORS.contains(&config.name()), "{}", config.name());
        let mut x = vec![0.0; data.shape().iter().product()];
        let labels = data.read(0, &mut x);
        assert_eq!(data.factors_of(&labels).len(), data.factors().len(), "{}", config.name());
    }
    let cut = |data| Slice { of: Box::new(data), part: Split::Test, train: [0, 1], test: [5, 9] };
    let whole = DataConfig::named("shapes").unwrap();
    let part = cut(whole.clone()).open(None, Split::Test).unwrap();
    let whole = whole.open(None, Split::Test).unwrap();
    let mut x = vec![0.0; 3 * 32 * 32];
    let [of_part, of_whole] = [(&part, 0), (&whole, 5)].map(|(data, index)| {
        let labels = data.read(index, &mut x);
        (data.factors(), data.factors_of(&labels))
    });
    assert_eq!(of_part, of_whole);
}

#[test]
fn classes_are_a_factor_and_what_has_none_has_no_factors() {
    let classes = vec!["a".to_owned(), "b".to_owned()];
    let stored = |labels, classes| stored::Stored { shape: vec![1], bytes: vec![0, 255], labels, classes };
    let of = |data: &dyn Dataset| (data.factors(), data.factors_of(&data.read(1, &mut [0.0])));
    assert_eq!(of(&stored(vec![0, 1], classes)), (vec!["class"], vec![1.0]));
    assert_eq!(of(&stored(Vec::new(), Vec::new())), (Vec::new(), Vec::new()));
}

#[test]
fn an_index_is_a_sample_for_good_and_train_and_test_share_none() {
    for ((name, train), (_, test)) in planes(Split::Train).iter().zip(&planes(Split::Test)) {
        let (train, test) = (samples(&**train, 200), (samples(&**test, 200)));
        let again = planes(Split::Train);
        let (_, again) = again.iter().find(|plane| plane.0 == *name).unwrap();
        assert_eq!(train, samples(&**again, 200), "{name}");
        assert!(train.iter().all(|x| !test.contains(x)), "{name}: train and test meet");
    }
}

#[test]
fn a_picture_is_bright_or_dark_where_the_density_is_and_upright() {
    let file = picture();
    let open = |invert| {
        let config = Picture { invert, ..Picture::default() };
        config.open(Some(file.path()), Split::Train).unwrap()
    };
    // Pixels are 4/3 wide; the top row is above y = 0.
    let at = |data: &dyn Dataset, x: [f32; 2]| data.log_density(&x).unwrap().exp() * 16.0 / 9.0;
    let (bright, dark) = (open(false), open(true));
    for (x, weight) in [([-1.3, 0.6], 0.0), ([1.3, 0.6], 250.0), ([-1.3, -0.6], 100.0), ([0.0, 1.4], 0.0)] {
        assert!((at(&*bright, x) - weight / 750.0).abs() < 1e-9, "{x:?}");
    }
    assert!((at(&*dark, [-1.3, 0.6]) - 255.0 / 780.0).abs() < 1e-9);
    assert!(samples(&*bright, 20_000).iter().all(|x| bright.log_density(x).unwrap().is_finite()));
}

#[test]
fn a_picture_without_density_and_a_file_that_is_none_are_refused() {
    let file = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
    image::GrayImage::new(2, 2).save(file.path()).unwrap();
    let refusal = || Picture::default().open(Some(file.path()), Split::Train).err().unwrap().to_string();
    assert!(refusal().contains("every pixel is black") && refusal().contains("data.invert"), "{}", refusal());
    std::fs::write(file.path(), b"no picture").unwrap();
    assert!(refusal().contains(".png: not a readable PNG or JPEG"), "{}", refusal());
}

#[test]
fn settings_that_make_no_density_are_refused_by_their_path() {
    let bad: [(&str, Box<dyn Source>); 4] = [
        ("noise", Box::new(Moons { noise: -1.0, seed: 0 })),
        ("std", Box::new(Gaussians { std: 0.0, ..Gaussians::default() })),
        ("count", Box::new(Rings { count: 0, ..Rings::default() })),
        ("radial", Box::new(Pinwheel { radial: f64::NAN, ..Pinwheel::default() })),
    ];
    for (path, config) in bad {
        let error = config.open(None, Split::Train).err().unwrap().to_string();
        assert!(error.contains(&format!("at `{path}`: wanted")), "{error}");
    }
}

#[test]
fn every_member_survives_its_own_file_and_refuses_a_key_it_does_not_know() {
    for config in DataConfig::all() {
        let mut value = serde_json::to_value(&config).unwrap();
        let back: DataConfig = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), value);
        value["nosie"] = 1.into();
        assert!(serde_json::from_value::<DataConfig>(value).unwrap_err().to_string().contains("nosie"));
    }
}
