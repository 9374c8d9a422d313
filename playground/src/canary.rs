//! Whether a model draws on one device what it draws on another.

use kiln::Result;
use kiln::canary::compare;
use kiln::model::{Classes, Request};
use kiln::weights::read;

use crate::Player;

/// Compares what two copies of one model draw, one on each device.
pub async fn model(player: &mut Player, reference: &mut Player) -> Result<()> {
    let classes = if player.card().classes.is_empty() { Classes::Any } else { Classes::Each };
    // What draws by itself takes no steps.
    let walks = player.defaults().is_some_and(|own| own.steps.is_some());
    let request = Request { count: 4, steps: walks.then_some(2), classes, ..Request::default() };
    compare("the model", &last(player, &request).await?, &last(reference, &request).await?)
}

/// The samples of a request.
async fn last(player: &mut Player, request: &Request) -> Result<Vec<f32>> {
    player.begin(request)?;
    match std::iter::from_fn(|| player.step()).last() {
        Some(frame) => read(frame?.x).await,
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use burn::prelude::Device;
    use kiln::config::typed;
    use kiln::factory::ModelConfig;
    use kiln::nn::{Init, Interface};
    use pollster::block_on;
    use serde_json::json;

    use super::*;
    use crate::player::tests::player;

    #[test]
    fn a_model_agrees_with_itself() {
        block_on(model(&mut player(), &mut player())).expect("models agree");
    }

    #[test]
    fn a_flow_that_takes_no_steps_agrees_with_itself() {
        let device = Device::flex();
        let flow = || {
            let config: ModelConfig = typed(json!({ "kind": "flow", "repeat": 2 })).expect("a flow");
            let interface = Interface::new(vec![2], Vec::new());
            let network = config.network(&interface, &Init::new(1, &device)).expect("a network");
            Player::new(config.model(&interface, network, &device).expect("a model"))
        };
        block_on(model(&mut flow(), &mut flow())).expect("flows agree");
    }
}
