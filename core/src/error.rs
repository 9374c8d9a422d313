//! One error type for the library: what a user gave us and cannot be used, and what to do about it.

/// What went wrong with something that a user named, wrote or supplied.
///
/// A shape that the library itself got wrong is a bug and panics; everything a user can cause comes back as one
/// of these. Each message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A key or value in a configuration (a file, an override or a weight file's header).
    #[error("configuration, at `{path}`: {message}")]
    Config {
        /// Dotted path to the key, such as `model.network.channels`; `.` is the whole file.
        path: String,
        /// What was wanted, what came, and the nearest that would do.
        message: String,
    },
    /// A name that no registry knows, or an argument outside of what is allowed.
    #[error("{0}")]
    Argument(String),
    /// A file whose content cannot be used: truncated, of another format, of another shape.
    #[error("{file}: {message}")]
    Format {
        /// The file's name as the user gave it.
        file: String,
        /// What was expected, at which offset, and what came.
        message: String,
    },
    /// A device that is not there or cannot do what was asked.
    #[error("{0}")]
    Device(String),
    /// A number that is not finite where it has to be.
    #[error("{0}")]
    NotFinite(String),
    /// A file that could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// `read`, `write`, `create`, ...
        action: &'static str,
        /// The path as the user gave it.
        path: String,
        /// The operating system's word.
        source: std::io::Error,
    },
}

/// `Result` with the library's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Argument`].
    pub fn argument(message: impl Into<String>) -> Self {
        Self::Argument(message.into())
    }

    /// An [`Error::Format`].
    pub fn format(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Format { file: file.into(), message: message.into() }
    }

    /// An [`Error::Config`].
    pub fn config(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Config { path: path.into(), message: message.into() }
    }
}

/// `unknown KIND "NAME"`, the nearest of `allowed`, and all of them.
pub fn unknown(kind: &str, name: &str, allowed: &[&str]) -> Error {
    Error::Argument(format!(
        "unknown {kind} `{name}`{}; there are: {}",
        did_you_mean(name, allowed),
        allowed.join(", ")
    ))
}

/// `; did you mean X?` where something near enough is allowed, else nothing.
pub fn did_you_mean(name: &str, allowed: &[&str]) -> String {
    let near = allowed
        .iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((likeness, candidate)) if likeness >= 0.5 => format!(" (did you mean `{candidate}`?)"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let near = unknown("sampler", "huen", &["euler", "heun"]).to_string();
        assert_eq!(near, "unknown sampler `huen` (did you mean `heun`?); there are: euler, heun");
        let far = unknown("sampler", "zzz", &["euler", "heun"]).to_string();
        assert_eq!(far, "unknown sampler `zzz`; there are: euler, heun");
    }
}
