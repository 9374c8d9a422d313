//! Whether a model draws on one device what it draws on another.

use kiln::Result;
use kiln::canary::compare;
use kiln::model::{Classes, Request};
use kiln::weights::read;

use crate::Player;

/// Compares what two copies of one model draw, one on each device.
pub async fn model(player: &mut Player, reference: &mut Player) -> Result<()> {
    let classes = if player.card().classes.is_empty() { Classes::Any } else { Classes::Each };
    let request = Request { count: 4, steps: Some(2), classes, ..Request::default() };
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
    use pollster::block_on;

    use super::*;
    use crate::player::tests::player;

    #[test]
    fn a_model_agrees_with_itself() {
        block_on(model(&mut player(), &mut player())).expect("models agree");
    }
}
