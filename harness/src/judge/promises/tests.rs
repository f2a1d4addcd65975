//! Hand-made runs.
