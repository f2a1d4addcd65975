//! The image that every controller's container runs.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use crate::engine::{Engine, EngineError};

/// The files that make the image, in the order in which `build` hashes them.
const INPUTS: [(&str, &str); 7] = [
    ("Dockerfile", include_str!("../image/Dockerfile")),
    ("agent.py", include_str!("../image/agent.py")),
    ("bake", include_str!("../image/bake")),
    ("build", include_str!("../image/build")),
    ("entry", include_str!("../image/entry")),
    ("replication.py", include_str!("../image/replication.py")),
    ("settings", include_str!("../image/settings")),
];

/// The image, present at the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// `mockdc-samba`.
    pub name: &'static str,
    /// A hash of the files that it was made of: another version of them is another image.
    pub tag: String,
}

/// The image could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The container engine is absent or refuses.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The script that builds it failed; it has said why on standard error, with the remedy.
    #[error("the image {0} could not be built: what the script says stands above")]
    Build(String),
    /// Its files could not be written to the folder for temporary files, or bash is missing.
    #[error("the image's files cannot be used in {}: {error}", folder.display())]
    Files {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl Image {
    /// The image of this version, present or not.
    pub fn current() -> Image {
        Image { name: "mockdc-samba", tag: tag() }
    }

    /// Makes sure that the image is there. The first time it is built from nothing, which takes about two minutes and
    /// the network; the stages and their times appear on standard error. One process builds, others wait for it.
    pub async fn ensure() -> Result<Image, ImageError> {
        let image = Image::current();
        let engine = Engine::connect().await?;
        if !engine.has_image(&image.to_string()).await? {
            let wanted = image.clone();
            let built = tokio::task::spawn_blocking(move || wanted.build()).await;
            built.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        }
        Ok(image)
    }

    fn build(&self) -> Result<(), ImageError> {
        let folder = env::temp_dir().join(format!("mockdc-image-{}-{}", self.tag, std::process::id()));
        let outcome = self.build_in(&folder);
        let _ = fs::remove_dir_all(&folder);
        outcome
    }

    fn build_in(&self, folder: &PathBuf) -> Result<(), ImageError> {
        let failed = |error| ImageError::Files { folder: folder.clone(), error };
        // The script looks again whether the image is there, once it is our turn.
        let turn = File::create(env::temp_dir().join("mockdc-image.lock")).map_err(failed)?;
        turn.lock().map_err(failed)?;
        fs::create_dir_all(folder).map_err(failed)?;
        for (name, text) in INPUTS {
            let path = folder.join(name);
            fs::write(&path, text).map_err(failed)?;
            let mode = if matches!(name, "bake" | "build" | "entry") { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(failed)?;
        }
        let script = Command::new("bash")
            .arg(folder.join("build"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        if script.map_err(failed)?.success() { Ok(()) } else { Err(ImageError::Build(self.to_string())) }
    }
}

impl std::fmt::Display for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.tag)
    }
}

/// What `sha256sum FILES | sha256sum` gives in the script, shortened.
fn tag() -> String {
    let mut list = Sha256::new();
    for (name, text) in INPUTS {
        list.update(format!("{}  {name}\n", hex(Sha256::digest(text).as_ref())));
    }
    let mut tag = hex(list.finalize().as_ref());
    tag.truncate(12);
    tag
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
