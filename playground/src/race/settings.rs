//! What the race is set to.

use kiln::model::{Card, Classes, Request};
use kiln::samplers::SamplerConfig;
use kiln::schedules::grids::GridConfig;
use kiln::{Error, Result};
use serde::{Deserialize, Serialize};

/// Families of models that walk through noise levels, along an ODE.
pub(super) const FAMILIES: [&str; 2] = ["diffusion", "interpolant"];
/// The most racers.
pub(super) const RACERS: usize = 4;
/// The most points of the plane, pictures, and steps of a racer.
const POINTS: usize = 4096;
const PICTURES: usize = 16;
const STEPS: usize = 200;
/// Steps of the reference, for points and for pictures, whose networks cost more.
const FINE: [usize; 2] = [128, 48];

/// All that decides who races and what is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// An entry of the zoo.
    pub model: String,
    /// How many samples, of a model of the plane.
    pub points: usize,
    /// How many, of a model of pictures.
    pub pictures: usize,
    /// Seed of all noise.
    pub seed: u64,
    /// `each` in turn, `any`, or the name or number of one.
    pub class: String,
    /// Scale of guidance; nothing for the model's own.
    pub guidance: Option<f64>,
    /// Who races.
    pub racers: Vec<Racer>,
    /// Which distance to the reference is told and plotted.
    pub measure: Measure,
    /// Where the time slider stands, from noise (0) to data (1).
    pub time: f64,
}

/// A way to walk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Racer {
    /// Which sampler.
    pub sampler: String,
    /// In how many steps.
    pub steps: usize,
    /// Which time grid spaces them; empty for the model's own.
    pub grid: String,
}

/// A distance between samples and the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Sample by sample, the root of the mean square.
    #[default]
    Rms,
    /// Of the two sets, by the sliced Wasserstein distance.
    Sliced,
}

impl Default for Racer {
    fn default() -> Self {
        Self::new("euler", 10)
    }
}

impl Default for Settings {
    fn default() -> Self {
        let racers = [("euler", 10), ("heun", 10), ("dpmpp_2m", 10), ("euler_ancestral", 20)];
        Self {
            model: "density/checkerboard".into(),
            points: 400,
            pictures: 4,
            seed: 0,
            class: "each".into(),
            guidance: None,
            racers: racers.map(|(sampler, steps)| Racer::new(sampler, steps)).into(),
            measure: Measure::Rms,
            time: 1.0,
        }
    }
}

impl Racer {
    fn new(sampler: &str, steps: usize) -> Self {
        Self { sampler: sampler.into(), steps, grid: String::new() }
    }

    /// The one that the others are compared with, for samples of this shape.
    ///
    /// Heun's method in many steps of the model's own grid: its error falls as the square of their number, and is well below what racers are
    /// apart. It is no solver that chooses its steps, as those wait for the device, which a browser cannot; and none of higher order, as the
    /// last step, into data, is of order 1 in all of them.
    pub(super) fn reference(shape: &[usize]) -> Self {
        Self::new("heun", FINE[usize::from(shape.len() == 3)])
    }

    /// The sampler.
    pub(super) fn solver(&self) -> Result<SamplerConfig> {
        SamplerConfig::named(&self.sampler)
    }

    /// Whether it adds noise on its way.
    pub(super) fn stochastic(&self) -> bool {
        self.solver().is_ok_and(|solver| solver.stochastic())
    }

    /// Whether a tolerance decides its steps.
    pub(super) fn adaptive(&self) -> bool {
        self.solver().is_ok_and(|solver| solver.adaptive())
    }

    /// Whether the other differs in the number of steps alone.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.sampler, &self.grid) == (&other.sampler, &other.grid)
    }

    /// What it is called: `heun, 10 steps`.
    pub(super) fn name(&self) -> String {
        let grid = if self.grid.is_empty() { String::new() } else { format!(" of {}", self.grid) };
        let steps = if self.adaptive() { "its own steps".to_owned() } else { counted(self.steps, "step") };
        format!("{}, {steps}{grid}", self.sampler)
    }
}

impl Settings {
    /// Refuses a model that does not walk, and what would take more memory or time than a window has.
    pub fn check(&self, card: &Card) -> Result<()> {
        let pictures = card.shape.len() == 3;
        let shown = (pictures || card.shape == [2]) && card.vocabulary.is_none();
        let walks = shown && FAMILIES.contains(&card.family);
        if !walks {
            return Err(Error::argument(format!(
                "`{}` has no noise levels to walk through, or draws neither points of the plane nor pictures: choose another model",
                self.model
            )));
        }
        if pictures {
            within("pictures", self.pictures, PICTURES)?;
        } else {
            within("points", self.points, POINTS)?;
        }
        within("racers", self.racers.len(), RACERS)?;
        let mut racers = self.racers.iter().enumerate();
        racers.try_for_each(|(i, racer)| within(&format!("racers.{i}.steps"), racer.steps, STEPS))
    }

    /// What a racer is asked for: the same noise as every other.
    pub fn request(&self, card: &Card, racer: &Racer) -> Result<Request> {
        let grid = (!racer.grid.is_empty()).then(|| GridConfig::named(&racer.grid)).transpose()?;
        let classes = crate::denoise::classes(&self.class, card)?;
        let guidance = self.guidance.filter(|_| classes != Classes::Any);
        Ok(Request {
            count: self.count(&card.shape),
            seed: self.seed,
            sampler: Some(racer.solver()?),
            steps: Some(racer.steps),
            grid,
            guidance,
            classes,
            ..Request::default()
        })
    }

    /// How many samples of this shape are drawn.
    pub(super) fn count(&self, shape: &[usize]) -> usize {
        if shape.len() == 3 { self.pictures } else { self.points }
    }

    /// What is to be computed: what is seen of it is nobody's business but the window's.
    pub(super) fn asked(&self) -> Self {
        Self { measure: Measure::default(), time: 1.0, ..self.clone() }
    }

    /// What the reference depends on.
    pub(super) fn ground(&self) -> Self {
        Self { racers: Vec::new(), ..self.asked() }
    }
}

/// So many of them, in words.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn within(name: &str, value: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::argument(format!("{name}: wanted 1 to {most}, this is {value}")))
}

#[cfg(test)]
mod tests {
    use kiln::nn::Interface;

    use super::*;

    fn card(family: &'static str, shape: &[usize], classes: &[&str]) -> Card {
        let classes = classes.iter().map(|class| (*class).to_owned()).collect();
        Card::new(family, &Interface::new(shape.to_vec(), classes), 0)
    }

    #[test]
    fn what_no_window_bears_is_refused_by_name() {
        let (plane, pictures) = (card("diffusion", &[2], &[]), card("diffusion", &[1, 4, 4], &[]));
        let own = Settings::default;
        own().check(&plane).expect("the defaults fit");
        own().check(&pictures).expect("the defaults fit");
        let racer = |steps| Racer { steps, ..Racer::default() };
        for (settings, card, wanted) in [
            (Settings { points: 4097, ..own() }, &plane, "points: wanted 1 to 4096, this is 4097"),
            (Settings { points: 0, ..own() }, &plane, "points: wanted 1 to 4096, this is 0"),
            (Settings { pictures: 17, ..own() }, &pictures, "pictures: wanted 1 to 16, this is 17"),
            (Settings { racers: Vec::new(), ..own() }, &plane, "racers: wanted 1 to 4, this is 0"),
            (Settings { racers: vec![racer(1); 5], ..own() }, &plane, "racers: wanted 1 to 4, this is 5"),
            (
                Settings { racers: vec![racer(1), racer(201)], ..own() },
                &plane,
                "racers.1.steps: wanted 1 to 200, this is 201",
            ),
        ] {
            assert_eq!(settings.check(card).expect_err("too much").to_string(), wanted);
        }
    }

    #[test]
    fn what_does_not_walk_is_refused() {
        for card in [card("flow", &[2], &[]), card("diffusion", &[3], &[]), card("vae", &[1, 4, 4], &[])] {
            let error = Settings::default().check(&card).expect_err("no walk").to_string();
            assert!(error.contains("has no noise levels to walk through"), "{error}");
        }
    }

    #[test]
    fn a_racer_is_asked_by_name_for_samples_of_its_kind() {
        let settings = Settings { class: "b".into(), guidance: Some(2.0), ..Settings::default() };
        let named = card("diffusion", &[1, 4, 4], &["a", "b"]);
        let request = settings.request(&named, &settings.racers[1]).expect("a request");
        assert_eq!((request.count, request.steps, request.guidance), (4, Some(10), Some(2.0)));
        assert_eq!(request.classes, Classes::One(1));
        assert_eq!(request.sampler.map(|sampler| sampler.name()), Some("heun"));
        // Without classes there is nothing to be guided towards.
        let request =
            settings.request(&card("diffusion", &[2], &[]), &settings.racers[0]).expect("a request");
        assert_eq!((request.count, request.guidance, request.classes), (400, None, Classes::Any));
        for (racer, wanted) in [
            (Racer { sampler: "huen".into(), ..Racer::default() }, "did you mean `heun`?"),
            (Racer { grid: "karas".into(), ..Racer::default() }, "did you mean `karras`?"),
        ] {
            let error = settings.request(&named, &racer).expect_err("unknown").to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn racers_are_called_by_what_they_are() {
        let names: Vec<String> = Settings::default().racers.iter().map(Racer::name).collect();
        assert_eq!(
            names,
            ["euler, 10 steps", "heun, 10 steps", "dpmpp_2m, 10 steps", "euler_ancestral, 20 steps"]
        );
        assert_eq!(Racer::new("dopri5", 7).name(), "dopri5, its own steps");
        assert_eq!(Racer { grid: "karras".into(), ..Racer::new("heun", 1) }.name(), "heun, 1 step of karras");
        assert!(Racer::new("ddpm", 7).stochastic() && !Racer::new("heun", 7).stochastic());
    }
}
