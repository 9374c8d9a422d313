//! The library's folders are layers: each uses those before it in `core/src/lib.rs`, never those after.

use crate::{code, tree, verdict};

#[test]
fn folders_of_core_use_those_before_them_only() {
    let sources = tree::sources();
    let lib = &sources["core/src/lib.rs"];
    let order = code::declared(&lib.shipped);
    assert!(
        order.len() > 3,
        "core/src/lib.rs should declare the layers, lowest first; it declares {order:?}"
    );

    let mut offences = Vec::new();
    for source in sources.values() {
        let Some(layer) = layer_of(&source.path) else { continue };
        let Some(own) = order.iter().position(|name| *name == layer) else { continue };
        for name in code::used_of_crate(&source.shipped) {
            let used = order.iter().position(|layer| *layer == home(name, &lib.shipped));
            if used.is_some_and(|used| used > own) {
                offences.push(format!("{}: `{layer}` uses crate::{name}", source.path));
            }
        }
    }
    verdict(
        "a folder of core uses the folders before it in core/src/lib.rs, never those after",
        "move what is shared down, or take it as an argument; the order itself is changed in core/src/lib.rs",
        &offences,
    );
}

/// The layer that a file of core belongs to.
fn layer_of(path: &str) -> Option<&str> {
    let inner = path.strip_prefix("core/src/").filter(|inner| *inner != "lib.rs")?;
    Some(inner.split_once('/').map_or_else(|| inner.trim_end_matches(".rs"), |(folder, _)| folder))
}

/// The layer from which the root exports `name`; without such an export, `name` itself.
fn home<'a>(name: &'a str, lib: &'a str) -> &'a str {
    let exports = lib.split(';').filter_map(|piece| piece.trim().strip_prefix("pub use "));
    let found = exports.filter(|path| code::names(path, name)).map(code::first_word).next();
    found.unwrap_or(name)
}
