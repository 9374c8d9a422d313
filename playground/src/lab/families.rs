//! The families of models that the lab trains: each a row, with its configuration of the library.

use kiln::{Result, error};
use serde_json::{Value, json};

use super::Settings;

/// A family of models, as the lab offers it.
pub struct Family {
    /// By which links call it.
    pub name: &'static str,
    /// In a menu.
    pub label: &'static str,
    /// In plain words, with the formula.
    pub about: &'static str,
    /// Whether its samples walk through noise levels, by a sampler, in steps.
    pub walks: bool,
    /// What a point `y + σ n` is divided by to be shown at its noise level `σ`.
    pub shrink: fn(f64) -> f64,
    /// The model's configuration.
    pub model: fn(&Settings) -> Value,
}

/// All of them, in the order of the menu.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "flow_matching",
        label: "Flow matching",
        about: "Learns the velocity that carries noise to data along straight lines. Each line joins a random point of noise with a random point of data, x(t) = (1 - t) noise + t data, and the network learns the mean of data - noise. (Lipman et al. 2023)",
        walks: true,
        shrink: straight,
        model: flow_matching,
    },
    Family {
        name: "ot_cfm",
        label: "Flow matching, optimal transport",
        about: "Flow matching whose lines do not cross: within each batch, noise is paired with data so that the squared distances are least in all. Few steps are enough then. (Tong et al. 2024)",
        walks: true,
        shrink: straight,
        model: optimal_transport,
    },
    Family {
        name: "edm",
        label: "Diffusion (EDM)",
        about: "Learns to take noise away: given x = data + sigma noise, the mean of the data, D(x; sigma). Walking from much noise to none follows dx/dsigma = (x - D)/sigma. (Karras et al. 2022)",
        walks: true,
        shrink: spread,
        model: edm,
    },
    Family {
        name: "score_sde",
        label: "Score-based SDE",
        about: "Learns the noise in a sample, which is the score (the gradient of log p) times -sigma, along a variance-preserving path. The same score runs backwards as an SDE or as an ODE. (Song et al. 2021)",
        walks: true,
        shrink: spread,
        model: score_sde,
    },
    Family {
        name: "realnvp",
        label: "Normalizing flow (RealNVP)",
        about: "A chain of invertible layers. Each scales and shifts one coordinate by what a network says of the other, so that log p(x) = log N(z) + log |det dz/dx| is exact. The time slider goes layer by layer. (Dinh et al. 2017)",
        walks: false,
        shrink: as_it_is,
        model: realnvp,
    },
    Family {
        name: "nsf",
        label: "Normalizing flow (neural splines)",
        about: "A chain of invertible layers that bend each coordinate along a spline of rational quadratics, whose knots a network sets: exact log p(x), and sharper than RealNVP. (Durkan et al. 2019)",
        walks: false,
        shrink: as_it_is,
        model: neural_spline,
    },
    Family {
        name: "vae",
        label: "Variational autoencoder",
        about: "Encodes a point as a Gaussian over two latents and decodes it again; learns by log p(x|z) - KL(q(z|x) | N(0, 1)). Samples are decoded noise. Its blur is real: a Gaussian is added to what is decoded. (Kingma and Welling 2014)",
        walks: false,
        shrink: as_it_is,
        model: vae,
    },
];

/// The one of that name.
pub fn named(name: &str) -> Result<&'static Family> {
    let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
    FAMILIES.iter().find(|family| family.name == name).ok_or_else(|| error::unknown("family", name, &names))
}

fn straight(level: f64) -> f64 {
    1.0 + level
}

fn spread(level: f64) -> f64 {
    (1.0 + level * level).sqrt()
}

fn as_it_is(_: f64) -> f64 {
    1.0
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

fn flow_matching(settings: &Settings) -> Value {
    let sampling = json!({ "sampler": "euler", "schedule": "cond_ot", "grid": "linear", "steps": 20 });
    let own =
        json!({ "prediction": "flow", "noise": "uniform", "range": [0.002, 500.0], "sampling": sampling });
    diffusion(settings, own)
}

fn optimal_transport(settings: &Settings) -> Value {
    let mut model = flow_matching(settings);
    model["coupling"] = json!("transport");
    model
}

fn edm(settings: &Settings) -> Value {
    let sampling = json!({ "sampler": "heun", "schedule": "edm", "grid": "karras", "steps": 18 });
    let own =
        json!({ "prediction": "edm", "noise": "log_normal", "range": [0.01, 80.0], "sampling": sampling });
    diffusion(settings, own)
}

fn score_sde(settings: &Settings) -> Value {
    let sampling = json!({ "sampler": "ddim", "schedule": "vp_linear", "grid": "linear", "steps": 30 });
    let own = json!({ "prediction": "epsilon", "noise": "vp", "range": [0.01, 150.0], "sampling": sampling });
    diffusion(settings, own)
}

fn realnvp(settings: &Settings) -> Value {
    let conditioner = json!({ "kind": "perceptron", "hidden": [settings.hidden, settings.hidden] });
    let transform = json!({ "kind": "coupling", "element": "affine", "conditioner": conditioner });
    json!({ "kind": "flow", "repeat": 2 + 2 * settings.depth, "transforms": [transform] })
}

fn neural_spline(settings: &Settings) -> Value {
    let conditioner = json!({ "kind": "perceptron", "hidden": [settings.hidden, settings.hidden] });
    let element = json!({ "kind": "spline", "bins": 8, "bound": 5 });
    let transform = json!({ "kind": "coupling", "element": element, "conditioner": conditioner });
    json!({ "kind": "flow", "repeat": 2 * settings.depth, "transforms": [transform] })
}

fn vae(settings: &Settings) -> Value {
    json!({
        "kind": "vae",
        "network": { "kind": "mlp", "hidden": vec![settings.hidden; settings.depth] },
        "latents": 2,
        "decoder": { "kind": "gaussian" },
        "shown": "sample",
    })
}
