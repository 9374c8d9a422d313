//! The JSON schema of a configuration, for editors.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The schema (JSON Schema, draft 2020-12) of a file that holds a `T`, `defaults:` included.
pub fn schema<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut value = generator.into_root_schema_for::<T>().to_value();
    if let Some(properties) = value.get_mut("properties").and_then(Value::as_object_mut) {
        let entry = json!({
            "type": "array",
            "items": { "type": "string" },
            "description": "Files whose keys come first, relative to this one; `.yaml` may be left out.",
        });
        properties.shift_insert(0, "defaults".into(), entry);
    }
    value
}
