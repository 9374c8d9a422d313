//! Against numbers of scipy 1.17:
//!
//! ```text
//! import numpy as np, scipy.special as s
//! s.gammaln(x), s.digamma(x), s.gammainc(a, z), s.betaln(a, b), s.betainc(a, b, x), np.log(s.ive(0, k)) + k, s.ive(1, k)/s.ive(0, k),
//! s.log_ndtr(y), s.ndtr(y), s.ndtri(q), s.erfinv(e)
//! ```

use burn::prelude::*;
use burn::tensor::DType;

use super::*;

fn tensor(values: &[f64], dtype: DType) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), (&Device::flex(), dtype))
}

fn numbers(x: Tensor<1>) -> Vec<f64> {
    x.cast(DType::F64).into_data().try_to_vec().expect("numbers")
}

/// How far what is found may lie from what is wanted, beside it or beside 1.
fn agrees(name: &str, wanted: &[f64], [single, double]: [f64; 2], f: impl Fn(DType) -> Tensor<1>) {
    for (dtype, tolerance) in [(DType::F32, single), (DType::F64, double)] {
        for (found, wanted) in numbers(f(dtype)).iter().zip(wanted) {
            let error = (found - wanted).abs() / wanted.abs().max(1.0);
            assert!(error < tolerance, "{name} in {dtype:?}: {found}, not {wanted}");
        }
    }
}

#[test]
fn the_gamma_function_and_its_kin_are_those_of_scipy() {
    let x = [1e-3, 0.3, 0.9, 1.0, 1.2, 2.0, 3.7, 7.9, 8.1, 40.0, 1e4];
    let log_gammas = [
        6.907_178_885_383_853,
        1.095_797_994_818_075_6,
        0.066_376_239_734_743_27,
        0.0,
        -0.085_374_090_003_315_85,
        0.0,
        1.428_072_326_665_388,
        8.324_265_868_008_81,
        8.727_388_263_432_04,
        106.631_760_260_643_45,
        82_099.717_496_442_38,
    ];
    agrees("ln Γ", &log_gammas, [1e-6, 1e-14], |dtype| log_gamma(tensor(&x, dtype)));
    let digammas = [
        -1_000.575_571_931_810_3,
        -3.502_524_222_200_133,
        -0.754_926_949_947_051_6,
        -0.577_215_664_901_532_9,
        -0.289_039_896_592_188_4,
        0.422_784_335_098_467_13,
        1.167_153_539_361_511_3,
        2.002_238_487_563_571,
        2.028_867_457_080_582,
        3.676_327_374_034_843,
        9.210_290_371_142_85,
    ];
    agrees("ψ", &digammas, [1e-6, 1e-14], |dtype| digamma(tensor(&x, dtype)));
    let a = [0.1, 0.5, 1.0, 2.5, 9.0, 9.0, 50.0, 100.0, 300.0];
    let z = [1e-3, 2.0, 0.2, 6.0, 4.0, 12.0, 55.0, 90.0, 310.0];
    let shares = [
        0.526_768_568_392_445,
        0.954_499_736_103_641_5,
        0.181_269_246_922_018_15,
        0.965_212_219_493_758_1,
        0.021_363_434_487_984_143,
        0.844_972_218_232_537,
        0.767_795_219_499_143_6,
        0.158_220_989_186_430_07,
        0.722_488_754_171_861_1,
    ];
    agrees("P", &shares, [2e-6, 1e-11], |dtype| gamma_cdf(tensor(&a, dtype), tensor(&z, dtype)));
}

/// The derivative of `ln Γ` is `ψ`, on both sides of where the series meet.
#[test]
fn gradients_pass() {
    let device = Device::flex().autodiff();
    let values = vec![0.05, 0.7, 1.0, 2.4, 2.6, 7.9, 8.1, 90.0];
    let x = Tensor::<1>::from_data(TensorData::new(values, [8]), (&device, DType::F64)).require_grad();
    let slope = x.grad(&log_gamma(x.clone()).sum().backward()).expect("a gradient");
    let error = (slope - digamma(x.clone().inner())).abs().max();
    assert!(error.into_scalar::<f64>() < 1e-11);
    let slope = x.grad(&log_bessel_i0(x.clone()).sum().backward()).expect("a gradient");
    assert!((slope - bessel_ratio(x.inner())).abs().max().into_scalar::<f64>() < 1e-11);
}

#[test]
fn the_beta_function_is_that_of_scipy() {
    let (a, b) = ([0.3, 0.5, 2.0, 5.0, 30.0, 8.0], [0.4, 2.0, 0.7, 3.0, 20.0, 60.0]);
    let x = [0.01, 0.9, 0.4, 0.8, 0.55, 0.05];
    let logs = [
        1.631_608_565_988_192_7,
        0.287_682_072_451_780_85,
        -0.173_953_307_123_437_98,
        -4.653_960_350_157_523,
        -33.968_820_791_977_386,
        -24.677_943_891_439_323,
    ];
    agrees("ln B", &logs, [1e-6, 1e-14], |dtype| log_beta(tensor(&a, dtype), tensor(&b, dtype)));
    let shares = [
        0.164_015_085_677_747_53,
        0.996_117_462_953_039_4,
        0.104_808_716_269_530_32,
        0.851_968_000_000_000_1,
        0.232_888_606_786_569_3,
        0.018_386_047_795_716_5,
    ];
    agrees("I", &shares, [5e-6, 1e-11], |dtype| {
        beta_cdf(tensor(&a, dtype), tensor(&b, dtype), tensor(&x, dtype))
    });
}

#[test]
fn the_bessel_functions_are_those_of_scipy() {
    let k = [0.0, 0.01, 1.0, 7.0, 14.9, 15.1, 80.0, 1000.0];
    let logs = [
        0.0,
        2.499_984_375_160_108e-5,
        0.235_914_358_507_178_57,
        5.127_492_915_082_849,
        12.639_073_730_400_433,
        12.832_287_538_686_563,
        76.891_620_544_785_6,
        995.627_308_889_869_5,
    ];
    agrees("ln I₀", &logs, [1e-6, 1e-13], |dtype| log_bessel_i0(tensor(&k, dtype)));
    let ratios = [
        0.0,
        0.004_999_937_501_041_651,
        0.446_389_965_896_534_5,
        0.925_532_210_794_152_3,
        0.965_837_489_619_945_6,
        0.966_298_502_959_679_6,
        0.993_730_219_712_868_3,
        0.999_499_874_874_804_3,
    ];
    agrees("I₁/I₀", &ratios, [1e-6, 1e-13], |dtype| bessel_ratio(tensor(&k, dtype)));
}

#[test]
fn the_normal_distribution_function_keeps_its_digits_in_the_tails() {
    let y = [-30.0, -8.0, -3.0, -0.5, 0.0, 0.7, 2.0, 6.0];
    let logs = [
        -454.321_243_956_343_27,
        -35.013_437_159_914_56,
        -6.607_726_221_510_35,
        -1.175_911_761_593_618_8,
        -std::f64::consts::LN_2,
        -0.277_023_942_277_131_3,
        -0.023_012_909_328_963_476,
        -9.865_876_455_243_72e-10,
    ];
    agrees("ln Φ", &logs, [1e-6, 1e-13], |dtype| log_normal_cdf(tensor(&y, dtype)));
    // Beside their own size: a tail is not lost in the 1 that is the whole.
    let tails = numbers(log_normal_cdf(tensor(&[-8.0, 6.0], DType::F32)).exp());
    assert!((tails[0] / 6.220_960_574_271_74e-16 - 1.0).abs() < 5e-6, "{tails:?}");
    let q = [1e-30, 1e-6, 0.01, 0.2, 0.5, 0.6, 0.95, 0.9999];
    let quantiles = [
        -11.464_024_688_443_613,
        -4.753_424_308_822_899,
        -2.326_347_874_040_840_8,
        -0.841_621_233_572_914_2,
        0.0,
        0.253_347_103_135_799_7,
        1.644_853_626_951_472_2,
        3.719_016_485_455_709,
    ];
    // 0.9999 in single precision is rounded by 5e-8, of which the density there, 4e-4, makes 1e-4.
    agrees("Φ⁻¹", &quantiles[..7], [1e-6, 1e-14], |dtype| normal_quantile(tensor(&q[..7], dtype)));
    agrees("Φ⁻¹", &quantiles[7..], [1e-4, 1e-12], |dtype| normal_quantile(tensor(&q[7..], dtype)));
    let e = [-0.999, -0.5, 1e-5, 0.2, 0.9];
    let inverses = [
        -2.326_753_765_513_524,
        -0.476_936_276_204_469_9,
        8.862_269_254_759_592e-6,
        0.179_143_454_621_291_7,
        1.163_087_153_676_674_3,
    ];
    agrees("erf⁻¹", &inverses, [2e-5, 1e-13], |dtype| erf_inverse(tensor(&e, dtype)));
}

#[test]
fn small_differences_keep_their_digits() {
    let x = [1e-6, 1e-3, 0.5, 20.0];
    let wanted: Vec<f64> = x.iter().map(|x| f64::exp_m1(-x) / -x).collect();
    agrees("(1 − e^−x)/x", &wanted, [1e-6, 1e-15], |dtype| {
        let x = tensor(&x, dtype);
        exp_m1(x.clone().neg()) / x.neg()
    });
    let wanted: Vec<f64> = x.iter().map(|x| (-f64::exp_m1(-x)).ln()).collect();
    agrees("ln(1 − e^−x)", &wanted, [1e-6, 1e-14], |dtype| log_1m_exp(tensor(&x, dtype)));
}
