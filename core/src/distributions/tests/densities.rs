//! Densities, distribution functions, moments and entropies against numbers of scipy 1.17:
//!
//! ```text
//! import scipy.stats as st
//! for d, x in [(st.norm(.3, 1.7), x), (st.laplace(.3, 1.7), x), (st.logistic(.3, 1.7), x), (st.uniform(-2, 5), x), (st.t(4.5, .3, 1.7), x),
//!              (st.truncnorm(-2, 2.75, -.4, .8), [-1.5, .2, 1.5]), (st.truncnorm(4, 6), [4.1, 4.5, 5.5]),
//!              (st.gamma(2.3, scale=1/1.6), [.1, 1.2, 4]), (st.gamma(.3, scale=1/1.6), [.1, 1.2, 4]),
//!              (st.beta(2.3, .8), [.1, .5, .9]), (st.lognorm(.6, scale=np.exp(.3)), [.3, 1, 2.5])]:   # x = [-1.5, .2, 2]
//!     print(d.logpdf(x), d.cdf(x), d.mean(), d.var(), d.entropy())
//! ```

use super::*;

/// Points, logarithms of densities and probabilities there; mean, variance, entropy.
type Golden = ([f64; 3], [f64; 3], [f64; 3], [f64; 3]);

const X: [f64; 3] = [-1.5, 0.2, 2.0];

const GOLDEN: [Golden; 11] = [
    (
        X,
        [-2.010_120_417, -1.451_296_888, -1.949_566_784],
        [0.144_840_077_9, 0.476_546_333_6, 0.841_344_746_1],
        [0.3, 2.89, 1.949_566_784],
    ),
    (
        X,
        [-2.282_598_961, -1.282_598_961, -2.223_775_432],
        [0.173_431_822_6, 0.471_436_571_9, 0.816_060_279_4],
        [0.3, 5.78, 2.223_775_432],
    ),
    (
        X,
        [-2.185_009_108, -1.917_787_539, -2.157_151_626],
        [0.257_534_343_9, 0.485_298_356_6, 0.731_058_578_6],
        [0.3, 9.507_718_906, 2.530_628_251],
    ),
    (
        X,
        [-1.609_437_912, -1.609_437_912, -1.609_437_912],
        [0.1, 0.44, 0.8],
        [0.5, 2.083_333_333, 1.609_437_912],
    ),
    (
        X,
        [-2.116_429_933, -1.506_802_699, -2.056_533_353],
        [0.171_586_187, 0.477_807_003_9, 0.815_997_458_1],
        [0.3, 5.202, 2.182_163_976],
    ),
    (
        [-1.5, 0.2, 1.5],
        [-1.615_040_783, -0.950_978_283_1, -3.490_040_783],
        [0.063_448_103_45, 0.770_446_010_8, 0.994_052_253_2],
        [-0.363_133_505_8, 0.551_279_967_8, 1.101_477_585],
    ),
    (
        [4.1, 4.5, 5.5],
        [1.036_194_105, -0.683_805_895_3, -5.683_805_895],
        [0.347_762_745_7, 0.892_748_368_8, 0.999_431_549_4],
        [4.225_546_932, 0.046_557_157_84, -0.490_292_089_3],
    ),
    (
        [0.1, 1.2, 4.0],
        [-2.226_541_729, -0.756_163_083_9, -3.670_998_438],
        [0.004_927_529_949, 0.483_539_291_1, 0.980_723_93],
        [1.4375, 0.898_437_5, 1.204_133_981],
    ),
    (
        [0.1, 1.2, 4.0],
        [0.497_012_659_1, -3.002_421_996, -8.325_202_959],
        [0.620_300_057_7, 0.975_620_981_2, 0.999_861_923_5],
        [0.1875, 0.117_187_5, -1.525_972_59],
    ),
    (
        [0.1, 0.5, 0.9],
        [-2.491_162_568, -0.281_335_948_7, 0.804_674_298_2],
        [0.003_577_065_363, 0.156_136_402_2, 0.697_813_544_5],
        [0.741_935_483_9, 0.046_699_322_35, -0.396_500_418_4],
    ),
    (
        [0.3, 1.0, 2.5],
        [-2.345_715_378, -0.533_112_909_4, -1.851_923_455],
        [0.006_094_560_636, 0.308_537_538_7, 0.847_825_368_2],
        [f64::NAN; 3],
    ),
];

#[test]
fn families_are_those_of_scipy() {
    for ((name, family), (x, log_prob, cdf, moments)) in families().iter().zip(GOLDEN) {
        let x = matrix(x.map(|x| [x]));
        let near = |what: &str, found: Vec<f64>, wanted: &[f64]| {
            for (found, wanted) in found.iter().zip(wanted) {
                let error = (found - wanted).abs() / wanted.abs().max(1.0);
                assert!(error < 1e-8, "{what} of {name}: {found}, not {wanted}");
            }
        };
        near("ln p", numbers(family.log_prob(x.clone())), &log_prob);
        near("cdf", numbers(family.cdf(x.clone()).expect("it has one")), &cdf);
        let told = [family.mean(), family.variance(), family.entropy()];
        for (found, wanted) in told.into_iter().zip(moments) {
            if let Some(found) = found {
                near("a moment", numbers(found), &[wanted]);
            }
        }
        if let Some(back) = family.quantile(row([0.1, 0.5, 0.93]).transpose()) {
            near("quantile", numbers(family.cdf(back).expect("it has one")), &[0.1, 0.5, 0.93]);
        }
    }
}

/// In single precision: the functions of the tail of a normal, of a gamma and of a beta variable are the hardest.
#[test]
fn single_precision_keeps_six_digits() {
    let n = |x: f64| row([x]).cast(DType::F32);
    let families: [(usize, Box<dyn Distribution>); 4] = [
        (4, Box::new(StudentT::new(n(4.5), n(0.3), n(1.7)))),
        (5, Box::new(TruncatedNormal::new(n(-0.4), n(0.8), n(-2.0), n(1.8)))),
        (7, Box::new(Gamma::new(n(2.3), n(1.6)))),
        (9, Box::new(Beta::new(n(2.3), n(0.8)))),
    ];
    for (at, family) in families {
        let (x, log_prob, cdf, _) = GOLDEN[at];
        let x = matrix(x.map(|x| [x])).cast(DType::F32);
        let found = numbers(family.log_prob(x.clone())).into_iter().zip(log_prob);
        let shares = numbers(family.cdf(x).expect("it has one")).into_iter().zip(cdf);
        for (found, wanted) in found.chain(shares) {
            assert!((found - wanted).abs() / wanted.abs().max(1.0) < 2e-6, "{at}: {found}, not {wanted}");
        }
    }
}

/// `st.vonmises(2.5, .7).logpdf([-1.5, .2, 2])` and its entropy.
#[test]
fn angles_are_those_of_scipy() {
    let family = VonMises::new(row([0.7]), row([2.5]));
    let found = numbers(family.log_prob(matrix(X.map(|x| [x]))));
    for (found, wanted) in found.iter().zip([-4.499_968_531, -0.834_759_332_9, -2.359_968_666]) {
        assert!((found - wanted).abs() < 1e-8, "{found} {wanted}");
    }
    assert!((numbers(family.entropy().expect("it has one"))[0] - 1.116_223_869).abs() < 1e-8);
}

/// `np.log(sum(w * st.norm.pdf(x, m, s) for w, m, s in [(.2, -1, .5), (.5, .3, 1), (.3, 2, .2)]))`.
#[test]
fn mixtures_are_sums() {
    let normals = [(-1.0, 0.5), (0.3, 1.0), (2.0, 0.2)].map(|(m, s)| Normal::new(row([m]), row([s])));
    let family = Mixture::new(row([0.2, 0.5, 0.3]).log() + 1.0, normals.to_vec());
    let found = numbers(family.log_prob(matrix(X.map(|x| [x]))));
    for (found, wanted) in found.iter().zip([-1.993_165_729, -1.572_941_648, -0.437_826_182_2]) {
        assert!((found - wanted).abs() < 1e-8, "{found} {wanted}");
    }
}

#[test]
fn all_rows_have_their_density_by_all_normals() {
    let x = matrix([[0.3, -1.0], [2.0, 0.5], [-0.7, 0.1]]);
    let (mean, log_variance) = (matrix([[0.1, 0.2], [-1.0, 3.0]]), matrix([[-0.4, 0.9], [1.3, 0.0]]));
    let found = log_normal_pairs(x.clone(), mean.clone(), log_variance.clone());
    assert_eq!(found.dims(), [3, 2, 2]);
    for j in 0..2 {
        let [mean, log_variance] = [&mean, &log_variance].map(|of| of.clone().narrow(0, j, 1));
        let wanted = numbers(Normal::by_log_variance(mean, log_variance).log_prob(x.clone()));
        for (found, wanted) in numbers(found.clone().narrow(1, j, 1).reshape([3, 2])).iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        }
    }
}

/// `lo, hi = st.logistic.cdf(x - h, m, s), st.logistic.cdf(x + h, m, s); np.log(.4 (hi - lo)[0] + .6 (hi - lo)[1])`, `lo = 0` and `hi = 1` at the
/// ends, with `h = 1/255`, `m = [-.9, .2]`, `s = [.02, .3]`.
#[test]
fn bytes_have_the_probability_of_their_bins_and_all_of_it() {
    let parameters = |dtype: DType| {
        let of = |values: [f64; 2]| row(values).cast(dtype).unsqueeze_dim::<3>(0);
        let [logits, means, scales] = [[0.4, 0.6], [-0.9, 0.2], [0.02, 0.3]].map(of);
        DiscretisedLogistics::new(logits.log(), means, scales.log(), 256)
    };
    let x = matrix([[-1.0], [-127.0 / 255.0], [1.0], [202.0 / 255.0 - 1.0]]);
    let found = numbers(parameters(DType::F64).log_prob(x));
    for (found, wanted) in found.iter().zip([-4.255_676_892, -6.668_017_958, -3.232_450_651, -5.971_575_291])
    {
        assert!((found - wanted).abs() < 1e-8, "{found} {wanted}");
    }
    let all = Tensor::<1, Int>::arange(0..256, &Device::flex()).float() * (2.0 / 255.0) - 1.0;
    let of = |values: [f32; 2]| Tensor::<1>::from_floats(values, &Device::flex()).reshape([1, 1, 2]);
    // Far away from the data, and too sharp for any bin but one: the logarithms stay finite, and the whole is 1.
    for (means, log_scales) in
        [([-0.9, 0.2], [-4.0, -1.0]), ([-5.0, 3.0], [-3.0, 2.0]), ([0.0, 0.5], [-9.0, -7.0])]
    {
        let family = DiscretisedLogistics::new(of([0.3, -0.3]), of(means), of(log_scales), 256);
        let logs = family.log_prob(all.clone().unsqueeze_dim(1));
        let whole: f64 = numbers(logs.clone().exp()).iter().sum();
        assert!((whole - 1.0).abs() < 1e-5, "{whole}");
        assert!(numbers(logs).iter().all(|log| log.is_finite()));
    }
}

#[test]
fn classes_have_their_probabilities() {
    let logits = row([0.2, 0.5, 0.3]).log().unsqueeze_dim::<3>(0) + 2.0;
    let family = Categorical::new(logits);
    let found = numbers(family.log_prob(matrix([[2.0], [0.0]])).exp());
    assert!((found[0] - 0.3).abs() < 1e-12 && (found[1] - 0.2).abs() < 1e-12, "{found:?}");
    assert!((numbers(family.entropy().expect("it has one"))[0] - 1.029_653_014).abs() < 1e-8);
    let events = Bernoulli::new(row([0.3, 0.6]).log() - (-row([0.3, 0.6]) + 1.0).log());
    let found = numbers(events.log_prob(matrix([[1.0, 0.0]])).exp());
    assert!((found[0] - 0.3).abs() < 1e-12 && (found[1] - 0.4).abs() < 1e-12, "{found:?}");
    let entropy = numbers(events.entropy().expect("it has one"))[0];
    assert!((entropy + 0.3 * 0.3_f64.ln() + 0.7 * 0.7_f64.ln()).abs() < 1e-12);
}

/// `gammaln(3) + 2 np.log(t) + sum(l - (t + 1) np.log(x)) - 3 logsumexp(l - t np.log(x))`.
#[test]
fn relaxed_classes_have_their_density() {
    let family = RelaxedOneHot::new(row([0.2, -0.5, 1.0]), 0.7);
    let found = numbers(family.log_prob(row([0.2, 0.3, 0.5])))[0];
    assert!((found + 0.142_141_614_062_676_78).abs() < 1e-12, "{found}");
}
