//! `registry!`: the one place where a folder lists its members.

use serde::Serialize;

/// What a member says about itself: in `kiln list`, in menus, in the manual and in citations.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct About {
    /// What it is, in a few words.
    pub summary: &'static str,
    /// Where it comes from: authors, year, link; or `-` for common knowledge.
    pub paper: &'static str,
}

/// A member of a registry.
pub trait Member {
    /// What it says about itself.
    const ABOUT: About;
}

/// Turns a list of types into the enum by which configurations name them.
///
/// ```text
/// registry! {
///     /// The samplers that a configuration can name.
///     pub enum SamplerConfig("sampler"): dyn Solver {
///         "euler" => euler::Euler,
///     }
/// }
/// ```
///
/// A member is `Default + Clone + Debug + Serialize + Deserialize + JsonSchema + Member`, with
/// `#[serde(default, deny_unknown_fields)]`, and implements the trait, to which the enum dereferences. It has braces
/// even without a field (`struct Euler {}`), and no field named `kind`. A file says `{kind: euler, ...}`, or just
/// `euler` for its defaults. The enum's name is no other registry's: the schema calls it so.
macro_rules! registry {
    (
        $(#[$meta:meta])*
        pub enum $Config:ident($group:literal): dyn $Trait:ident {
            $($name:literal => $file:ident::$Type:ident),+ $(,)?
        }
    ) => {
        $(pub use $file::$Type;)+

        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub enum $Config {
            $(#[doc = concat!("`", $name, "`: see [`", stringify!($Type), "`].")] $Type($Type)),+
        }

        impl $Config {
            /// What this registry lists.
            pub const GROUP: &'static str = $group;
            /// The names, in the registry's order.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Every member, with its defaults.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$Type(<$Type>::default())),+]
            }

            /// The member of that name, with its defaults.
            pub fn named(name: &str) -> $crate::Result<Self> {
                match name {
                    $($name => Ok(Self::$Type(<$Type>::default())),)+
                    _ => Err($crate::error::unknown($group, name, Self::NAMES)),
                }
            }

            /// The name by which a configuration calls it.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$Type(_) => $name),+ }
            }

            /// What it says about itself.
            pub fn about(&self) -> $crate::registry::About {
                match self { $(Self::$Type(_) => <$Type as $crate::registry::Member>::ABOUT),+ }
            }
        }

        impl ::std::ops::Deref for $Config {
            type Target = dyn $Trait;
            fn deref(&self) -> &Self::Target {
                match self { $(Self::$Type(member) => member),+ }
            }
        }

        impl ::serde::Serialize for $Config {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                match self { $(Self::$Type(member) => $crate::registry::tagged(serializer, $name, member)),+ }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $Config {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let tagged = $crate::registry::untag(deserializer, $group, Self::NAMES)?;
                match tagged.kind.as_str() {
                    $($name => $crate::registry::fields(tagged.fields).map(Self::$Type),)+
                    other => Err($crate::registry::located(tagged.place,
                        &$crate::error::unknown($group, other, Self::NAMES).to_string())),
                }
            }
        }

        impl ::schemars::JsonSchema for $Config {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($Config).into()
            }
            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($Config)).into()
            }
            fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                $crate::registry::schema(vec![$(
                    ($name, <$Type as $crate::registry::Member>::ABOUT,
                        <$Type as ::schemars::JsonSchema>::json_schema(generator)),
                )+])
            }
        }
    };
}

/// Separates a located error's path from its message while it travels through serde, whose errors are plain text.
pub(crate) const LOCATED: char = '\u{1}';

/// An error of serde's that carries the path at which it happened.
pub(crate) fn located<E: serde::de::Error>(path: &str, message: &str) -> E {
    E::custom(format!("{LOCATED}{path}{LOCATED}{message}"))
}

/// Writes `{kind: name, ...member}`.
pub(crate) fn tagged<S: serde::Serializer, T: Serialize>(
    serializer: S,
    name: &str,
    member: &T,
) -> Result<S::Ok, S::Error> {
    use serde::ser::Error;
    let serde_json::Value::Object(fields) = serde_json::to_value(member).map_err(S::Error::custom)? else {
        return Err(S::Error::custom(format!(
            "the registry's member `{name}` should be a struct with braces"
        )));
    };
    if fields.contains_key("kind") {
        return Err(S::Error::custom(format!(
            "the registry's member `{name}` has a field `kind`, which is its name's"
        )));
    }
    let mut map = serde_json::Map::new();
    map.insert("kind".into(), name.into());
    map.extend(fields);
    map.serialize(serializer)
}

/// What `{kind: name, ...}` or `name` says.
pub(crate) struct Tagged {
    /// The member's name.
    pub(crate) kind: String,
    /// Where the name was written: `kind`, or nothing for the short form.
    pub(crate) place: &'static str,
    /// The member's fields.
    pub(crate) fields: serde_json::Value,
}

/// Reads `{kind: name, ...}` or `name`.
pub(crate) fn untag<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
    group: &str,
    names: &[&str],
) -> Result<Tagged, D::Error> {
    use serde::Deserialize;
    use serde_json::{Map, Value};
    let wanted = || format!("a {group} is a name or a map with `kind`, one of: {}", names.join(", "));
    match Value::deserialize(deserializer)? {
        Value::String(kind) => Ok(Tagged { kind, place: "", fields: Map::new().into() }),
        Value::Object(mut map) => match map.shift_remove("kind") {
            Some(Value::String(kind)) => Ok(Tagged { kind, place: "kind", fields: map.into() }),
            Some(other) => Err(located("kind", &format!("{}; this is {other}", wanted()))),
            None => Err(located("kind", &format!("{}; `kind` is missing", wanted()))),
        },
        other => Err(located("", &format!("{}; this is {other}", wanted()))),
    }
}

/// Reads a member's fields, keeping the path of what is wrong.
pub(crate) fn fields<T: serde::de::DeserializeOwned, E: serde::de::Error>(
    value: serde_json::Value,
) -> Result<T, E> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| located(&dotted(error.path()), &error.inner().to_string()))
}

/// The path as overrides write it, `a.b.0.c`; empty for the root.
pub(crate) fn dotted(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;

    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } | Segment::Enum { variant: key } => Some(key.clone()),
        Segment::Unknown => None,
    });
    segments.collect::<Vec<_>>().join(".")
}

/// The schema of a registry: one of its members, or the name of one.
pub(crate) fn schema(members: Vec<(&'static str, About, schemars::Schema)>) -> schemars::Schema {
    let names: Vec<&str> = members.iter().map(|(name, ..)| *name).collect();
    let mut choices = vec![serde_json::json!({ "enum": names })];
    for (name, about, member) in members {
        let mut value = member.to_value();
        if let Some(map) = value.as_object_mut() {
            map.insert("description".into(), format!("{}. {}", about.summary, about.paper).into());
            let properties = map.entry("properties").or_insert_with(|| serde_json::json!({}));
            properties["kind"] = serde_json::json!({ "const": name });
            map.insert("required".into(), serde_json::json!(["kind"]));
        }
        choices.push(value);
    }
    let mut schema = schemars::Schema::default();
    schema.insert("oneOf".into(), choices.into());
    schema
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::{About, Member};
    use crate::config::{schema, typed};
    use serde_json::{Value, json};

    pub trait Shape: Debug {
        fn area(&self) -> f64;
    }

    mod shapes {
        use schemars::JsonSchema;
        use serde::{Deserialize, Serialize};

        #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct Disc {
            pub radius: f64,
        }

        #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct Point {}

        impl Default for Disc {
            fn default() -> Self {
                Self { radius: 1.0 }
            }
        }
    }

    impl Member for Disc {
        const ABOUT: About = About { summary: "A disc", paper: "Euclid, Elements, book III" };
    }
    impl Member for Point {
        const ABOUT: About = About { summary: "A point", paper: "-" };
    }
    impl Shape for Disc {
        fn area(&self) -> f64 {
            std::f64::consts::PI * self.radius * self.radius
        }
    }
    impl Shape for Point {
        fn area(&self) -> f64 {
            0.0
        }
    }

    registry! {
        /// Shapes.
        pub enum ShapeConfig("shape"): dyn Shape {
            "disc" => shapes::Disc,
            "point" => shapes::Point,
        }
    }

    #[test]
    fn a_registry_lists_its_members_in_order_and_finds_each_by_its_name() {
        assert_eq!(ShapeConfig::GROUP, "shape");
        let names: Vec<_> = ShapeConfig::all().iter().map(ShapeConfig::name).collect();
        assert_eq!(names, ShapeConfig::NAMES);
        for name in ShapeConfig::NAMES {
            assert_eq!(ShapeConfig::named(name).expect("it is listed").name(), *name);
        }
        let error = ShapeConfig::named("disk").expect_err("it is not listed");
        assert_eq!(error.to_string(), "unknown shape `disk` (did you mean `disc`?); there are: disc, point");
        assert_eq!(ShapeConfig::all()[0].about().summary, "A disc");
    }

    #[test]
    fn a_name_and_a_map_with_that_kind_mean_the_same_and_the_trait_is_reached() {
        for value in [json!("disc"), json!({ "kind": "disc" }), json!({ "radius": 1, "kind": "disc" })] {
            let shape: ShapeConfig = typed(value).expect("it is a disc");
            assert!((shape.area() - std::f64::consts::PI).abs() < 1e-15);
        }
        let shape: ShapeConfig = typed(json!({ "kind": "disc", "radius": 2 })).expect("it is a disc");
        assert!((shape.area() - 4.0 * std::f64::consts::PI).abs() < 1e-15);
        assert_eq!(
            serde_json::to_value(&shape).expect("it is a map"),
            json!({ "kind": "disc", "radius": 2.0 })
        );
        assert_eq!(
            serde_json::to_string(&ShapeConfig::all()[1]).expect("it is a map"),
            r#"{"kind":"point"}"#
        );
    }

    #[test]
    fn what_names_no_member_is_refused_with_its_place() {
        let wanted = "a shape is a name or a map with `kind`, one of: disc, point";
        for (value, expected) in [
            (
                json!("disk"),
                "`.`: unknown shape `disk` (did you mean `disc`?); there are: disc, point".into(),
            ),
            (json!({ "kind": "x" }), "`kind`: unknown shape `x`; there are: disc, point".into()),
            (json!({}), format!("`kind`: {wanted}; `kind` is missing")),
            (json!({ "kind": 3 }), format!("`kind`: {wanted}; this is 3")),
            (json!(3), format!("`.`: {wanted}; this is 3")),
            (
                json!({ "kind": "point", "radius": 1 }),
                "`radius`: unknown key `radius`; none is allowed here".into(),
            ),
        ] {
            let error = typed::<ShapeConfig>(value).expect_err("it is no shape");
            assert_eq!(error.to_string(), format!("configuration, at {expected}"));
        }
    }

    #[test]
    fn the_schema_has_each_name_and_each_member_with_its_fields() {
        let schema = schema::<ShapeConfig>();
        let choices = schema["oneOf"].as_array().expect("there are choices");
        assert_eq!(choices[0]["enum"], json!(["disc", "point"]));
        assert_eq!(choices.len(), 1 + ShapeConfig::NAMES.len());
        assert_eq!(choices[1]["properties"]["kind"], json!({ "const": "disc" }));
        assert_eq!(choices[1]["properties"]["radius"]["default"], json!(1.0));
        assert_eq!(choices[1]["description"], "A disc. Euclid, Elements, book III");
        for choice in &choices[1..] {
            assert_eq!(choice["additionalProperties"], Value::Bool(false));
            assert_eq!(choice["required"], json!(["kind"]));
        }
    }
}
