//! The application driven as a person drives it: by what can be read on it, with what computes in between.

mod bench;

mod lab;
mod race;
mod denoise;
mod latent;
mod zoo;
mod hood;
mod tour;
