//! Against every pair in double precision.

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::normals::Draws;
use crate::testing::{devices, far, kinds};

const SIZES: [usize; 6] = [1, 3, 31, 32, 33, 257];

fn kernels() -> [Kernel; 4] {
    [
        Kernel::Gaussian(vec![0.5, 2.0, 8.0]),
        Kernel::InverseMultiquadric(vec![0.3, 3.0]),
        Kernel::Polynomial,
        Kernel::Distance,
    ]
}

/// A set of rows, in the numbers that single precision has for them.
#[derive(Clone)]
struct Set {
    values: Vec<f64>,
    dim: usize,
}

impl Set {
    fn new(values: Vec<f32>, dim: usize) -> Self {
        Self { values: values.into_iter().map(f64::from).collect(), dim }
    }

    fn normal(rows: usize, dim: usize, seed: u32) -> Self {
        let mut values = vec![0.0; rows * dim];
        Draws { seed: [seed, 3], first: [0; 3], rows, features: dim }.fill(&mut values);
        Self::new(values, dim)
    }

    /// Small whole numbers, of which many are equally far apart.
    fn lattice(rows: usize, dim: usize, seed: usize) -> Self {
        let value = |i: usize| ((i * 37 + seed * 101 + i * i % 89) % 1009 % 3) as f32;
        Self::new((0..rows * dim).map(value).collect(), dim)
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.dim)
    }

    fn floats(&self) -> Vec<f32> {
        self.values.iter().map(|x| *x as f32).collect()
    }

    fn tensor(&self, device: &Device, dtype: DType) -> Tensor<2> {
        let shape = [self.values.len() / self.dim, self.dim];
        Tensor::from_data(TensorData::new(self.values.clone(), shape).convert_dtype(dtype), (device, dtype))
    }

    /// `f` of row `i`'s pairs, with their numbers.
    fn paired(&self, y: &Self, pairs: Pairs, f: impl Fn(&[f64], &[f64]) -> f64) -> Vec<Vec<(f64, usize)>> {
        let counts = |i: usize, j: usize| pairs == Pairs::All || i != j;
        let of = |(i, x): (usize, &[f64])| {
            let y = y.rows().enumerate().filter(|(j, _)| counts(i, *j));
            y.map(|(j, y)| (f(x, y), j)).collect()
        };
        self.rows().enumerate().map(of).collect()
    }
}

fn square(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum()
}

fn value(kernel: &Kernel, x: &[f64], y: &[f64]) -> f64 {
    let mean = |widths: &[f64], f: &dyn Fn(f64) -> f64| {
        widths.iter().map(|width| f(width * width)).sum::<f64>() / widths.len() as f64
    };
    let square = square(x, y);
    match kernel {
        Kernel::Gaussian(widths) => mean(widths, &|h2| (-square / (2.0 * h2)).exp()),
        Kernel::InverseMultiquadric(widths) => mean(widths, &|c2| c2 / (c2 + square)),
        Kernel::Polynomial => {
            let product: f64 = x.iter().zip(y).map(|(x, y)| x * y).sum();
            (product / x.len() as f64 + 1.0).powi(3)
        }
        Kernel::Distance => square.sqrt(),
    }
}

/// Whether each row's neighbours are as near as the nearest, in ascending order and none twice; where distances are `exact`, the very ones.
fn check_nearest(
    [x, y]: [&Set; 2],
    (k, pairs): (usize, Pairs),
    (distances, numbers): (&[f64], &[usize]),
    (limit, exact): (f64, bool),
    place: &str,
) {
    let all = x.paired(y, pairs, square);
    assert_eq!((distances.len(), numbers.len()), (all.len() * k, all.len() * k), "{place}");
    for (i, mut wanted) in all.into_iter().enumerate() {
        let of = |number: usize| wanted.iter().find(|pair| pair.1 == number).expect("a pair that counts").0;
        let (distances, numbers) = (&distances[i * k..][..k], &numbers[i * k..][..k]);
        let there: Vec<f64> = numbers.iter().map(|number| of(*number)).collect();
        wanted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for p in 0..k {
            let near = |found: f64| (found - wanted[p].0).abs() <= limit * wanted[p].0;
            assert!(near(distances[p]) && near(there[p]), "{place}: row {i}, {p}: {}", wanted[p].0);
            assert!(
                !exact || numbers[p] == wanted[p].1,
                "{place}: row {i}, {p}: {} of {wanted:?}",
                numbers[p]
            );
        }
        assert!(distances.is_sorted() && (1..k).all(|p| !numbers[..p].contains(&numbers[p])), "{place}: {i}");
    }
}

fn read(x: impl Iterator<Item = TensorData>) -> Vec<Vec<f64>> {
    x.map(|data| data.iter::<f64>().collect()).collect()
}

fn found(x: Tensor<2>, y: Tensor<2>, k: usize, pairs: Pairs) -> (Vec<f64>, Vec<usize>) {
    let (distances, numbers) = nearest(x, y, k, pairs);
    let numbers = numbers.into_data().iter::<i64>().map(|number| number as usize).collect();
    (read(std::iter::once(distances.into_data())).remove(0), numbers)
}

#[test]
fn the_nearest_are_those_of_all_pairs() {
    for (place, device, dtype, limit) in kinds(1e-6, 1e-14) {
        for (i, (m, dim)) in SIZES.iter().flat_map(|m| SIZES.map(|dim| (*m, dim))).enumerate() {
            let n = SIZES[(i + i / 6) % 6];
            for k in [1, 3, 5, 32].into_iter().filter(|k| *k <= m) {
                let exact = i % 2 == 0;
                let of = if exact {
                    |rows, dim, seed| Set::lattice(rows, dim, seed as usize)
                } else {
                    Set::normal
                };
                let [x, y] = [of(n, dim, 1), of(m, dim, 2)];
                let (distances, numbers) =
                    found(x.tensor(&device, dtype), y.tensor(&device, dtype), k, Pairs::All);
                let place = format!("{place} {dtype:?}, {n} x {m} of {dim}, k = {k}");
                check_nearest([&x, &y], (k, Pairs::All), (&distances, &numbers), (limit, exact), &place);
            }
        }
    }
}

#[test]
fn a_set_with_itself_leaves_each_row_out() {
    for (place, device, dtype, limit) in kinds(1e-6, 1e-14) {
        for (rows, dim, k) in [(2, 3, 1), (33, 2, 3), (130, 5, 5), (100, 17, 32)] {
            for exact in [false, true] {
                let x = if exact { Set::lattice(rows, dim, 5) } else { Set::normal(rows, dim, 5) };
                let tensor = x.tensor(&device, dtype);
                let (distances, numbers) = found(tensor.clone(), tensor.clone(), k, Pairs::Distinct);
                let place = format!("{place} {dtype:?}, {rows} of {dim}, k = {k}");
                check_nearest([&x, &x], (k, Pairs::Distinct), (&distances, &numbers), (limit, exact), &place);
                let (_, first) = found(tensor.clone(), tensor, 1, Pairs::All);
                let twins = |i: usize| x.rows().position(|row| Some(row) == x.rows().nth(i));
                assert!((0..rows).all(|i| Some(first[i]) == twins(i)), "{place}: the first of its twins");
            }
        }
    }
}

/// Where single precision has a thousandth between numbers, differences are still exact.
#[test]
fn rows_far_from_the_origin_keep_their_digits() {
    let shifted = |rows, seed| {
        let near = Set::normal(rows, 5, seed).values.into_iter();
        Set::new(near.map(|x| 10_000.0 + (x * 64.0).round() as f32 / 512.0).collect(), 5)
    };
    let [x, y] = [shifted(40, 1), shifted(70, 2)];
    for (place, device) in devices() {
        let of = |set: &Set| set.tensor(&device, DType::F32);
        let (distances, numbers) = found(of(&x), of(&y), 3, Pairs::All);
        check_nearest([&x, &y], (3, Pairs::All), (&distances, &numbers), (1e-6, false), place);
        for kernel in kernels().into_iter().filter(|kernel| *kernel != Kernel::Polynomial) {
            check_means([&x, &y], &kernel, (&device, DType::F32), Pairs::All, 1e-6);
        }
    }
}

fn check_means(
    [x, y]: [&Set; 2],
    kernel: &Kernel,
    (device, dtype): (&Device, DType),
    pairs: Pairs,
    limit: f64,
) {
    let all = x.paired(y, pairs, |x, y| value(kernel, x, y));
    let mean = |pairs: Vec<(f64, usize)>| pairs.iter().map(|pair| pair.0).sum::<f64>() / pairs.len() as f64;
    let wanted: Vec<f64> = all.into_iter().map(mean).collect();
    let means = kernel_mean(x.tensor(device, dtype), y.tensor(device, dtype), kernel.clone(), pairs);
    let far = far(&read(std::iter::once(means.into_data()))[0], &wanted);
    let sizes = [x.values.len() / x.dim, y.values.len() / y.dim, x.dim];
    assert!(far < limit, "{kernel:?} of {sizes:?}, {pairs:?}, {dtype:?} on {device:?}: {far}");
}

#[test]
fn means_are_those_of_all_pairs() {
    for (_, device, dtype, limit) in kinds(2e-6, 1e-14) {
        for (i, (m, dim)) in SIZES.iter().flat_map(|m| SIZES.map(|dim| (*m, dim))).enumerate() {
            let [x, y] = [Set::normal(SIZES[(i + i / 6) % 6], dim, 1), Set::normal(m, dim, 2)];
            for kernel in kernels() {
                check_means([&x, &y], &kernel, (&device, dtype), Pairs::All, limit);
                if m > 1 {
                    check_means([&x, &y], &kernel, (&device, dtype), Pairs::Distinct, limit);
                    check_means([&y, &y], &kernel, (&device, dtype), Pairs::Distinct, limit);
                }
            }
        }
    }
}

#[test]
fn long_sums_lose_no_digits() {
    let [x, y] = [Set::normal(3, 2, 1), Set::normal(60_000, 2, 2)];
    for (_, device) in devices() {
        for kernel in kernels() {
            check_means([&x, &y], &kernel, (&device, DType::F32), Pairs::All, 1e-6);
        }
    }
}

/// Any sizes at all.
#[test]
fn no_size_is_special() {
    for seed in 0..40 {
        let draw = |i: u32, most: u32| {
            (crate::normals::philox4x32_10([seed, i, 0, 0], [1, 2])[0] % most + 1) as usize
        };
        let (n, m, dim) = (draw(0, 150), draw(1, 150), draw(2, 40));
        let (k, pairs) = (draw(3, m.min(MOST) as u32), Pairs::All);
        let [x, y] = [Set::normal(n, dim, seed), Set::normal(m, dim, seed + 100)];
        let (distances, numbers) = host::nearest(&x.floats(), &y.floats(), dim, k, pairs);
        let distances: Vec<f64> = distances.into_iter().map(f64::from).collect();
        let numbers: Vec<usize> = numbers.into_iter().map(|number| number as usize).collect();
        let place = format!("{n} x {m} of {dim}, k = {k}");
        check_nearest([&x, &y], (k, pairs), (&distances, &numbers), (1e-6, false), &place);
        check_means([&x, &y], &kernels()[seed as usize % 4], (&Device::flex(), DType::F32), pairs, 1e-6);

        // Radii between the squares that occur, so that rounding decides nothing.
        let radii: Vec<f32> = (0..m).map(|j| (dim * (1 + j % 3)) as f32).collect();
        let inside =
            |row: Vec<(f64, usize)>| row.iter().filter(|(d2, j)| *d2 <= f64::from(radii[*j])).count();
        let wanted: Vec<usize> = x.paired(&y, pairs, square).into_iter().map(inside).collect();
        let counts = host::within(&x.floats(), &y.floats(), dim, &radii);
        assert!(counts.iter().zip(&wanted).all(|(a, b)| *a as usize == *b), "{place}");
    }
}

/// More than a graphics adapter does in a launch.
#[test]
fn what_takes_several_launches_is_found_as_well() {
    let (x, mut y) = (Set::normal(5, 40, 1), Set::normal(30_000, 40, 2));
    // Twins far from one another: the first counts.
    for row in [100, 29_999] {
        y.values[row * 40..][..40].copy_from_slice(&x.values[..40]);
    }
    for (place, device) in devices() {
        let of = |set: &Set| set.tensor(&device, DType::F32);
        let (distances, numbers) = found(of(&x), of(&y), 3, Pairs::All);
        check_nearest([&x, &y], (3, Pairs::All), (&distances, &numbers), (1e-6, false), place);
        assert_eq!(numbers[..2], [100, 29_999], "{place}");
        check_means([&x, &y], &kernels()[1], (&device, DType::F32), Pairs::Distinct, 1e-6);
    }
}

/// However many threads share the work.
#[test]
fn many_rows_are_shared_and_none_is_missed() {
    let [x, y] = [Set::normal(700, 3, 1), Set::normal(2000, 3, 2)];
    for (place, device) in devices() {
        let of = |set: &Set| set.tensor(&device, DType::F32);
        let (distances, numbers) = found(of(&x), of(&y), 3, Pairs::Distinct);
        check_nearest([&x, &y], (3, Pairs::Distinct), (&distances, &numbers), (1e-6, false), place);
        check_means([&x, &y], &kernels()[0], (&device, DType::F32), Pairs::Distinct, 1e-6);
    }
    let all = host::within(&x.floats(), &y.floats(), 3, &[f32::MAX; 2000]);
    assert_eq!(all, [2000; 700]);
}

#[test]
fn views_are_paired_as_they_read() {
    for (place, device, dtype, limit) in kinds(1e-6, 1e-14) {
        let [x, y] = [Set::normal(7, 33, 1), Set::normal(9, 50, 2)];
        // The transpose, and a part of other rows.
        let turned = x.tensor(&device, dtype).transpose();
        let part = y.tensor(&device, dtype).transpose().narrow(1, 1, 7).narrow(0, 3, 40);
        let sets = [turned.clone(), part.clone()]
            .map(|x| Set { values: read(std::iter::once(x.clone().into_data())).remove(0), dim: 7 });
        let (distances, numbers) = found(turned.clone(), part.clone(), 5, Pairs::All);
        let [x, y] = &sets;
        check_nearest([x, y], (5, Pairs::All), (&distances, &numbers), (limit, false), place);
        let means = kernel_mean(turned.clone(), part.clone(), Kernel::Distance, Pairs::All);
        let copies = [x, y].map(|set| set.tensor(&device, dtype));
        let [a, b] = copies;
        let same = kernel_mean(a, b, Kernel::Distance, Pairs::All);
        assert_eq!(means.into_data(), same.into_data(), "{place}");
    }
}

#[test]
fn of_no_rows_nothing_is_found() {
    for (place, device, dtype, _) in kinds(0.0, 0.0) {
        let of = |rows| Tensor::<2>::zeros([rows, 3], (&device, dtype));
        let (distances, numbers) = nearest(of(0), of(4), 2, Pairs::All);
        assert_eq!((distances.dims(), numbers.dims()), ([0, 2], [0, 2]), "{place}");
        assert_eq!(distances.into_data().iter::<f64>().count(), 0, "{place}");
        assert_eq!(kernel_mean(of(0), of(4), Kernel::Distance, Pairs::All).dims(), [0], "{place}");
        assert_eq!(quantise(of(0), of(4)).0.dims(), [0, 3], "{place}");
    }
    assert!(host::kernel_mean(&[], &[], 2, &Kernel::Distance, Pairs::All).is_empty());
}

#[test]
fn what_is_no_number_is_near_to_nothing() {
    for (place, device) in devices() {
        let x = Tensor::<2>::from_data([[f32::NAN, 0.0], [0.0, 0.0]], &device);
        let y = Tensor::<2>::from_data([[5.0, 0.0], [f32::NAN, 1.0], [1.0, 0.0]], &device);
        let (distances, numbers) = found(x, y, 2, Pairs::All);
        assert_eq!(numbers, [0, 0, 2, 0], "{place}");
        assert_eq!(distances, [f64::from(FAR), f64::from(FAR), 1.0, 25.0], "{place}");
    }
}

#[test]
fn a_quantised_row_is_a_code_and_passes_its_gradient_to_what_it_was() {
    for (place, device) in devices() {
        let device = device.autodiff();
        let of = |set: &Set| set.tensor(&device, DType::F32).require_grad();
        let sets = [Set::normal(50, 4, 1), Set::normal(9, 4, 2), Set::normal(50, 4, 3)];
        let [x, codes, weights] = sets.each_ref().map(of);
        let (quantised, numbers) = quantise(x.clone() * 2.0, codes.clone());
        let numbers: Vec<i64> = numbers.into_data().iter().collect();
        let gradients = (quantised.clone() * weights.clone().detach()).sum().backward();
        let bits = |x: Tensor<2>| x.into_data().iter::<f32>().collect::<Vec<_>>();
        let table = bits(codes.clone().detach());
        let wanted: Vec<f32> =
            numbers.iter().flat_map(|number| table[*number as usize * 4..][..4].to_vec()).collect();
        assert_eq!(bits(quantised.detach()), wanted, "{place}");
        let twice: Vec<f32> = sets[2].floats().iter().map(|w| 2.0 * w).collect();
        assert_eq!(bits(x.grad(&gradients).expect("a gradient")), twice, "{place}");
        assert!(codes.grad(&gradients).is_none_or(|none| bits(none).iter().all(|x| *x == 0.0)), "{place}");

        // Where nothing records gradients, and where what is found is asked for with gradients about.
        let inner = device.inner();
        let plain = quantise(sets[0].tensor(&inner, DType::F32) * 2.0, sets[1].tensor(&inner, DType::F32));
        assert_eq!(bits(plain.0), wanted, "{place}");
        let means = kernel_mean(x.clone(), codes.clone(), Kernel::Distance, Pairs::All);
        assert_eq!(means.into_data().iter::<f32>().count(), 50, "{place}");
    }
}

#[test]
#[should_panic(expected = "3 neighbours of 3 rows, of which 2 may be paired with a row")]
fn more_neighbours_than_rows_are_refused() {
    let x = Tensor::<2>::zeros([3, 2], &Device::flex());
    drop(nearest(x.clone(), x, 3, Pairs::Distinct));
}

#[test]
#[should_panic(expected = "the mean over 1 rows, of which 0 may be paired with a row")]
fn a_mean_of_nothing_is_refused() {
    drop(host::kernel_mean(&[1.0], &[1.0], 1, &Kernel::Distance, Pairs::Distinct));
}

#[test]
#[should_panic(expected = "rows of one width, not [2, 3]")]
fn rows_of_different_widths_are_refused() {
    let of = |width| Tensor::<2>::zeros([3, width], &Device::flex());
    drop(nearest(of(2), of(3), 1, Pairs::All));
}
