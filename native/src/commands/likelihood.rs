//! `kiln likelihood`: how probable a model finds data that it has not seen.

use std::path::PathBuf;
use std::time::Instant;

use kiln::data::{Batch, Dataset, Split};
use kiln::guidance::Learns;
use kiln::likelihood::{
    Cells, DivergenceConfig, IntegratorConfig, Likelihood, LikelihoodConfig, Query, bits_per_dim,
};
use kiln::metrics::mean_std;
use kiln::model::{Card, Generate};
use serde_json::{Value, json};

use super::evaluate;
use crate::draw::batch;
use crate::failure::{Outcome, argument};
use crate::judge::{Judged, judge};
use crate::models::{self, Loaded};
use crate::out;
use crate::progress::Bar;
use crate::spec::member;

const EXAMPLES: &str = "Examples:
  kiln likelihood density/gaussians
  kiln likelihood mnist/flow --data data/mnist -n 128 --steps 20 --probes 2
  kiln likelihood mnist/edm --data data/mnist --method bound --steps 200 --json";

const ABOUT: &str = "The ODE's density is that of data with the model's lowest noise on them. Pictures of 256 levels are discrete: their \
bits per dimension are those of the probability of the bytes, by uniform dequantisation (ode) or by the cells' own mass (bound). \
A bound is a lower bound of the log-likelihood. Of tokens there is a bound alone, in bits per token: of characters, bits per character.";

/// Methods where nobody says which; of tokens there is a bound alone.
const OF_NUMBERS: &str = "ode";
const OF_TOKENS: &str = "bound:steps=128";
const OF_FLOWS: &str = "exact";
const OF_LATENTS: &str = "importance";

/// The arguments of `kiln likelihood`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{ABOUT}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    /// Entry of the zoo, .safetensors file, or folder of a run
    model: String,
    /// Where the data are, for those that are read from files
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The data, for a .safetensors file, which does not say (kiln list datasets)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    dataset: Option<String>,
    /// Examples of the test set that are judged
    #[arg(short = 'n', long, default_value_t = 1000)]
    count: usize,
    /// `ode` for the density, `bound` for a lower bound (kiln list likelihoods) [default: ode; bound for tokens]
    #[arg(long, value_name = "NAME[:key=value,...]")]
    method: Option<String>,
    /// How the ODE's divergence is found (kiln list divergences) [default: exact up to 16 dimensions]
    #[arg(long, value_name = "NAME[:key=value,...]")]
    divergence: Option<String>,
    /// Random probes of the divergence [default: 1]
    #[arg(long)]
    probes: Option<usize>,
    /// How the ODE is integrated (kiln list integrators) [default: rk4]
    #[arg(long, value_name = "NAME[:key=value,...]")]
    integrator: Option<String>,
    /// Steps of the ODE, levels of the bound, importance samples, or a flow's points in the cells of discrete data [default: 50, 1000, 100
    /// or 1; those learnt, in discrete time; 128 for tokens]
    #[arg(long)]
    steps: Option<usize>,
    /// Tell the model each example's class: log p(x | class)
    #[arg(long)]
    conditional: bool,
    /// Seed of probes and noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Examples at a time [default: 64 pictures, 4096 points]
    #[arg(long)]
    batch: Option<usize>,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
    /// For a program to read
    #[arg(long)]
    json: bool,
}

/// What there is to tell.
struct Answer<'a> {
    loaded: &'a Loaded,
    data: kiln::data::DataConfig,
    method: LikelihoodConfig,
    features: usize,
    cells: Option<Cells>,
    judged: Judged,
    /// The data's own mean log-density of the same examples.
    exact: Option<(f64, f64)>,
}

pub(crate) fn run(args: Args) -> Outcome {
    if args.count < 2 {
        return Err(argument("-n: at least 2 examples have to be judged"));
    }
    // A slip of the pen is told before anything is loaded.
    method(&args, OF_NUMBERS)?;
    let (found, device) = kiln::device::choose(&args.device)?;
    let loaded = models::load(&args.model, &device)?;
    let method = method(&args, default_method(loaded.model.card()))?;
    let model = capability(&loaded)?;
    let data = evaluate::data(args.dataset.as_deref(), &loaded)?;
    let card = loaded.model.card();
    let path = args.data.as_deref().or(loaded.path.as_deref());
    let test = data.open_in(path, Split::Test, card.vocabulary.as_ref())?;
    if test.shape() != card.shape {
        return Err(argument(format!("the data are of {:?}, the model's of {:?}", test.shape(), card.shape)));
    }
    let examples = first(&*test, args.count);
    let mut query = query(&args, &method, &examples)?;
    query.cells = query.cells.filter(|_| card.vocabulary.is_none());
    let started = Instant::now();
    let batch = args.batch.unwrap_or_else(|| batch(card));
    let judged = judge(model, &examples, &query, (batch, &device), &Bar::new("judging", 0, 0))?;
    let seconds = started.elapsed().as_secs_f64();
    let (features, cells, exact) = (card.features(), query.cells, exact(&*test, &examples));
    let answer = Answer { loaded: &loaded, data, method, features, cells, judged, exact };
    if args.json {
        out::json(&told(&args, &answer, &found.name, seconds));
    } else {
        show(&answer);
        out::note(format!(
            "{} evaluations of the network, {seconds:.1} s on {}",
            answer.judged.evaluations, found.name
        ));
    }
    Ok(())
}

/// The model's likelihood, or that it has none.
pub(super) fn capability(loaded: &Loaded) -> Outcome<&dyn Likelihood> {
    loaded.model.likelihood().ok_or_else(|| {
        let denoiser = loaded.model.generator().and_then(Generate::denoiser);
        let why = match denoiser.map(|denoiser| denoiser.learns()) {
            Some(learns) if learns != Learns::Mean => {
                format!("it has learnt {}, and only a model of the mean has a likelihood", learns.words())
            }
            _ => format!("a {} has no likelihood", loaded.model.card().family),
        };
        argument(format!("{}: {why}", loaded.name))
    })
}

/// The first examples of a dataset, or what there is.
pub(super) fn first(dataset: &dyn Dataset, count: usize) -> Batch {
    let count = dataset.len().map_or(count, |length| length.min(count));
    Batch::gather(dataset, &(0..count as u64).collect::<Vec<_>>(), 0)
}

/// The data's own mean log-density with its standard error, where it is known.
pub(super) fn exact(dataset: &dyn Dataset, examples: &Batch) -> Option<(f64, f64)> {
    let rows = examples.x.chunks(examples.shape.iter().product());
    let values: Vec<f64> = rows.map(|row| dataset.log_density(row)).collect::<Option<_>>()?;
    let (mean, std) = mean_std(&values);
    Some((mean, std / (values.len() as f64).sqrt()))
}

/// The method where nobody says.
pub(super) fn default_method(card: &Card) -> &'static str {
    match card.family {
        "flow" => OF_FLOWS,
        "vae" => OF_LATENTS,
        _ if card.vocabulary.is_some() => OF_TOKENS,
        _ => OF_NUMBERS,
    }
}

/// The method called so, or the model's own.
pub(super) fn method_for(text: Option<&str>, card: &Card) -> Outcome<LikelihoodConfig> {
    Ok(member(text.unwrap_or_else(|| default_method(card)), LikelihoodConfig::named)?)
}

fn method(args: &Args, default: &str) -> Outcome<LikelihoodConfig> {
    let mut method = member(args.method.as_deref().unwrap_or(default), LikelihoodConfig::named)?;
    match &mut method {
        LikelihoodConfig::Ode(ode) => {
            ode.steps = args.steps.unwrap_or(ode.steps);
            if let Some(text) = &args.integrator {
                ode.integrator = member(text, IntegratorConfig::named)?;
            }
            if let Some(divergence) = divergence(args)? {
                ode.divergence = Some(divergence);
            }
        }
        LikelihoodConfig::Bound(bound) => {
            bound.steps = args.steps.or(bound.steps);
            refuse_integration(args, "a bound")?;
        }
        LikelihoodConfig::Exact(exact) => {
            exact.draws = args.steps.unwrap_or(exact.draws);
            refuse_integration(args, "an exact density")?;
        }
        LikelihoodConfig::Importance(importance) => {
            importance.samples = args.steps.unwrap_or(importance.samples);
            refuse_integration(args, "importance sampling")?;
        }
    }
    Ok(method)
}

fn refuse_integration(args: &Args, what: &str) -> Outcome {
    if args.divergence.is_none() && args.probes.is_none() && args.integrator.is_none() {
        return Ok(());
    }
    Err(argument(format!(
        "{what} integrates nothing: leave out --divergence, --probes and --integrator, or take --method ode"
    )))
}

/// What `--divergence` and `--probes` say together.
fn divergence(args: &Args) -> Outcome<Option<DivergenceConfig>> {
    let named = match (&args.divergence, args.probes) {
        (Some(text), _) => Some(member(text, DivergenceConfig::named)?),
        (None, Some(_)) => Some(DivergenceConfig::named("hutchinson")?),
        (None, None) => None,
    };
    match (named, args.probes) {
        (Some(DivergenceConfig::Hutchinson(hutchinson)), Some(probes)) => {
            let hutchinson = kiln::likelihood::divergence::Hutchinson { probes, ..hutchinson };
            Ok(Some(DivergenceConfig::Hutchinson(hutchinson)))
        }
        (Some(_), Some(_)) => Err(argument(
            "--probes: an exact divergence has none; leave it out, or take --divergence hutchinson",
        )),
        (named, _) => Ok(named),
    }
}

fn query(args: &Args, method: &LikelihoodConfig, examples: &Batch) -> Outcome<Query> {
    let exact = matches!(method, LikelihoodConfig::Exact(_)) && cells(examples).is_none();
    if args.steps.is_some() && exact {
        return Err(argument("--steps: an exact density takes one; leave it out"));
    }
    let classes = match (args.conditional, &examples.class) {
        (false, _) => None,
        (true, Some(classes)) => Some(classes.clone()),
        (true, None) => return Err(argument("--conditional: these data have no classes; leave it out")),
    };
    Ok(Query { method: Some(method.clone()), seed: args.seed, first: 0, classes, cells: cells(examples) })
}

/// Pictures of bytes are discrete; those whose numbers lie between the levels are not.
pub(super) fn cells(examples: &Batch) -> Option<Cells> {
    (examples.shape.len() == 3 && Cells::BYTES.hold(&examples.x)).then_some(Cells::BYTES)
}

/// What is measured, in words.
fn what(answer: &Answer) -> &'static str {
    if answer.loaded.model.card().vocabulary.is_some() {
        return "log-probability of the tokens, a lower bound";
    }
    match (&answer.method, answer.cells) {
        (LikelihoodConfig::Exact(_), None) => "log-density, exact",
        (LikelihoodConfig::Importance(_), _) => "log-likelihood by importance sampling (a lower bound)",
        (LikelihoodConfig::Ode(_), None) => "log-density",
        (LikelihoodConfig::Ode(_) | LikelihoodConfig::Exact(_), Some(_)) => {
            "log-probability of the bytes, dequantised (a lower bound)"
        }
        (LikelihoodConfig::Bound(_), None) => "log-density, a lower bound",
        (LikelihoodConfig::Bound(_), Some(_)) => "log-probability of the bytes, a lower bound",
    }
}

fn show(answer: &Answer) {
    let (loaded, judged) = (answer.loaded, &answer.judged);
    out::say(format!("{} on {}, {} examples\n", loaded.name, answer.data.name(), judged.log_prob.len()));
    let row = |what: &str, (mean, error): (f64, f64)| {
        let bits = bits_per_dim(mean, answer.features);
        let spread = bits_per_dim(error, answer.features).abs();
        [what.to_owned(), format!("{mean:.4} ± {error:.4}"), format!("{bits:.4} ± {spread:.4}")]
    };
    let mut rows = vec![row(what(answer), judged.mean())];
    rows.extend(answer.exact.map(|exact| row("the data's own log-density", exact)));
    let tokens = loaded.model.card().vocabulary.is_some();
    let bits = if tokens { "bits per token" } else { "bits per dimension" };
    out::table(["what", "nats", bits], &rows);
}

fn told(args: &Args, answer: &Answer, device: &str, seconds: f64) -> Value {
    let numbers = |(mean, error): (f64, f64)| {
        json!({
            "nats": mean,
            "nats_error": error,
            "bits_per_dim": bits_per_dim(mean, answer.features),
            "bits_per_dim_error": bits_per_dim(error, answer.features).abs(),
        })
    };
    json!({
        "model": answer.loaded.name,
        "data": answer.data,
        "examples": answer.judged.log_prob.len(),
        "method": answer.method,
        "conditional": args.conditional,
        "discrete": answer.cells.is_some(),
        "what": what(answer),
        "seed": args.seed,
        "device": device,
        "seconds": seconds,
        "evaluations": answer.judged.evaluations,
        "log_likelihood": numbers(answer.judged.mean()),
        "data_log_density": answer.exact.map(numbers),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parsed(line: &str) -> Outcome<Value> {
        let args = Line::parse_from(line.split_whitespace()).args;
        Ok(serde_json::to_value(method(&args, OF_NUMBERS)?).expect("a method"))
    }

    #[test]
    fn options_end_up_in_the_method() {
        let ode =
            parsed("x model --probes 3 --steps 7 --integrator dopri5:tolerance=0.01").expect("a method");
        assert_eq!((&ode["kind"], &ode["steps"]), (&json!("ode"), &json!(7)));
        assert_eq!(
            (&ode["divergence"]["kind"], &ode["divergence"]["probes"]),
            (&json!("hutchinson"), &json!(3))
        );
        assert_eq!(ode["integrator"]["tolerance"], json!(0.01));
        let bound = parsed("x model --method bound:grid=linear --steps 5").expect("a method");
        assert_eq!((&bound["grid"]["kind"], &bound["steps"]), (&json!("linear"), &json!(5)));
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        for (line, wanted) in [
            ("x model --divergence exact --probes 2", "an exact divergence has none"),
            ("x model --method bound --probes 2", "integrates nothing"),
            ("x model --method bond", "did you mean `bound`?"),
            ("x model --divergence hutchinsen", "did you mean `hutchinson`?"),
        ] {
            let said = parsed(line).expect_err("this should be refused").to_string();
            assert!(said.contains(wanted), "{line}: {said}");
        }
    }

    #[test]
    fn pictures_of_bytes_are_discrete_and_points_are_not() {
        let batch =
            |shape: &[usize], x: &[f32]| Batch { x: x.into(), shape: shape.into(), class: None, first: 0 };
        assert_eq!(cells(&batch(&[1, 1, 2], &[-1.0, 1.0])), Some(Cells::BYTES));
        assert_eq!(cells(&batch(&[1, 1, 2], &[-1.0, 0.3])), None);
        assert_eq!(cells(&batch(&[2], &[-1.0, 1.0])), None);
    }
}
