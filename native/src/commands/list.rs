//! `kiln list`: what a configuration can name, from the registries themselves.

use clap::ValueEnum;
use kiln::registry::About;
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
    ($($Group:ident => $Config:ty),+ $(,)?) => {
        #[derive(Clone, Copy, Debug, ValueEnum)]
        enum Group { $($Group),+ }

        impl Group {
            /// The names of its members, and what they say about themselves.
            fn members(self) -> Vec<(&'static str, About)> {
                match self {
                    $(Self::$Group => <$Config>::all().iter().map(|member| (member.name(), member.about())).collect()),+
                }
            }
        }
    };
}

groups! {
    Models => kiln::factory::ModelConfig,
    Samplers => kiln::samplers::SamplerConfig,
    Schedules => kiln::schedules::ScheduleConfig,
    Grids => kiln::schedules::grids::GridConfig,
    Guidance => kiln::guidance::MethodConfig,
    GuidanceWeights => kiln::guidance::GuidanceWeightConfig,
    Inpainting => kiln::editing::InpaintConfig,
    Measurements => kiln::editing::MeasureConfig,
    Datasets => kiln::data::DataConfig,
    Networks => kiln::nn::NetworkConfig,
    Predictions => kiln::diffusion::PredictionConfig,
    Stages => kiln::latent::StageConfig,
    CodeStages => kiln::coded::CodeStageConfig,
    CodePriors => kiln::coded::CodePriorConfig,
    Quantisers => kiln::vq::QuantiserConfig,
    Codebooks => kiln::vq::CodebookConfig,
    Matchings => kiln::vq::MatchConfig,
    CodeGradients => kiln::vq::PassConfig,
    Coders => kiln::autoencoder::CoderConfig,
    Spaces => kiln::autoencoder::SpaceConfig,
    Reconstructions => kiln::losses::ReconstructionConfig,
    LossSchedules => kiln::losses::LossScheduleConfig,
    SetDivergences => kiln::losses::SetDivergenceConfig,
    Damages => kiln::autoencoder::DamageConfig,
    Observations => kiln::vae::ObservationConfig,
    Posteriors => kiln::vae::VaePosteriorConfig,
    LatentPriors => kiln::vae::VaePriorConfig,
    VariationalObjectives => kiln::vae::VaeObjectiveConfig,
    Noises => kiln::diffusion::NoiseConfig,
    Couplings => kiln::diffusion::CouplingConfig,
    LossWeights => kiln::diffusion::WeightConfig,
    Objectives => kiln::diffusion::ObjectiveConfig,
    Variances => kiln::diffusion::VarianceConfig,
    Paths => kiln::interpolant::PathConfig,
    PathNoises => kiln::interpolant::GammaConfig,
    Diffusions => kiln::epsilon::EpsilonConfig,
    Optimizers => kiln::train::OptimizerConfig,
    Rates => kiln::train::RateConfig,
    Averages => kiln::train::AverageConfig,
    Metrics => kiln::metrics::MetricConfig,
    Likelihoods => kiln::likelihood::LikelihoodConfig,
    Divergences => kiln::likelihood::DivergenceConfig,
    Integrators => kiln::likelihood::IntegratorConfig,
    Decoders => kiln::decoding::DecoderConfig,
    Corruptions => kiln::discrete::CorruptionConfig,
    CorruptionSchedules => kiln::discrete::DecayConfig,
    TokenObjectives => kiln::discrete::TokenObjectiveConfig,
    Transforms => kiln::flow::transforms::TransformConfig,
    Elements => kiln::flow::elements::ElementConfig,
    Bases => kiln::flow::bases::BaseConfig,
    Conditioners => kiln::flow::conditioners::ConditionerConfig,
    Dequantisations => kiln::flow::dequantisation::DequantisationConfig,
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
