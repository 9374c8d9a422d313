//! A model at play: one request at a time, a step at a time.

use burn::prelude::*;
use kiln::model::{Card, Frame, Generate, Generation, Model, Request};
use kiln::{Error, Result};

/// The most numbers that one request may ask for, and the most steps: more is a slip of the hand, and would end a tab.
const NUMBERS: usize = 1 << 20;
const STEPS: usize = 10_000;

/// A model with the generation that is under way.
pub struct Player {
    model: Box<dyn Model>,
    generation: Option<Box<dyn Generation>>,
}

impl Player {
    /// The model in a weight file; `name` is what errors call it.
    pub fn load(name: &str, weights: &[u8], device: &Device) -> Result<Self> {
        Ok(Self::new(kiln::load(name, weights, device)?))
    }

    /// A model that has not begun.
    pub fn new(model: Box<dyn Model>) -> Self {
        Self { model, generation: None }
    }

    /// What the model is.
    pub fn card(&self) -> &Card {
        self.model.card()
    }

    /// What the model takes where a request says nothing; `None` where it draws nothing.
    pub fn defaults(&self) -> Option<Request> {
        self.model.generator().map(Generate::defaults)
    }

    /// Begins anew; the generation that was under way is given up.
    pub fn begin(&mut self, request: &Request) -> Result<()> {
        self.generation = None;
        check(request, self.card())?;
        self.generation = Some(self.model.generate(request)?);
        Ok(())
    }

    /// Takes one step; `None` once there is nothing left to do, or nothing has begun.
    pub fn step(&mut self) -> Option<Result<Frame>> {
        let frame = self.generation.as_mut().and_then(|generation| generation.step());
        if !matches!(frame, Some(Ok(_))) {
            self.generation = None;
        }
        frame
    }
}

/// Refuses what would take more memory or time than a window has.
fn check(request: &Request, card: &Card) -> Result<()> {
    let most = NUMBERS / card.features().max(1);
    if request.count > most {
        return Err(Error::argument(format!(
            "count: {} samples of {} numbers each are too many for one request; the most is {most}",
            request.count,
            card.features()
        )));
    }
    match request.steps {
        Some(steps) if steps > STEPS => {
            Err(Error::argument(format!("steps: {steps} are too many for one request; the most is {STEPS}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use kiln::factory::ModelConfig;
    use kiln::model::Classes;
    use kiln::nn::{Init, Interface};
    use kiln::{config, device, weights};
    use pollster::block_on;
    use serde_json::json;

    use super::*;

    /// A small network with fresh weights, as a file.
    pub(crate) fn file() -> Vec<u8> {
        let model: ModelConfig = config::typed(json!({
            "kind": "diffusion",
            "network": { "kind": "mlp", "hidden": 16, "blocks": 1, "features": 8 },
            "sampling": { "steps": 3 },
        }))
        .expect("a model");
        let interface = Interface { shape: vec![2], classes: vec!["a".into(), "b".into()], vocabulary: None };
        let network =
            model.network(&interface, &Init::new(5, &device::cpu().expect("a device"))).expect("a network");
        block_on(weights::model_file(&model, &interface, network.parameters())).expect("a file")
    }

    pub(crate) fn player() -> Player {
        Player::load("test", &file(), &device::cpu().expect("a device")).expect("a player")
    }

    fn play(player: &mut Player, request: &Request) -> Vec<Vec<f32>> {
        player.begin(request).expect("it begins");
        let mut frames = Vec::new();
        while let Some(frame) = player.step() {
            let frame = frame.expect("a step");
            assert_eq!((frame.step, frame.steps), (frames.len() + 1, 3));
            frames.push(block_on(weights::read(frame.x)).expect("numbers"));
        }
        frames
    }

    #[test]
    fn a_request_is_played_to_its_end_and_again_to_the_same() {
        let mut player = player();
        assert!(player.step().is_none(), "nothing has begun");
        let request = Request { count: 4, seed: 3, classes: Classes::Each, ..Request::default() };
        let first = play(&mut player, &request);
        assert_eq!(first.len(), 3);
        assert!(player.step().is_none(), "it has ended");
        assert_eq!(play(&mut player, &request), first);
        let third = Request { count: 1, first: 2, ..request.clone() };
        let alone = play(&mut player, &third)[2].clone();
        let among = &first[2][4..6];
        assert!(alone.iter().zip(among).all(|(a, b)| (a - b).abs() < 1e-5), "{alone:?} {among:?}");
    }

    #[test]
    fn a_new_request_takes_the_place_of_the_old_one_even_where_it_is_refused() {
        let mut player = player();
        player.begin(&Request::default()).expect("it begins");
        assert!(player.step().is_some());
        let bad = Request { classes: Classes::One(9), ..Request::default() };
        assert!(player.begin(&bad).is_err());
        assert!(player.step().is_none());
    }

    #[test]
    fn what_no_window_can_hold_is_refused_with_the_most_that_it_can() {
        let mut player = player();
        for (request, most) in [
            (Request { count: usize::MAX, ..Request::default() }, "the most is 524288"),
            (Request { steps: Some(usize::MAX), ..Request::default() }, "the most is 10000"),
        ] {
            let error = player.begin(&request).expect_err("too much").to_string();
            assert!(error.contains(most), "{error}");
        }
    }
}
