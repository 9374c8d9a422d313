//! The families of models that the lab trains: each a configuration of the library.

use kiln::{Result, error};
use serde_json::{Value, json};

use super::Settings;

/// A family of models, as the lab offers it.
pub trait Family: Sync {
    /// By which links call it.
    fn name(&self) -> &'static str;

    /// In a menu.
    fn label(&self) -> &'static str;

    /// In plain words, with the formula.
    fn about(&self) -> &'static str;

    /// Whether its samples walk through noise levels, by a sampler, in steps.
    fn walks(&self) -> bool {
        true
    }

    /// What a point `y + σ n` is divided by to be shown at its noise level `σ`.
    fn shrink(&self, level: f64) -> f64 {
        (1.0 + level * level).sqrt()
    }

    /// The model's configuration.
    fn model(&self, settings: &Settings) -> Value;
}

/// All of them, in the order of the menu.
pub fn all() -> [&'static dyn Family; 7] {
    [&FlowMatching, &OptimalTransport, &Edm, &ScoreSde, &RealNvp, &NeuralSpline, &Vae]
}

/// The one of that name.
pub fn named(name: &str) -> Result<&'static dyn Family> {
    let names = all().map(Family::name);
    all()
        .into_iter()
        .find(|family| family.name() == name)
        .ok_or_else(|| error::unknown("family", name, &names))
}

/// A diffusion model in the plane.
fn diffusion(settings: &Settings, own: Value) -> Value {
    let mut model = json!({
        "kind": "diffusion",
        "sigma_data": 1.0,
        "label_dropout": 1.0,
        "network": { "kind": "mlp", "hidden": settings.hidden, "blocks": settings.depth, "features": 16 },
    });
    if let (Value::Object(model), Value::Object(own)) = (&mut model, own) {
        model.extend(own);
    }
    model
}

struct FlowMatching;

impl Family for FlowMatching {
    fn name(&self) -> &'static str {
        "flow_matching"
    }
    fn label(&self) -> &'static str {
        "Flow matching"
    }
    fn about(&self) -> &'static str {
        "Learns the velocity that carries noise to data along straight lines. Each line joins a random point of noise with a random point of data, x(t) = (1 - t) noise + t data, and the network learns the mean of data - noise. (Lipman et al. 2023)"
    }
    fn shrink(&self, level: f64) -> f64 {
        1.0 + level
    }
    fn model(&self, settings: &Settings) -> Value {
        let sampling = json!({ "sampler": "euler", "schedule": "cond_ot", "grid": "linear", "steps": 20 });
        let own = json!({ "prediction": "flow", "noise": "uniform", "range": [0.002, 500.0], "sampling": sampling });
        diffusion(settings, own)
    }
}

struct OptimalTransport;

impl Family for OptimalTransport {
    fn name(&self) -> &'static str {
        "ot_cfm"
    }
    fn label(&self) -> &'static str {
        "Flow matching, optimal transport"
    }
    fn about(&self) -> &'static str {
        "Flow matching whose lines do not cross: within each batch, noise is paired with data so that the squared distances are least in all. Few steps are enough then. (Tong et al. 2024)"
    }
    fn shrink(&self, level: f64) -> f64 {
        FlowMatching.shrink(level)
    }
    fn model(&self, settings: &Settings) -> Value {
        let mut model = FlowMatching.model(settings);
        model["coupling"] = json!("transport");
        model
    }
}

struct Edm;

impl Family for Edm {
    fn name(&self) -> &'static str {
        "edm"
    }
    fn label(&self) -> &'static str {
        "Diffusion (EDM)"
    }
    fn about(&self) -> &'static str {
        "Learns to take noise away: given x = data + sigma noise, the mean of the data, D(x; sigma). Walking from much noise to none follows dx/dsigma = (x - D)/sigma. (Karras et al. 2022)"
    }
    fn model(&self, settings: &Settings) -> Value {
        let sampling = json!({ "sampler": "heun", "schedule": "edm", "grid": "karras", "steps": 18 });
        let own = json!({ "prediction": "edm", "noise": "log_normal", "range": [0.01, 80.0], "sampling": sampling });
        diffusion(settings, own)
    }
}

struct ScoreSde;

impl Family for ScoreSde {
    fn name(&self) -> &'static str {
        "score_sde"
    }
    fn label(&self) -> &'static str {
        "Score-based SDE"
    }
    fn about(&self) -> &'static str {
        "Learns the noise in a sample, which is the score (the gradient of log p) times -sigma, along a variance-preserving path. The same score runs backwards as an SDE or as an ODE. (Song et al. 2021)"
    }
    fn model(&self, settings: &Settings) -> Value {
        let sampling = json!({ "sampler": "ddim", "schedule": "vp_linear", "grid": "linear", "steps": 30 });
        let own =
            json!({ "prediction": "epsilon", "noise": "vp", "range": [0.01, 150.0], "sampling": sampling });
        diffusion(settings, own)
    }
}

struct RealNvp;

impl Family for RealNvp {
    fn name(&self) -> &'static str {
        "realnvp"
    }
    fn label(&self) -> &'static str {
        "Normalizing flow (RealNVP)"
    }
    fn about(&self) -> &'static str {
        "A chain of invertible layers. Each scales and shifts one coordinate by what a network says of the other, so that log p(x) = log N(z) + log |det dz/dx| is exact. The time slider goes layer by layer. (Dinh et al. 2017)"
    }
    fn walks(&self) -> bool {
        false
    }
    fn shrink(&self, _: f64) -> f64 {
        1.0
    }
    fn model(&self, settings: &Settings) -> Value {
        let conditioner = json!({ "kind": "perceptron", "hidden": [settings.hidden, settings.hidden] });
        let transform = json!({ "kind": "coupling", "element": "affine", "conditioner": conditioner });
        json!({ "kind": "flow", "repeat": 2 + 2 * settings.depth, "transforms": [transform] })
    }
}

struct NeuralSpline;

impl Family for NeuralSpline {
    fn name(&self) -> &'static str {
        "nsf"
    }
    fn label(&self) -> &'static str {
        "Normalizing flow (neural splines)"
    }
    fn about(&self) -> &'static str {
        "A chain of invertible layers that bend each coordinate along a spline of rational quadratics, whose knots a network sets: exact log p(x), and sharper than RealNVP. (Durkan et al. 2019)"
    }
    fn walks(&self) -> bool {
        false
    }
    fn shrink(&self, _: f64) -> f64 {
        1.0
    }
    fn model(&self, settings: &Settings) -> Value {
        let conditioner = json!({ "kind": "perceptron", "hidden": [settings.hidden, settings.hidden] });
        let element = json!({ "kind": "spline", "bins": 8, "bound": 5 });
        let transform = json!({ "kind": "coupling", "element": element, "conditioner": conditioner });
        json!({ "kind": "flow", "repeat": 2 * settings.depth, "transforms": [transform] })
    }
}

struct Vae;

impl Family for Vae {
    fn name(&self) -> &'static str {
        "vae"
    }
    fn label(&self) -> &'static str {
        "Variational autoencoder"
    }
    fn about(&self) -> &'static str {
        "Encodes a point as a Gaussian over two latents and decodes it again; learns by log p(x|z) - KL(q(z|x) | N(0, 1)). Samples are decoded noise. Its blur is real: a Gaussian is added to what is decoded. (Kingma and Welling 2014)"
    }
    fn walks(&self) -> bool {
        false
    }
    fn shrink(&self, _: f64) -> f64 {
        1.0
    }
    fn model(&self, settings: &Settings) -> Value {
        json!({
            "kind": "vae",
            "network": { "kind": "mlp", "hidden": vec![settings.hidden; settings.depth] },
            "latents": 2,
            "decoder": { "kind": "gaussian" },
            "shown": "sample",
        })
    }
}
