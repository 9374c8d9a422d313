//! Which walks are to be taken.

use kiln::Result;
use kiln::model::{Model, Request};
use kiln::samplers::{SamplerConfig, Wants};

use super::Args;
use crate::failure::{Outcome, argument};
use crate::out::note;
use crate::spec::{list, member};
use crate::walking;

/// Steps of a reference that says none.
const FINE: usize = 200;

/// A sampler, as the user wrote it and as what it means.
#[derive(Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) config: SamplerConfig,
}

/// A walk.
pub(super) struct Planned {
    /// Which of the plan's samplers; the reference has none.
    pub(super) place: usize,
    pub(super) sampler: Named,
    pub(super) steps: usize,
}

/// All walks: the reference first, then the shortest, so that an interruption leaves something of every sampler.
pub(super) struct Plan {
    pub(super) reference: Planned,
    pub(super) names: Vec<String>,
    pub(super) steps: Vec<usize>,
    pub(super) walks: Vec<Planned>,
}

impl Plan {
    /// The walks that `args` ask for. A sampler that cannot take one is refused, or with `all` left out.
    pub(super) fn of(args: &Args, model: &dyn Model, request: &Request) -> Outcome<Self> {
        let reference = reference(&args.reference)?;
        reference.check(model, request)?;
        let mut steps = args.steps.clone();
        steps.sort_unstable();
        steps.dedup();
        let named = samplers(&args.samplers, args.order)?;
        let mut walks = Vec::new();
        for steps in &steps {
            for (place, sampler) in named.iter().enumerate() {
                let walk = Planned { place, sampler: sampler.clone(), steps: *steps };
                match walk.check(model, request) {
                    Ok(()) => walks.push(walk),
                    Err(error) if args.samplers == "all" && *steps > 0 => {
                        note(format!("left out: {}: {error}", walk.words()));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        if walks.is_empty() {
            return Err(argument(
                "--steps: there is no walk to take; give at least one number of steps, as in 5,10,20",
            ));
        }
        Ok(Self { reference, names: named.into_iter().map(|sampler| sampler.name).collect(), steps, walks })
    }
}

impl Planned {
    /// What the walk asks of the model.
    pub(super) fn request(&self, base: &Request) -> Request {
        Request { sampler: Some(self.sampler.config.clone()), steps: Some(self.steps), ..base.clone() }
    }

    /// Begins it with one sample: what is wrong is known then.
    fn check(&self, model: &dyn Model, base: &Request) -> Result<()> {
        model.generate(&Request { count: 1, ..self.request(base) }).map(drop)
    }

    /// Evaluations of the network, nearly: a measure of time.
    pub(super) fn work(&self) -> u64 {
        (self.steps * self.sampler.config.evaluations().unwrap_or(1)) as u64
    }

    pub(super) fn words(&self) -> String {
        format!("{}, {} steps", self.sampler.name, self.steps)
    }
}

/// The samplers of that order; of all samplers those that have it, and the others as they are.
fn samplers(text: &str, order: Option<usize>) -> Outcome<Vec<Named>> {
    let mut named = plain(text)?;
    let Some(order) = order else { return Ok(named) };
    for sampler in &mut named {
        match walking::of_order(&sampler.config, order) {
            Ok(config) => {
                let mark = if sampler.name.contains(':') { ',' } else { ':' };
                *sampler = Named { name: format!("{}{mark}order={order}", sampler.name), config };
            }
            Err(_) if text == "all" => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(named)
}

fn plain(text: &str) -> Outcome<Vec<Named>> {
    if text == "all" {
        let named = |config: SamplerConfig| Named { name: config.name().to_owned(), config };
        // Those for consistency functions reach nothing with a denoiser.
        let meant = |config: &SamplerConfig| config.wants() == Wants::Denoiser;
        return Ok(SamplerConfig::all().into_iter().filter(meant).map(named).collect());
    }
    let named = |name: String| Ok(Named { config: member(&name, SamplerConfig::named)?, name });
    list(text).into_iter().map(named).collect()
}

/// `NAME[:key=value,...][:STEPS]`.
fn reference(text: &str) -> Outcome<Planned> {
    let split = text.rsplit_once(':').and_then(|(name, steps)| Some((name, steps.parse().ok()?)));
    let (name, steps) = split.unwrap_or((text, FINE));
    let config = member(name, SamplerConfig::named)?;
    if config.stochastic() {
        let allowed: Vec<&str> = SamplerConfig::all()
            .iter()
            .filter(|other| !other.stochastic())
            .map(SamplerConfig::name)
            .collect();
        let allowed = allowed.join(", ");
        return Err(argument(format!(
            "--reference: {name} draws noise on its way, so that its samples lie nowhere in particular; deterministic are: {allowed}"
        )));
    }
    Ok(Planned { place: usize::MAX, sampler: Named { name: name.to_owned(), config }, steps })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_sampler_with_its_steps() {
        for (text, name, steps) in
            [("heun", "heun", 200), ("euler:7", "euler", 7), ("ddim:eta=0:9", "ddim:eta=0", 9)]
        {
            let found = reference(text).expect("a reference");
            assert_eq!((found.sampler.name.as_str(), found.steps), (name, steps));
        }
        let error = |text| reference(text).err().expect("no reference").to_string();
        assert!(error("huen:10").contains("did you mean `heun`?"));
        assert!(error("ddpm:10").contains("deterministic are: euler, heun, "));
        assert!(error("heun:ten").contains("ten"));
    }
}
