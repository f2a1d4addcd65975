//! Whether tests that need containers can run here.

use std::io::Write;
use std::sync::OnceLock;

use crate::engine::Engine;

/// The environment variable that makes the absence of Docker an error: `1` does.
const REQUIRE: &str = "MOCKDC_REQUIRE_DOCKER";

/// Whether Docker answers, asked first by every test that starts containers. If not, the test ends at once and passes;
/// one line on standard error, which the test runner does not swallow, says what was left out and how to run it.
///
/// # Panics
///
/// Without Docker when `MOCKDC_REQUIRE_DOCKER=1` is set, as on a machine of continuous integration.
pub async fn docker_for_tests() -> bool {
    static SAID: OnceLock<()> = OnceLock::new();
    let Err(why) = Engine::connect().await else { return true };
    assert!(std::env::var_os(REQUIRE).is_none_or(|value| value != "1"), "{REQUIRE}=1 is set, but {why}");
    SAID.get_or_init(|| {
        let line = "left out: the tests named samba_*, because Docker does not answer; start Docker and run `cargo test samba_`";
        let _ = writeln!(std::io::stderr(), "{line}");
    });
    false
}
