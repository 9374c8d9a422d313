//! Draws have the probabilities that they should, and cuts are where a sort would put them.

use super::*;

const ROWS: usize = 20_000;

fn noise(rows: usize, features: usize, first: u64) -> Noise {
    Noise { seed: 3, first, rows, features, device: Device::flex() }
}

fn floats<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_to_vec().expect("floats")
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

/// `ln p` for every row and place.
fn everywhere(p: &[f32], rows: usize, length: usize) -> Tensor<3> {
    tensor(p, [1, 1, p.len()]).log().expand([rows, length, p.len()])
}

fn moment(log_x0: Tensor<3>, x: Tensor<2>, left: f64, noise: &Noise) -> Moment<'_> {
    let mask = log_x0.dims()[2];
    let open = x.zeros_like().mask_fill(x.clone().equal_elem(mask as f64), 1.0).sum_dim(1) * left;
    let (mask, open) = (Some(mask), Some(open.round()));
    Moment { x, log_x0, reverse: &|log_p| log_p, mask, open, ahead: left, noise, step: 2 }
}

fn counts(tokens: &[f32], n: usize) -> Vec<f64> {
    let mut counts = vec![0.0; n];
    tokens.iter().for_each(|token| counts[*token as usize] += 1.0);
    counts
}

#[test]
fn tokens_are_drawn_in_the_probabilities_and_apart_from_each_other() {
    let p = [0.05_f32, 0.5, 0.15, 0.3];
    let noise = noise(ROWS, 2, 0);
    let x = Tensor::zeros([ROWS, 2], &Device::flex());
    let tokens = floats(ancestral::Ancestral {}.step(&moment(everywhere(&p, ROWS, 2), x, 0.0, &noise)));
    let pairs: Vec<f32> = tokens.chunks(2).map(|pair| pair[0] * 4.0 + pair[1]).collect();
    let chi2: f64 = counts(&pairs, 16)
        .iter()
        .enumerate()
        .map(|(i, count)| {
            let expected = f64::from(p[i / 4] * p[i % 4]) * ROWS as f64;
            (count - expected).powi(2) / expected
        })
        .sum();
    // The 0.999 quantile of chi squared with 15 degrees of freedom.
    assert!(chi2 < 37.7, "{chi2}");
}

#[test]
fn temperature_and_cuts_are_what_their_definitions_say() {
    let log_p = everywhere(&[0.1, 0.4, 0.2, 0.3], 1, 1);
    let drawn = |temperature, top_p| {
        floats(Decoding { temperature, top_p, ..Decoding::default() }.sharpened(log_p.clone()).exp())
    };
    let near =
        |a: Vec<f32>, b: [f32; 4]| assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "{a:?}");
    near(drawn(0.5, 1.0), [0.01 / 0.3, 0.16 / 0.3, 0.04 / 0.3, 0.09 / 0.3]);
    // 0.4 and 0.3 together are the fewest that come to 0.6.
    near(drawn(1.0, 0.6), [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0]);
    near(drawn(1.0, 0.8), [0.0, 4.0 / 9.0, 2.0 / 9.0, 3.0 / 9.0]);
    near(drawn(1.0, 1e-6), [0.0, 1.0, 0.0, 0.0]);
    near(drawn(1.0, 1.0), [0.1, 0.4, 0.2, 0.3]);
    let kept = |decoding: Decoding| floats(decoding.sharpened(log_p.clone()).exp());
    near(kept(Decoding { top_k: 2, ..Decoding::default() }), [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0]);
    near(kept(Decoding { min_p: 0.45, ..Decoding::default() }), [0.0, 4.0 / 9.0, 2.0 / 9.0, 3.0 / 9.0]);
}

#[test]
fn a_cut_is_the_value_that_a_sort_would_give() {
    let n = 50;
    let mut values = vec![0.0; n];
    Key::new(1, Purpose::Data, 0).fill_normal(&mut values);
    let mut sorted = values.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (values, ones) = (tensor(&values, [1, 1, n]), Tensor::ones([1, 1, n], &Device::flex()));
    for k in [1, 2, 25, 49, 50] {
        let cut = floats(cut(&values, &ones, &tensor(&[k as f32], [1, 1, 1])))[0];
        let kept = sorted.iter().filter(|value| **value >= cut).count();
        assert_eq!(kept, k, "{cut}");
    }
}

#[test]
fn confidence_decides_as_many_as_it_should_the_surest_first_and_touches_nothing_known() {
    let (length, rows) = (8, 3);
    // Token 0 wherever it is drawn, and the surer the later the place.
    let logs: Vec<f32> = (0..length).flat_map(|i| [0.1 * i as f32, NEVER as f32]).collect();
    let log_p = tensor::<3>(&logs.repeat(rows), [rows, length, 2]);
    let greedy = confidence::Confidence { randomness: 0.0 };
    let x = tensor::<2>(&[2.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0].repeat(rows), [rows, length]);
    let noise = noise(rows, length, 0);
    for (left, expected) in [
        (6.0 / 7.0, [2.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.0]),
        (3.0 / 7.0, [2.0, 1.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0]),
        (0.0, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ] {
        for row in floats(greedy.step(&moment(log_p.clone(), x.clone(), left, &noise))).chunks(length) {
            assert_eq!(row, expected);
        }
    }
}

#[test]
fn a_rows_chance_is_its_own_whatever_the_batch() {
    let p = [0.2_f32, 0.5, 0.3];
    let draw = |rows, first| {
        let noise = noise(rows, 4, first);
        let x = Tensor::zeros([rows, 4], &Device::flex());
        floats(ancestral::Ancestral {}.step(&moment(everywhere(&p, rows, 4), x, 0.0, &noise)))
    };
    assert_eq!(draw(1, 7), draw(9, 0)[7 * 4..8 * 4]);
}

#[test]
fn settings_that_draw_nothing_are_refused() {
    let refusal = |decoding: Decoding| decoding.check().expect_err("this should be refused").to_string();
    assert!(refusal(Decoding { temperature: 0.0, ..Decoding::default() }).contains("`temperature`"));
    assert!(refusal(Decoding { top_p: 1.5, ..Decoding::default() }).contains("`top_p`"));
    assert!(refusal(Decoding { min_p: -0.1, ..Decoding::default() }).contains("`min_p`"));
    let decoder = DecoderConfig::Confidence(confidence::Confidence { randomness: -1.0 });
    assert!(refusal(Decoding { decoder, ..Decoding::default() }).contains("`decoder.randomness`"));
}
