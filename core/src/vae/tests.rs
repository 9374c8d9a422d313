//! Variational autoencoders against what is known of them.
