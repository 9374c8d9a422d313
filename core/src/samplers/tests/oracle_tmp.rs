//! Temporary.
use super::*;
use crate::schedules::Schedule;
use serde_json::{Value, json};

struct Recorded(Vec<Vec<f64>>, bool);
fn rows(v: &[f64]) -> Tensor<2> {
    Tensor::from_data(TensorData::new(v.to_vec(), [1, v.len()]), (&Device::flex(), DType::F64))
}
impl NoiseSource for Recorded {
    fn normal(&self, step: u32, _draw: u32) -> Tensor<2> { rows(&self.0[step as usize]) }
    fn brownian(&self, _: f64, _: f64) -> Tensor<2> { panic!() }
}
fn list(v: &Value) -> Vec<f64> { v.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect() }
fn d(x: Tensor<2>, s: f64) -> Tensor<2> { (x - 0.3) * (0.25 / (0.25 + s * s)) + 0.3 }

struct Table(Vec<f64>);
impl Schedule for Table {
    fn alpha(&self, t: f64) -> f64 { self.0[if t < 0.0 { 0 } else { t.round() as usize }].sqrt() }
    fn sigma(&self, t: f64) -> f64 { (1.0 - self.0[if t < 0.0 { 0 } else { t.round() as usize }]).sqrt() }
    fn d_alpha(&self, _: f64) -> f64 { 0.0 }
    fn d_sigma(&self, _: f64) -> f64 { 0.0 }
    fn time(&self, r: f64) -> f64 { r }
}
fn check(name: &str, case: &Value, sampler: Value, levels: &[Level], schedule: &dyn Schedule, x: &[f64], noise: &Recorded) {
    let sampler: SamplerConfig = crate::config::typed(sampler).unwrap();
    let y = walk(&sampler, &Walk::new(&d, schedule, levels, noise), rows(x)).unwrap();
    let y = y.into_data().into_vec::<f64>().unwrap();
    let f = list(&case["final"]);
    let worst = y.iter().zip(&f).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("{name} n={} {}: {worst:.2e} of {:.3}", case["n"], case["kwargs"], f[0]);
}
#[test]
fn oracle_tmp() {
    let edm = ScheduleConfig::named("edm").unwrap();
    let k: Value = serde_json::from_str(&std::fs::read_to_string("/work/shared/oracles/kdiffusion.json").unwrap()).unwrap();
    let noise = Recorded(k["meta"]["noise"].as_array().unwrap().iter().map(list).collect(), true);
    for c in k["cases"].as_array().unwrap() {
        let kw = &c["kwargs"];
        let s = match c["sampler"].as_str().unwrap() {
            "sample_dpm_2" => json!("dpm2"),
            "sample_heun" if kw["s_churn"].is_null() => json!("heun"),
            "sample_euler" if kw["s_churn"].is_null() => json!("euler"),
            "sample_lms" => json!({"kind":"lms","order":4}),
            "sample_euler_ancestral" => json!("euler_ancestral"),
            "sample_dpm_2_ancestral" => json!("dpm2_ancestral"),
            "sample_heun" => json!("edm_stochastic"),
            "sample_euler" => json!({"kind":"edm_stochastic","method":"euler"}),
            _ => continue,
        };
        let levels: Vec<Level> = list(&c["sigmas"]).into_iter().map(|s| Level { t: s, alpha: 1.0, sigma: s }).collect();
        check(c["sampler"].as_str().unwrap(), c, s, &levels, &*edm, &list(&c["x_init"]), &noise);
    }
    let k: Value = serde_json::from_str(&std::fs::read_to_string("/work/shared/oracles/diffusers.json").unwrap()).unwrap();
    let noise = Recorded(k["meta"]["noise"].as_array().unwrap().iter().map(list).collect(), true);
    let x0 = list(&k["meta"]["x0"]);
    let start = |s: f64| -> Vec<f64> { x0.iter().map(|x| x * (0.25 + s * s).sqrt() + 0.3).collect() };
    let mut ac = Vec::new();
    let mut p = 1.0_f32;
    for i in 0..1000 { let b = 1e-4_f32 + (0.02_f32 - 1e-4) / 999.0 * i as f32; p *= 1.0 - b; ac.push(f64::from(p)); }
    let table = Table(ac.clone());
    for c in k["cases"].as_array().unwrap() {
        let name = c["scheduler"].as_str().unwrap();
        let s = match name {
            "KDPM2DiscreteScheduler" => json!("dpm2"),
            "KDPM2AncestralDiscreteScheduler" => json!("dpm2_ancestral"),
            "LMSDiscreteScheduler" => json!({"kind":"lms","order":4}),
            "EulerAncestralDiscreteScheduler" => json!("euler_ancestral"),
            "DDPMScheduler" => json!({"kind":"ddpm","variance": if c["kwargs"]["variance_type"] == "fixed_small" {"small"} else {"large"}}),
            "PNDMScheduler" => json!({"kind":"pndm","warmup": if c["kwargs"]["skip_prk_steps"] == true {"linear"} else {"runge_kutta"}}),
            "IPNDMScheduler" => json!("ipndm"),
            _ => continue,
        };
        let n = c["n"].as_u64().unwrap() as usize;
        if !c["sigmas"].is_null() {
            let mut sig = list(&c["sigmas"]); sig.dedup();
            let levels: Vec<Level> = sig.iter().map(|s| Level { t: *s, alpha: 1.0, sigma: *s }).collect();
            check(name, c, s, &levels, &*edm, &start(sig[0]), &noise);
        } else if name == "IPNDMScheduler" {
            let sig: Vec<f64> = ac.iter().map(|a| ((1.0 - a) / a).sqrt()).collect();
            let times = list(&c["timesteps"]);
            let beta = |i: usize| (((n - i) as f64 / n as f64) * std::f64::consts::FRAC_PI_2).sin().powi(2);
            let levels: Vec<Level> = (0..=n).map(|i| Level { t: 0.0, alpha: (1.0 - beta(i).powi(2)).max(0.0).sqrt().max(1e-30), sigma: beta(i) }).collect();
            let interp = |t: f64| { let i = t.floor() as usize; let w = t - i as f64; ((1.0 - w) * sig[i].ln() + w * sig[i + 1].ln()).exp() };
            let den = |xbar: Tensor<2>, r: f64| {
                let i = levels.iter().position(|l| l.ratio() == r).unwrap();
                let (a, s) = (levels[i].alpha, levels[i].sigma);
                let x = xbar * a;
                let sg = interp(times[i]);
                let xv = x.clone() * (1.0 + sg * sg).sqrt();
                let m = (xv.clone() - d(xv, sg)) / sg;
                x * a - m * s
            };
            let st = interp(times[0]);
            let x: Vec<f64> = start(st).iter().map(|x| x / (1.0 + st * st).sqrt()).collect();
            let y = walk(&SamplerConfig::named("ipndm").unwrap(), &Walk::new(&den, &*edm, &levels, &noise), rows(&x)).unwrap();
            let y = y.into_data().into_vec::<f64>().unwrap();
            let f = list(&c["final"]);
            let worst = y.iter().zip(&f).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            println!("{name} n={n}: {worst:.2e} of {:.3}", f[0]);
        } else {
            let mut levels: Vec<Level> = (0..n).map(|i| Level::at(&table, ((n - 1 - i) * 1000 / n) as f64)).collect();
            levels.push(if name == "DDPMScheduler" { Level { t: -1.0, alpha: 1.0, sigma: 0.0 } } else { Level::at(&table, -1.0) });
            let r = levels[0].ratio();
            let a = 1.0 / (1.0 + r * r).sqrt();
            let x: Vec<f64> = start(r).iter().map(|x| x * a).collect();
            check(name, c, s, &levels, &table, &x, &noise);
        }
    }
}
