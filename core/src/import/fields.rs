//! The fields of a scheduler's file: each is read once, and what nobody reads is refused or noted.

use serde_json::{Map, Value};

use crate::{Error, Result};

/// Fields of a file, and what was said about them.
pub(super) struct Fields<'a> {
    class: &'a str,
    map: &'a Map<String, Value>,
    read: Vec<&'static str>,
    /// What has no effect here, and why.
    pub(super) notes: Vec<String>,
    /// How the scheduler bounds data: `guiding.threshold`.
    pub(super) threshold: Option<Value>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(class: &'a str, map: &'a Map<String, Value>) -> Self {
        Self { class, map, read: Vec::new(), notes: Vec::new(), threshold: None }
    }

    /// The field's value, if it is there and not null.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.read.push(key);
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn on(&mut self, key: &'static str, default: Switch) -> Result<Switch> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::Bool(true)) => Ok(Switch::On),
            Some(Value::Bool(false)) => Ok(Switch::Off),
            Some(other) => Err(wanted(key, "true or false", other)),
        }
    }

    pub(super) fn number(&mut self, key: &'static str, default: f64) -> Result<f64> {
        self.perhaps(key).map(|number| number.unwrap_or(default))
    }

    pub(super) fn perhaps(&mut self, key: &'static str) -> Result<Option<f64>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_f64().map(Some).ok_or_else(|| wanted(key, "a number", value))
    }

    /// A bound; none where the file has `endless`, which is how Python writes that there is none.
    pub(super) fn bound(&mut self, key: &'static str, endless: &str) -> Result<Option<f64>> {
        if self.get(key).and_then(Value::as_str) == Some(endless) {
            return Ok(None);
        }
        self.perhaps(key)
    }

    pub(super) fn count(&mut self, key: &'static str, default: usize) -> Result<usize> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_u64().map(|count| count as usize).ok_or_else(|| wanted(key, "a whole number", value))
    }

    /// One of `names`; the first is the default.
    pub(super) fn name(&mut self, key: &'static str, names: &[&'static str]) -> Result<&'static str> {
        let Some(value) = self.get(key) else { return Ok(names[0]) };
        let found = names.iter().find(|name| value.as_str() == Some(name));
        found.copied().ok_or_else(|| wanted(key, &format!("one of {}", names.join(", ")), value))
    }

    /// Says that a field has no effect; silent where it is not there, or says nothing new.
    pub(super) fn idle(&mut self, key: &'static str, usual: &Value, why: &str) {
        if let Some(value) = self.get(key).filter(|value| !same(value, usual)) {
            self.notes.push(format!("{key}: {value} has no effect: {why}"));
        }
    }

    /// Refuses a field that has another value than the one that Kiln's walk stands for.
    pub(super) fn only(&mut self, key: &'static str, usual: &Value, why: &str) -> Result<()> {
        match self.get(key) {
            Some(value) if !same(value, usual) => {
                Err(Error::config(key, format!("{value} is refused: {why}")))
            }
            _ => Ok(()),
        }
    }

    /// Refuses what diffusers does not know, and notes what this class does not read.
    pub(super) fn finish(mut self) -> Result<Vec<String>> {
        let class = self.class;
        let left = self.map.keys().filter(|key| !key.starts_with('_'));
        let left: Vec<&String> = left.filter(|key| !self.read.contains(&key.as_str())).collect();
        for key in left {
            if !KNOWN.contains(&key.as_str()) {
                let near = crate::error::did_you_mean(key, KNOWN);
                let message = format!("no scheduler that can be imported has a field of this name{near}");
                return Err(Error::config(key.clone(), message));
            }
            if !self.map[key.as_str()].is_null() {
                self.notes.push(format!("{key}: has no effect: {class} does not read it"));
            }
        }
        Ok(self.notes)
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    On,
    Off,
}

impl Switch {
    pub(super) fn is_on(self) -> bool {
        self == Self::On
    }
}

/// Whether two values say the same: as numbers, 0 and 0.0 do.
fn same(value: &Value, usual: &Value) -> bool {
    match (value.as_f64(), usual.as_f64()) {
        (Some(value), Some(usual)) => value == usual,
        _ => value == usual,
    }
}

pub(super) fn wanted(key: &str, what: &str, value: &Value) -> Error {
    Error::config(key, format!("wanted {what}; this is {value}"))
}

/// Every field of every scheduler that is known here. Files carry those of other classes along.
const KNOWN: &[&str] = &[
    "algorithm_type",
    "base_image_seq_len",
    "base_shift",
    "beta_end",
    "beta_schedule",
    "beta_start",
    "clip_sample",
    "clip_sample_range",
    "corrector_order",
    "disable_corrector",
    "dynamic_thresholding_ratio",
    "eta",
    "euler_at_final",
    "final_sigmas_type",
    "flow_shift",
    "interpolation_type",
    "invert_sigmas",
    "lambda_min_clipped",
    "lower_order_final",
    "max_image_seq_len",
    "max_shift",
    "noise_sampler_seed",
    "num_train_timesteps",
    "order",
    "original_inference_steps",
    "predict_x0",
    "prediction_type",
    "predictor_order",
    "rescale_betas_zero_snr",
    "rho",
    "s_churn",
    "s_noise",
    "s_tmax",
    "s_tmin",
    "sample_max_value",
    "set_alpha_to_one",
    "shift",
    "shift_terminal",
    "sigma_data",
    "sigma_max",
    "sigma_min",
    "sigma_schedule",
    "skip_prk_steps",
    "solver_order",
    "solver_p",
    "solver_type",
    "steps_offset",
    "stochastic_sampling",
    "tau_func",
    "thresholding",
    "time_shift_type",
    "timestep_scaling",
    "timestep_spacing",
    "timestep_type",
    "trained_betas",
    "use_beta_sigmas",
    "use_clipped_model_output",
    "use_dynamic_shifting",
    "use_exponential_sigmas",
    "use_flow_sigmas",
    "use_karras_sigmas",
    "use_lu_lambdas",
    "variance_type",
];
