//! Members of registries as a command line writes them: `ddim`, `ddim:eta=0.5`, or `@FILE` for one that a file describes.

use kiln::{Error, Result, config, files};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Reads `NAME`, `NAME:key=value,key=value` or `@FILE`; `named` is the registry's own look-up, whose error is the clearest.
pub fn member<T: DeserializeOwned>(text: &str, named: fn(&str) -> Result<T>) -> Result<T> {
    if let Some(path) = text.strip_prefix('@') {
        return described(path);
    }
    let (name, fields) = text.split_once(':').unwrap_or((text, ""));
    let plain = named(name)?;
    if fields.is_empty() {
        return Ok(plain);
    }
    let mut value = Value::Object(Map::from_iter([("kind".to_owned(), Value::from(name))]));
    config::apply(&mut value, &overrides(fields))?;
    config::typed(value)
}

/// Reads `key=value,key=value` into what has defaults for the rest.
pub fn fields<T: DeserializeOwned>(text: &str) -> Result<T> {
    let mut value = Value::Object(Map::new());
    config::apply(&mut value, &overrides(text))?;
    config::typed(value)
}

/// The member that a YAML file describes.
fn described<T: DeserializeOwned>(path: &str) -> Result<T> {
    let bytes = files::read(path.as_ref())?;
    let text = str::from_utf8(&bytes).map_err(|_| Error::format(path, "wanted YAML; this is no text"))?;
    config::typed(config::parse(path, text)?).map_err(|error| match error {
        Error::Config { path: place, message } => Error::format(path, format!("at `{place}`: {message}")),
        other => other,
    })
}

/// The members of `NAME,NAME:key=value,...`: a `key=value` belongs to the name before it, and a comma in brackets to its list.
pub fn list(text: &str) -> Vec<String> {
    let mut members: Vec<String> = Vec::new();
    for piece in text.split(',') {
        let key = piece.split(['=', ':']).next().unwrap_or(piece);
        let field = piece[key.len()..].starts_with('=');
        match members.last_mut() {
            Some(last) if field || open(last) => *last = format!("{last},{piece}"),
            _ => members.push(piece.trim().to_owned()),
        }
    }
    members
}

/// Whether a bracket is waiting to be closed.
fn open(text: &str) -> bool {
    text.matches('[').count() > text.matches(']').count()
}

/// The `key=value` pieces; a comma inside of a value, as in `range=[1,2]`, does not end it.
fn overrides(fields: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for piece in fields.split(',') {
        match pieces.last_mut() {
            Some(last) if !piece.contains('=') => *last = format!("{last},{piece}"),
            _ => pieces.push(piece.to_owned()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln::samplers::SamplerConfig;

    #[test]
    fn a_name_and_a_name_with_fields_are_members() {
        let plain = member("ddim", SamplerConfig::named).expect("a sampler");
        assert_eq!(plain.name(), "ddim");
        let set = member("ddim:eta=0.5", SamplerConfig::named).expect("a sampler");
        assert_eq!(serde_json::to_value(&set).expect("JSON")["eta"], 0.5);
    }

    #[test]
    fn fields_alone_change_the_defaults() {
        let pull: kiln::editing::Dps = fields("noise=0.5").expect("a pull");
        assert_eq!((pull.strength, pull.noise), (1.0, 0.5));
        let error = fields::<kiln::editing::Dps>("noize=0.5").expect_err("no field").to_string();
        assert!(error.contains("did you mean `noise`?"), "{error}");
    }

    #[test]
    fn what_is_no_member_is_refused_with_the_nearest() {
        let error = |text| member(text, SamplerConfig::named).expect_err("no sampler").to_string();
        assert!(error("huen").contains("did you mean `heun`?"));
        assert!(error("ddim:etta=1").contains("did you mean `eta`?"));
        assert!(error("ddim:eta=x").contains("eta"));
        assert!(error("ddim:eta").contains('='));
    }

    #[test]
    fn a_list_of_members_keeps_each_with_its_fields() {
        let text = "euler,ddim:eta=0.5,a:b=1,c=[1,2],d=x, heun";
        assert_eq!(list(text), ["euler", "ddim:eta=0.5", "a:b=1,c=[1,2],d=x", "heun"]);
        assert_eq!(list("heun"), ["heun"]);
    }

    #[test]
    fn a_comma_inside_of_a_list_belongs_to_it() {
        assert_eq!(overrides("a=[1,2],b=3"), ["a=[1,2]", "b=3"]);
    }
}
