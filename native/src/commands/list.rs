//! `kiln list`: what a configuration can name, from the registries themselves.

use clap::ValueEnum;
use kiln::autoencoder::{CoderConfig, ReconstructionConfig, SpaceConfig};
use kiln::data::DataConfig;
use kiln::decoding::DecoderConfig;
use kiln::diffusion::{NoiseConfig, ObjectiveConfig, PredictionConfig, VarianceConfig};
use kiln::discrete::{CorruptionConfig, DecayConfig, ObjectiveConfig as TokenObjectiveConfig};
use kiln::editing::{InpaintConfig, MeasureConfig};
use kiln::factory::ModelConfig;
use kiln::guidance::{MethodConfig, WeightConfig};
use kiln::interpolant::{EpsilonConfig, GammaConfig, PathConfig};
use kiln::latent::StageConfig;
use kiln::likelihood::{DivergenceConfig, IntegratorConfig, LikelihoodConfig};
use kiln::metrics::MetricConfig;
use kiln::nn::NetworkConfig;
use kiln::registry::About;
use kiln::samplers::SamplerConfig;
use kiln::schedules::ScheduleConfig;
use kiln::schedules::grids::GridConfig;
use kiln::train::{AverageConfig, OptimizerConfig, RateConfig};
use serde_json::{Map, Value, json};

use crate::out;

/// The arguments of `kiln list`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  kiln list\n  kiln list samplers")]
pub(crate) struct Args {
    /// Which; without it, all
    group: Option<Group>,
    /// For a program to read
    #[arg(long)]
    json: bool,
}

/// Names every registry once.
macro_rules! groups {
    ($($Group:ident => $Config:ident),+ $(,)?) => {
        #[derive(Clone, Copy, Debug, ValueEnum)]
        enum Group { $($Group),+ }

        impl Group {
            /// The names of its members, and what they say about themselves.
            fn members(self) -> Vec<(&'static str, About)> {
                match self {
                    $(Self::$Group => $Config::all().iter().map(|member| (member.name(), member.about())).collect()),+
                }
            }
        }
    };
}

groups! {
    Models => ModelConfig,
    Samplers => SamplerConfig,
    Schedules => ScheduleConfig,
    Grids => GridConfig,
    Guidance => MethodConfig,
    Weights => WeightConfig,
    Inpainting => InpaintConfig,
    Measurements => MeasureConfig,
    Datasets => DataConfig,
    Networks => NetworkConfig,
    Predictions => PredictionConfig,
    Stages => StageConfig,
    Coders => CoderConfig,
    Spaces => SpaceConfig,
    Reconstructions => ReconstructionConfig,
    Noises => NoiseConfig,
    Objectives => ObjectiveConfig,
    Variances => VarianceConfig,
    Paths => PathConfig,
    PathNoises => GammaConfig,
    Diffusions => EpsilonConfig,
    Optimizers => OptimizerConfig,
    Rates => RateConfig,
    Averages => AverageConfig,
    Metrics => MetricConfig,
    Likelihoods => LikelihoodConfig,
    Divergences => DivergenceConfig,
    Integrators => IntegratorConfig,
    Decoders => DecoderConfig,
    Corruptions => CorruptionConfig,
    CorruptionSchedules => DecayConfig,
    TokenObjectives => TokenObjectiveConfig,
}

impl Group {
    fn title(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

pub(crate) fn run(args: Args) {
    let groups = args.group.map_or_else(|| Group::value_variants().to_vec(), |group| vec![group]);
    if args.json {
        out::json(&groups.iter().map(|group| (group.title(), told(*group))).collect::<Map<_, _>>());
        return;
    }
    for (place, group) in groups.iter().enumerate() {
        if place > 0 {
            out::say("");
        }
        let rows = group.members().into_iter();
        let rows: Vec<[String; 3]> =
            rows.map(|(name, about)| [name.into(), about.summary.into(), about.paper.into()]).collect();
        out::table([&group.title(), "", ""], &rows);
    }
}

fn told(group: Group) -> Value {
    let member = |(name, about): (&str, About)| json!({ "name": name, "summary": about.summary, "paper": about.paper });
    group.members().into_iter().map(member).collect()
}
