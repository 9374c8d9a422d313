use super::*;

/// The known-answer vectors of Random123 1.14 (`kat_vectors`, philox4x32 10).
#[test]
fn philox_gives_the_published_answers() {
    assert_eq!(philox4x32_10([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(
        philox4x32_10([u32::MAX; 4], [u32::MAX; 2]),
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
    );
    assert_eq!(
        philox4x32_10([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
    );
}

fn normals(n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n];
    Key::new(7, Purpose::Noise, 3).fill_normal(&mut out);
    out.into_iter().map(f64::from).collect()
}

#[test]
fn normals_have_the_moments_of_a_normal() {
    let n = 1_000_000;
    let x = normals(n);
    let moment = |power: i32| x.iter().map(|x| x.powi(power)).sum::<f64>() / n as f64;
    // Standard errors of the first four moments: 1, sqrt 2, sqrt 15, sqrt 96, over 1,000. Four of each are allowed.
    for (power, expected, error) in
        [(1, 0.0, 0.001), (2, 1.0, 0.001_42), (3, 0.0, 0.003_9), (4, 3.0, 0.009_8)]
    {
        let got = moment(power);
        assert!((got - expected).abs() < 4.0 * error, "moment {power}: {got}, expected {expected}");
    }
}

#[test]
fn neighbouring_normals_streams_and_purposes_are_uncorrelated() {
    let n = 200_000;
    let fill = |key: Key| {
        let mut out = vec![0.0_f32; n];
        key.fill_normal(&mut out);
        out
    };
    let base = Key::new(1, Purpose::Noise, 0);
    let x = fill(base);
    let correlation =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>() / a.len() as f64;
    let others = [
        ("lag 1", x[1..].to_vec()),
        ("lag 4", x[4..].to_vec()),
        ("next sample", fill(Key::new(1, Purpose::Noise, 1))),
        ("next draw", fill(base.draw(1))),
        ("next seed", fill(Key::new(2, Purpose::Noise, 0))),
        ("another purpose", fill(Key::new(1, Purpose::SamplerNoise, 0))),
    ];
    for (name, other) in others {
        let r = correlation(&x, &other);
        assert!(r.abs() < 4.0 / (n as f64).sqrt(), "{name}: correlation {r}");
    }
}

/// D = sup |F_n - F|; below 1.95 / sqrt n with probability 0.999 (Kolmogorov 1933, Smirnov 1948).
#[test]
fn normals_pass_kolmogorov_and_smirnov() {
    let n = 100_000;
    let mut x = normals(n);
    x.sort_by(f64::total_cmp);
    let cdf = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
    let distance = x.iter().enumerate().fold(0.0_f64, |worst, (i, &x)| {
        worst.max((cdf(x) - i as f64 / n as f64).abs()).max((cdf(x) - (i + 1) as f64 / n as f64).abs())
    });
    assert!(distance < 1.95 / (n as f64).sqrt(), "D = {distance}");
}

#[test]
fn uniforms_fill_the_unit_interval_evenly() {
    let mut x = vec![0.0; 100_000];
    Key::new(0, Purpose::Level, 0).fill_uniform(&mut x);
    assert!(x.iter().all(|x| (0.0..1.0).contains(x)));
    let mut counts = [0_f64; 100];
    x.iter().for_each(|x| counts[(x * 100.0) as usize] += 1.0);
    let chi2: f64 = counts.iter().map(|c| (c - 1000.0).powi(2) / 1000.0).sum();
    assert!(chi2 < 150.0, "chi squared with 99 degrees of freedom: {chi2}");
}

#[test]
fn a_permutation_holds_every_index_once_and_differs_by_epoch() {
    let first = Key::new(0, Purpose::Order, 0).permutation(1000);
    let second = Key::new(0, Purpose::Order, 1).permutation(1000);
    assert_ne!(first, second);
    let mut sorted = first;
    sorted.sort_unstable();
    assert!(sorted.iter().copied().eq(0..1000));
}

#[test]
fn a_prefix_of_a_longer_draw_is_the_shorter_draw() {
    let key = Key::new(5, Purpose::Noise, 9);
    let (mut short, mut long) = (vec![0.0; 7], vec![0.0; 64]);
    key.fill_normal(&mut short);
    key.fill_normal(&mut long);
    assert_eq!(short, long[..7]);
}

#[test]
fn rows_drawn_together_are_those_drawn_alone() {
    let key = Key::new(11, Purpose::SamplerNoise, (1 << 32) - 3).draw(6);
    for features in [1, 2, 5, 784] {
        let rows = 70;
        let mut together = vec![0.0; rows * features];
        key.fill_normal_rows(&mut together, features);
        for (row, together) in together.chunks(features).enumerate() {
            let mut alone = vec![0.0; features];
            Key { index: key.index + row as u64, ..key }.fill_normal(&mut alone);
            assert_eq!(together, alone, "row {row} of {features}");
        }
    }
    let mut stream = key.stream();
    let mut row = [0.0; 8];
    key.fill_normal(&mut row);
    assert!(row.iter().all(|normal| *normal == stream.normal() as f32));
}
