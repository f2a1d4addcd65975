//! The script that builds the image, with a stand-in for the command `docker` that keeps a list of images and of what it
//! was asked for.

use std::os::unix::fs::symlink;
use std::process::Output;

use super::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/image/build");

/// `docker` as the script uses it: images are lines of a file, and a pull succeeds when a file says so.
const STAND_IN: &str = r#"#!/usr/bin/env bash
cd "$(dirname "$0")"
echo "$*" >>calls
case $1 in
  version) ;;
  image) grep -qxF "$3" images ;;
  pull) [[ -e reachable ]] && echo "${@: -1}" >>images || { echo "no route to the registry" >&2; exit 1; } ;;
  tag) echo "$3" >>images ;;
  rmi) grep -vxF "$2" images >left; mv left images ;;
  build)
    while [[ $# -gt 0 ]]; do
      [[ $1 == -t ]] && echo "$2" >>images
      shift
    done ;;
  *) exit 64 ;;
esac
"#;

/// What the script and the stand-in use of the system; debootstrap is not among it.
const TOOLS: [&str; 13] =
    ["bash", "dirname", "env", "sha256sum", "cut", "mktemp", "rm", "awk", "tail", "head", "id", "grep", "mv"];

/// A folder with the stand-in, which is removed at the end.
struct Docker(PathBuf);

impl Docker {
    fn new(test: &str, images: &[&str], reachable: bool) -> io::Result<Docker> {
        let folder = env::temp_dir().join(format!("mockdc-stand-in-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("docker"), STAND_IN)?;
        fs::set_permissions(folder.join("docker"), fs::Permissions::from_mode(0o755))?;
        fs::write(
            folder.join("images"),
            images.iter().map(|image| format!("{image}\n")).collect::<String>(),
        )?;
        for tool in TOOLS {
            let found = env::split_paths(&env::var_os("PATH").unwrap_or_default())
                .map(|folder| folder.join(tool))
                .find(|path| path.exists());
            let found = found.ok_or_else(|| io::Error::other(format!("this system has no `{tool}`")))?;
            symlink(found, folder.join(tool))?;
        }
        if reachable {
            fs::write(folder.join("reachable"), "")?;
        }
        Ok(Docker(folder))
    }

    /// Runs the script, which finds nothing but [`TOOLS`] and the stand-in.
    fn build(&self) -> io::Result<Output> {
        Command::new(self.0.join("bash")).arg(SCRIPT).env("PATH", &self.0).stdin(Stdio::null()).output()
    }

    fn lines(&self, file: &str) -> io::Result<Vec<String>> {
        Ok(fs::read_to_string(self.0.join(file))?.lines().map(str::to_owned).collect())
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_script_names_the_same_image() -> Tested {
    let named = Command::new("bash").args([SCRIPT, "--name"]).output()?;
    assert_eq!(said(&named.stdout).trim(), Image::current().to_string());
    Ok(())
}

#[test]
fn the_base_is_pulled_where_it_can_be_and_the_image_stands_on_it() -> Tested {
    let docker = Docker::new("pulled", &[], true)?;
    let built = docker.build()?;
    assert!(built.status.success(), "{built:?}");
    assert_eq!(said(&built.stdout).trim(), Image::current().to_string());
    assert!(said(&built.stderr).contains("base: pulled"), "{built:?}");
    let tag = Image::current().tag;
    let asked = docker.lines("calls")?.into_iter().filter(|call| !call.starts_with("image inspect"));
    let build = "build --force-rm --build-arg BASE=mockdc-base:bookworm";
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [
            "version".to_owned(),
            "pull -q debian:bookworm-slim".to_owned(),
            "tag debian:bookworm-slim mockdc-base:bookworm".to_owned(),
            "rmi debian:bookworm-slim".to_owned(),
            format!("{build} --network host --target packages -t mockdc-packages:{tag} ."),
            format!("{build} --network none -t mockdc-samba:{tag} ."),
        ]
    );
    // The name that was pulled is not left behind, and the second time there is nothing to do.
    let images = docker.lines("images")?;
    let of = [format!("mockdc-packages:{tag}"), format!("mockdc-samba:{tag}")];
    assert_eq!(images, ["mockdc-base:bookworm", &of[0], &of[1]]);
    let calls = docker.lines("calls")?.len();
    assert!(docker.build()?.status.success());
    assert_eq!(docker.lines("calls")?[calls..].concat(), format!("versionimage inspect mockdc-samba:{tag}"));
    Ok(())
}

#[test]
fn a_base_that_is_there_is_not_pulled() -> Tested {
    for present in ["mockdc-base:bookworm", "debian:bookworm-slim"] {
        let docker = Docker::new("present", &[present], false)?;
        let built = docker.build()?;
        assert!(built.status.success(), "{built:?}");
        assert!(said(&built.stderr).contains(&format!("base: {present} is present")), "{built:?}");
        assert!(!docker.lines("calls")?.iter().any(|call| call.starts_with("pull")), "{present}");
        assert!(docker.lines("images")?.contains(&Image::current().to_string()));
    }
    Ok(())
}

#[test]
fn without_a_base_the_script_says_what_is_missing_and_the_remedy() -> Tested {
    let docker = Docker::new("unreachable", &[], false)?;
    let built = docker.build()?;
    assert_eq!(built.status.code(), Some(1), "{built:?}");
    let told = said(&built.stderr);
    assert!(told.contains("debian:bookworm-slim cannot be pulled (no route to the registry)"), "{told}");
    assert!(told.contains("apt-get install debootstrap"), "{told}");
    assert_eq!(docker.lines("images")?, Vec::<String>::new());
    Ok(())
}
