//! What the parts of a configuration promise together, on a small tree with registries in it.

mod bad;
mod composition;
mod overriding;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;
use crate::Result;
use crate::registry::{About, Member};

/// Anything: these tests only read and write.
pub trait Part {}

mod parts {
    use super::{Deserialize, JsonSchema, NormConfig, Serialize};

    #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Layer {
        pub epsilon: f64,
    }

    #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Identity {}

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Unet {
        pub channels: usize,
        pub multipliers: Vec<usize>,
        pub norm: NormConfig,
    }

    #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Mlp {
        pub width: usize,
        pub dropout: Option<f64>,
        pub norms: Vec<NormConfig>,
    }

    impl Default for Unet {
        fn default() -> Self {
            Self {
                channels: 64,
                multipliers: vec![1, 2, 4],
                norm: NormConfig::Layer(Layer { epsilon: 1e-5 }),
            }
        }
    }
}

registry! {
    /// Norms.
    pub enum NormConfig("norm"): dyn Part {
        "layer" => parts::Layer,
        "identity" => parts::Identity,
    }
}

registry! {
    /// Networks.
    pub enum NetworkConfig("network"): dyn Part {
        "unet" => parts::Unet,
        "mlp" => parts::Mlp,
    }
}

macro_rules! members {
    ($($Type:ident)+) => {$(
        impl Part for $Type {}
        impl Member for $Type {
            const ABOUT: About = About { summary: stringify!($Type), paper: "-" };
        }
    )+};
}
members!(Layer Identity Unet Mlp);

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    #[default]
    Single,
    Half,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    pub name: String,
    pub seed: u64,
    pub lr: f64,
    pub ema: bool,
    pub small: u8,
    pub precision: Precision,
    pub network: NetworkConfig,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            name: "1e-4".into(),
            seed: u64::MAX,
            lr: 1e-4,
            ema: true,
            small: 0,
            precision: Precision::Single,
            network: NetworkConfig::Unet(Unet::default()),
        }
    }
}

/// Reads from a list of names and texts.
fn from<'a>(files: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Result<String> + 'a {
    move |name| {
        let found = files.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).to_string());
        found.ok_or_else(|| crate::Error::argument(format!("there is no file {name}")))
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn tree(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("it is a tree")
}

/// Writes, loads back and compares.
fn round_trips<T: Serialize + serde::de::DeserializeOwned>(value: &T) {
    let text = to_yaml(value).expect("it is written");
    let back: T = load("x.yaml", &[], &from(&[("x.yaml", &text)])).expect("it is read");
    assert_eq!(tree(&back), tree(value), "{text}");
}

#[test]
fn every_member_is_found_by_its_name() {
    for name in NormConfig::NAMES {
        let member = NormConfig::named(name).expect("it is listed");
        assert_eq!((member.name(), NormConfig::GROUP, member.about().paper), (*name, "norm", "-"));
    }
    for name in NetworkConfig::NAMES {
        let member = NetworkConfig::named(name).expect("it is listed");
        assert_eq!((member.name(), NetworkConfig::GROUP, member.about().paper), (*name, "network", "-"));
    }
}

#[test]
fn every_members_defaults_come_back_from_yaml() {
    NormConfig::all().iter().for_each(round_trips);
    NetworkConfig::all().iter().for_each(round_trips);
    round_trips(&Run::default());
}

#[test]
fn awkward_text_and_numbers_come_back_from_yaml() {
    for name in
        ["", "no", "null", "~", " x ", "a: b", "#x", "007", "0x1F", "1_000", "a\n\n b\n", "é", ".inf", "<<"]
    {
        round_trips(&Run { name: name.into(), ..Run::default() });
    }
    round_trips(&Run { name: format!("{} {}", "x".repeat(200), "y z ".repeat(50)), ..Run::default() });
    for lr in [0.1, 1e-300, 1e300, 1.0 / 3.0, 5e-324, -0.0, 1e16, 123_456_789.125] {
        let text = to_yaml(&Run { lr, ..Run::default() }).expect("it is written");
        let back: Run = load("x.yaml", &[], &from(&[("x.yaml", &text)])).expect("it is read");
        assert_eq!(back.lr.to_bits(), lr.to_bits(), "{text}");
    }
}

/// What a schema says at a path of keys, and of names of a registry's members.
fn at<'a>(schema: &'a Value, path: &str) -> &'a Value {
    let resolved = |value: &'a Value| match value["$ref"].as_str() {
        Some(reference) => schema.pointer(reference.trim_start_matches('#')).expect("a definition"),
        None => value,
    };
    let step = |value: &'a Value, name: &str| match value["oneOf"].as_array() {
        Some(members) => {
            let found = members.iter().find(|member| member["properties"]["kind"]["const"] == name);
            found.expect("a member of that name")
        }
        None => resolved(&value["properties"][name]),
    };
    path.split('.').fold(schema, step)
}

/// Two registries of one name would share a definition, and an editor would offer the names of one at the keys of both.
#[test]
fn each_key_of_a_run_offers_the_names_of_its_own_registry() {
    use crate::{data, diffusion, discrete, factory, guidance, interpolant, nn, samplers, train};

    let schema = schema::<train::RunConfig>();
    for (path, names) in [
        ("data", data::DataConfig::NAMES),
        ("model", factory::ModelConfig::NAMES),
        ("train.optimizer", train::OptimizerConfig::NAMES),
        ("model.diffusion.objective", diffusion::ObjectiveConfig::NAMES),
        ("model.diffusion.weight", diffusion::WeightConfig::NAMES),
        ("model.diffusion.noise", diffusion::NoiseConfig::NAMES),
        ("model.diffusion.network", nn::NetworkConfig::NAMES),
        ("model.diffusion.sampling.sampler", samplers::SamplerConfig::NAMES),
        ("model.diffusion.sampling.guiding.schedule", guidance::GuidanceWeightConfig::NAMES),
        ("model.latent.diffusion.weight", diffusion::WeightConfig::NAMES),
        ("model.interpolant.noise", interpolant::GammaConfig::NAMES),
        ("model.discrete.objective", discrete::TokenObjectiveConfig::NAMES),
    ] {
        assert_eq!(at(&schema, path)["oneOf"][0]["enum"], json!(names), "{path}");
    }
    let definitions = schema["$defs"].as_object().expect("there are definitions");
    let twice = definitions.keys().filter(|name| name.contains("Config") && name.ends_with(char::is_numeric));
    assert_eq!(twice.collect::<Vec<_>>(), [] as [&String; 0], "two types of one name");
}

/// Should two registries have one name all the same.
#[test]
fn registries_of_one_name_have_definitions_of_their_own() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is asked for")]
    struct Both {
        toy: NetworkConfig,
        real: crate::nn::NetworkConfig,
    }
    let schema = schema::<Both>();
    assert_eq!(at(&schema, "toy")["oneOf"][0]["enum"], json!(NetworkConfig::NAMES));
    assert_eq!(at(&schema, "real")["oneOf"][0]["enum"], json!(crate::nn::NetworkConfig::NAMES));
}

#[test]
fn the_schema_is_of_the_draft_it_names_and_knows_defaults_and_registries() {
    let schema = schema::<Run>();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["defaults"]["type"], "array");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["lr"]["default"], json!(1e-4));
    assert_eq!(schema["properties"]["network"]["$ref"], "#/$defs/NetworkConfig");
    assert_eq!(schema["$defs"]["NetworkConfig"]["oneOf"][0]["enum"], json!(["unet", "mlp"]));
    assert_eq!(
        schema["$defs"]["NetworkConfig"]["oneOf"][1]["properties"]["norm"]["$ref"],
        "#/$defs/NormConfig"
    );
}
