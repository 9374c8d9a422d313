//! What every registered name promises, whatever it names: it is documented, it is written and read back, and a slip of the pen is
//! refused with what is allowed.

use kiln::registry::About;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// One registry, its type forgotten.
struct Registry {
    group: &'static str,
    names: &'static [&'static str],
    abouts: Vec<About>,
    defaults: Vec<Value>,
    read: fn(Value) -> Result<Value, String>,
}

fn reread<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, String> {
    let config: T = kiln::config::typed(value).map_err(|error| error.to_string())?;
    serde_json::to_value(config).map_err(|error| error.to_string())
}

macro_rules! registries {
    ($($Config:path),+ $(,)?) => {
        vec![$({
            use $Config as Config;
            let all = Config::all();
            Registry {
                group: Config::GROUP,
                names: Config::NAMES,
                abouts: all.iter().map(Config::about).collect(),
                defaults: all.iter().map(|config| serde_json::to_value(config).expect("a configuration")).collect(),
                read: reread::<Config>,
            }
        }),+]
    };
}

fn registries() -> Vec<Registry> {
    registries![
        kiln::data::DataConfig,
        kiln::nn::NetworkConfig,
        kiln::schedules::ScheduleConfig,
        kiln::schedules::grids::GridConfig,
        kiln::samplers::SamplerConfig,
        kiln::guidance::MethodConfig,
        kiln::guidance::GuidanceWeightConfig,
        kiln::editing::InpaintConfig,
        kiln::editing::MeasureConfig,
        kiln::diffusion::PredictionConfig,
        kiln::diffusion::NoiseConfig,
        kiln::diffusion::ObjectiveConfig,
        kiln::diffusion::WeightConfig,
        kiln::diffusion::CouplingConfig,
        kiln::diffusion::VarianceConfig,
        kiln::interpolant::PathConfig,
        kiln::interpolant::GammaConfig,
        kiln::epsilon::EpsilonConfig,
        kiln::autoencoder::CoderConfig,
        kiln::autoencoder::SpaceConfig,
        kiln::losses::ReconstructionConfig,
        kiln::losses::LossScheduleConfig,
        kiln::losses::SetDivergenceConfig,
        kiln::autoencoder::DamageConfig,
        kiln::vae::ObservationConfig,
        kiln::vae::VaePosteriorConfig,
        kiln::vae::VaePriorConfig,
        kiln::vae::VaeObjectiveConfig,
        kiln::vq::QuantiserConfig,
        kiln::vq::CodebookConfig,
        kiln::vq::MatchConfig,
        kiln::vq::PassConfig,
        kiln::latent::StageConfig,
        kiln::coded::CodeStageConfig,
        kiln::coded::CodePriorConfig,
        kiln::factory::ModelConfig,
        kiln::train::OptimizerConfig,
        kiln::train::RateConfig,
        kiln::train::AverageConfig,
        kiln::metrics::MetricConfig,
        kiln::likelihood::LikelihoodConfig,
        kiln::likelihood::DivergenceConfig,
        kiln::likelihood::IntegratorConfig,
        kiln::decoding::DecoderConfig,
        kiln::discrete::CorruptionConfig,
        kiln::discrete::DecayConfig,
        kiln::discrete::TokenObjectiveConfig,
        kiln::flow::transforms::TransformConfig,
        kiln::flow::elements::ElementConfig,
        kiln::flow::bases::BaseConfig,
        kiln::flow::conditioners::ConditionerConfig,
        kiln::flow::dequantisation::DequantisationConfig,
    ]
}

#[test]
fn every_member_says_what_it_is_and_where_it_comes_from() {
    for registry in registries() {
        assert!(!registry.names.is_empty());
        for (name, about) in registry.names.iter().zip(&registry.abouts) {
            let place = format!("{} `{name}`", registry.group);
            assert!(about.summary.len() > 3, "{place} has no summary");
            assert!(about.paper == "-" || about.paper.len() > 8, "{place} has no source");
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{place}"
            );
        }
        let distinct: std::collections::BTreeSet<_> = registry.names.iter().collect();
        assert_eq!(distinct.len(), registry.names.len(), "{}", registry.group);
    }
}

#[test]
fn defaults_survive_writing_and_reading_and_a_name_alone_gives_them() {
    for registry in registries() {
        for (name, value) in registry.names.iter().zip(&registry.defaults) {
            assert_eq!(value["kind"], json!(name));
            assert_eq!((registry.read)(value.clone()).as_ref(), Ok(value), "{} `{name}`", registry.group);
            assert_eq!((registry.read)(json!(name)).as_ref(), Ok(value), "{} `{name}`", registry.group);
        }
    }
}

#[test]
fn an_unknown_name_or_key_is_refused_with_what_is_allowed() {
    for registry in registries() {
        let error = (registry.read)(json!("no_such_thing")).expect_err("unknown");
        assert!(error.contains("no_such_thing") && error.contains(registry.names[0]), "{error}");
        for name in registry.names {
            let error = (registry.read)(json!({ "kind": name, "no_such_key": 1 })).expect_err("unknown key");
            assert!(error.contains("no_such_key"), "{} `{name}`: {error}", registry.group);
        }
    }
}
