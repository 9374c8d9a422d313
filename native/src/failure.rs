//! Why a command did not do what was asked, and with which code the program ends.

use std::fmt;

/// An error, with what can be done about it.
#[derive(Debug)]
pub enum Failure {
    /// Something that the user gave cannot be used: code 1.
    Error {
        /// What is wrong.
        error: kiln::Error,
        /// What to do, beyond what the error says.
        remedy: Option<String>,
    },
    /// The user interrupted: code 130, as shells have it.
    Interrupted(String),
}

/// What a command gives.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// An error with a remedy.
    pub fn new(error: kiln::Error, remedy: impl Into<String>) -> Self {
        Self::Error { error, remedy: Some(remedy.into()) }
    }

    /// The code with which the program ends.
    pub fn code(&self) -> u8 {
        match self {
            Self::Error { .. } => 1,
            Self::Interrupted(_) => 130,
        }
    }
}

impl From<kiln::Error> for Failure {
    fn from(error: kiln::Error) -> Self {
        Self::Error { error, remedy: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error { error, remedy: None } => write!(out, "error: {error}"),
            Self::Error { error, remedy: Some(remedy) } => write!(out, "error: {error}\n{remedy}"),
            Self::Interrupted(message) => out.write_str(message),
        }
    }
}

/// An error about an argument.
pub fn argument(message: impl Into<String>) -> Failure {
    kiln::Error::argument(message).into()
}
