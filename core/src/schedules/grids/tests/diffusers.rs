//! Published tables: training steps, noise levels and shifted times as diffusers has them.

use serde_json::json;

use super::{GridConfig, Span, grid, near, ratios, schedule, span};
use crate::schedules::discrete::{BetaSchedule, Betas, Precision};

/// Numbers as Python prints them.
fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

/// Stable Diffusion's betas, as diffusers rounds them.
fn stable_diffusion() -> Betas {
    Betas {
        schedule: BetaSchedule::ScaledLinear,
        beta_start: 0.00085,
        beta_end: 0.012,
        precision: Precision::Single,
        ..Betas::default()
    }
}

/// diffusers 0.42.1: `s = DDIMScheduler(timestep_spacing=…, steps_offset=1); s.set_timesteps(7); s.timesteps`, likewise with
/// `EulerDiscreteScheduler` and `DPMSolverMultistepScheduler`.
#[test]
fn training_steps_are_those_of_diffusers() {
    for (spacing, rule, golden) in [
        ("leading", "ddim", [853.0, 711.0, 569.0, 427.0, 285.0, 143.0, 1.0]),
        ("leading", "euler", [853.0, 711.0, 569.0, 427.0, 285.0, 143.0, 1.0]),
        ("leading", "dpm_solver", [876.0, 751.0, 626.0, 501.0, 376.0, 251.0, 126.0]),
        ("trailing", "ddim", [999.0, 856.0, 713.0, 570.0, 428.0, 285.0, 142.0]),
        ("trailing", "euler", [999.0, 856.0, 713.0, 570.0, 428.0, 285.0, 142.0]),
        ("trailing", "dpm_solver", [999.0, 856.0, 713.0, 570.0, 428.0, 285.0, 142.0]),
        ("linspace", "ddim", [999.0, 832.0, 666.0, 500.0, 333.0, 166.0, 0.0]),
        ("linspace", "euler", [999.0, 832.5, 666.0, 499.5, 333.0, 166.5, 0.0]),
        ("linspace", "dpm_solver", [999.0, 856.0, 714.0, 571.0, 428.0, 285.0, 143.0]),
    ] {
        let offset = usize::from(spacing == "leading");
        let config = json!({ "kind": "discrete", "spacing": spacing, "rule": rule, "steps_offset": offset });
        let GridConfig::Discrete(discrete) = grid(config) else { panic!("a discrete grid") };
        assert_eq!(discrete.timesteps(7).expect("timesteps"), golden, "{spacing} {rule}");
    }
}

fn discrete(betas: &Betas, options: &serde_json::Value) -> GridConfig {
    let mut config = json!({ "kind": "discrete", "betas": betas });
    let options = options.as_object().expect("options").clone();
    config.as_object_mut().expect("a map").extend(options);
    grid(config)
}

/// diffusers 0.42.1, `beta_start=.00085, beta_end=.012, beta_schedule='scaled_linear'`, ten steps: `sigmas` of
/// `DPMSolverMultistepScheduler` with `use_karras_sigmas` and its kin, of `EulerDiscreteScheduler` with `timestep_spacing='leading',
/// steps_offset=1, use_karras_sigmas=True`, and with `final_sigmas_type='sigma_min'`.
#[test]
fn levels_of_training_steps_are_those_of_diffusers() {
    let table = stable_diffusion().table();
    let whole =
        |name: &str| discrete(&stable_diffusion(), &json!({ "rule": "dpm_solver", "respaced": name }));
    for (name, golden) in [
        (
            "karras",
            "14.614646911621094 9.102937698364258 5.478401184082031 3.1686110496520996 1.7494231462478638 \
             0.9140765070915222 0.44692090153694153 0.20139986276626587 0.08191105723381042 0.02916753478348255",
        ),
        (
            "exponential",
            "14.614646911621094 7.324882984161377 3.6712424755096436 1.8400323390960693 0.9222270250320435 \
             0.46222156286239624 0.23166616261005402 0.11611142754554749 0.05819522589445114 0.02916753478348255",
        ),
        (
            "beta",
            "14.614646911621094 13.927790641784668 12.490984916687012 10.597612380981445 8.442440032958984 \
             6.201374530792236 4.046202182769775 2.15282940864563 0.7160242795944214 0.02916753478348255",
        ),
        (
            "log_snr",
            "14.614646911621094 7.324883460998535 3.6712427139282227 1.8400323390960693 0.9222270250320435 \
             0.46222159266471863 0.23166616261005402 0.11611143499612808 0.05819522589445114 0.0291675366461277",
        ),
    ] {
        near(&ratios(&whole(name), 10, [0.002, 80.0]), &numbers(golden), 1e-6);
        near(&ratios(&GridConfig::named(name).expect("a grid"), 10, table.range()), &numbers(golden), 1e-6);
    }
    let leading = json!({ "rule": "euler", "spacing": "leading", "steps_offset": 1, "respaced": "karras" });
    let golden = "8.390686988830566 5.477698802947998 3.478407144546509 2.1403043270111084 1.2701091766357422 \
             0.7226703763008118 0.3913528323173523 0.19980022311210632 0.09496716409921646 0.04131447896361351";
    near(&ratios(&discrete(&stable_diffusion(), &leading), 10, [0.002, 80.0]), &numbers(golden), 1e-6);
    let linspace = json!({ "rule": "dpm_solver", "spacing": "linspace", "ending": "lowest" });
    let edm = schedule("edm");
    let levels = discrete(&stable_diffusion(), &linspace).levels(&span(10, &*edm)).expect("a grid");
    assert!((levels[10].sigma / 0.029_167_534 - 1.0).abs() < 1e-6);
}

/// diffusers 0.42.1: `DPMSolverMultistepScheduler(beta_schedule='squaredcos_cap_v2', lambda_min_clipped=-5.1)`, and
/// `EulerDiscreteScheduler()` with seven steps, two of them between training steps.
#[test]
fn clipped_and_fractional_training_steps_are_those_of_diffusers() {
    let cosine =
        Betas { schedule: BetaSchedule::SquaredcosCapV2, precision: Precision::Single, ..Betas::default() };
    let clipped = json!({ "rule": "dpm_solver", "spacing": "linspace", "lambda_min": -5.1 });
    let golden = "160.41366577148438 6.176133632659912 3.0547263622283936 1.9578906297683716 1.3816450834274292 \
             1.009238839149475 0.7354666590690613 0.518397867679596 0.33572447299957275 0.1710437536239624";
    near(&ratios(&discrete(&cosine, &clipped), 10, [0.002, 80.0]), &numbers(golden), 1e-6);
    let linear = Betas { precision: Precision::Single, ..Betas::default() };
    let golden = "157.4072723388672 33.66373062133789 9.488921165466309 3.4335522651672363 1.4623570442199707 \
             0.5856084823608398 0.010001329705119133";
    let levels = discrete(&linear, &json!({ "rule": "euler", "spacing": "linspace" }));
    near(&ratios(&levels, 7, [0.002, 80.0]), &numbers(golden), 1e-6);
}

/// diffusers 0.42.1: `FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, time_shift_type=…)` at 1,024 tokens (Flux's `mu` is
/// 0.63), and `shift=3.0`, each with `set_timesteps(sigmas=np.linspace(1, .1, 10))`.
#[test]
fn shifted_times_are_those_of_diffusers() {
    let frame = schedule("cond_ot");
    for (rule, golden) in [
        (
            "exponential",
            "1.0 0.9441293478012085 0.882497251033783 0.8141641020774841 0.7379740476608276 \
             0.652489423751831 0.5558990240097046 0.44588831067085266 0.31945133209228516 0.17261241376399994",
        ),
        (
            "linear",
            "1.0 0.8500748872756958 0.7159090638160706 0.5951417088508606 0.4858611822128296 \
             0.38650307059288025 0.2957746386528015 0.21259844303131104 0.13606910407543182 0.06542056053876877",
        ),
        (
            "constant",
            "1.0 0.964285671710968 0.9230769872665405 0.8749999403953552 0.8181818127632141 \
             0.75 0.6666666865348816 0.5625 0.4285714626312256 0.25",
        ),
    ] {
        let span = Span { range: [0.001, 1e9], features: 64 * 1024, ..span(10, &*frame) };
        let levels = grid(json!({ "kind": "shift", "rule": rule })).levels(&span).expect("a grid");
        let times: Vec<f64> = levels[..10].iter().map(|level| level.t).collect();
        near(&times, &numbers(golden), 1e-6);
    }
}
