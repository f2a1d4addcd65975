//! Properties over random domains, delays, faults, profiles, policies, machines and installs, against oracles of closed
//! arithmetic (`mockdc_tests::oracle`). `MOCKDC_CASES` says how often each is tried; a case that fails is written into
//! the folder `failing` as a scenario.

mod anything;
mod convergence;
mod directories;
mod exhaustive;
mod lockouts;
mod outcomes;
mod replay;
mod rights;
mod sums;
