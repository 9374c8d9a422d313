//! Whether a model draws on one device what it draws on another.

use kiln::Result;
use kiln::canary::compare;
use kiln::model::{Classes, Model, Request};
use kiln::weights::read;

/// Compares what two copies of one model draw, one on each device.
pub(crate) async fn model(model: &dyn Model, reference: &dyn Model) -> Result<()> {
    let Some(generator) = model.generator() else { return Ok(()) };
    let classes = if model.card().classes.is_empty() { Classes::Any } else { Classes::Each };
    // What draws by itself takes no steps.
    let walks = generator.defaults().steps.is_some();
    let request = Request { count: 4, steps: walks.then_some(2), classes, ..Request::default() };
    compare("the model", &last(model, &request).await?, &last(reference, &request).await?)
}

/// The samples of a request.
async fn last(model: &dyn Model, request: &Request) -> Result<Vec<f32>> {
    let mut generation = model.generate(request)?;
    match std::iter::from_fn(|| generation.step()).last() {
        Some(frame) => read(frame?.x).await,
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use kiln::config::typed;
    use kiln::factory::ModelConfig;
    use kiln::nn::{Init, Interface};
    use pollster::block_on;
    use serde_json::{Value, json};

    use super::*;

    fn fresh(config: Value, seed: u64) -> Box<dyn Model> {
        let device = kiln::device::cpu().expect("a device");
        let config: ModelConfig = typed(config).expect("a model");
        let interface = Interface::new(vec![2], Vec::new());
        let network = config.network(&interface, &Init::new(seed, &device)).expect("a network");
        config.model(&interface, network, &device).expect("a model")
    }

    #[test]
    fn models_agree_with_themselves_and_not_with_others() {
        let network = json!({ "kind": "mlp", "hidden": 16, "blocks": 1, "features": 8 });
        let walking = json!({ "kind": "diffusion", "network": network, "sampling": { "steps": 3 } });
        // A flow draws at once.
        for config in [walking, json!({ "kind": "flow", "repeat": 2 })] {
            let [a, b] = [0, 1].map(|_| fresh(config.clone(), 1));
            block_on(model(&*a, &*b)).unwrap_or_else(|error| panic!("{config}: {error}"));
        }
        let [a, b] = ["moons", "spirals"].map(|name| {
            let entry = kiln_zoo::find(&format!("density/{name}")).expect("an entry");
            let device = kiln::device::cpu().expect("a device");
            kiln::load(name, entry.bytes().expect("weights"), &device).expect("a model")
        });
        let error = block_on(model(&*a, &*b)).expect_err("they differ").to_string();
        assert!(error.contains("the model"), "{error}");
    }
}
