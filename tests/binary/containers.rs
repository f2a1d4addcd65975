//! The image that runs `mockdc serve`, and its compose file, as users bring them up.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use super::command::{Tested, top};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The program that reads compose files: a part of `docker`, or one of its own.
fn composer() -> Option<Vec<&'static str>> {
    let answers = |words: &[&str]| {
        let asked = Command::new(words[0]).args(&words[1..]).arg("version").output();
        asked.is_ok_and(|asked| asked.status.success())
    };
    [vec!["docker", "compose"], vec!["docker-compose"]].into_iter().find(|words| answers(words))
}

fn docker_answers() -> bool {
    Command::new("docker").arg("version").output().is_ok_and(|asked| asked.status.success())
}

/// Controllers that are up; they and their image are removed when this is dropped.
struct Up {
    composer: Vec<&'static str>,
    project: String,
    image: String,
}

impl Up {
    fn compose(&self, arguments: &[&str]) -> Outcome<Output> {
        let mut command = Command::new(self.composer[0]);
        command.args(&self.composer[1..]).args(["-p", &self.project, "-f", "containers/serve/compose.yaml"]);
        command.args(arguments).current_dir(top());
        command.env("MOCKDC_SERVE_IMAGE", &self.image).env("MOCKDC_SPEED", "manual");
        for port in ["MOCKDC_CONTROL", "MOCKDC_PDC1", "MOCKDC_BDC1", "MOCKDC_BDC2"] {
            // A free one of the loopback.
            command.env(port, "127.0.0.1:");
        }
        Ok(command.output()?)
    }

    fn done(&self, arguments: &[&str]) -> Outcome<String> {
        let output = self.compose(arguments)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.success() {
            true => Ok(text),
            false => Err(format!("{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }

    fn containers(&self) -> Outcome<Vec<String>> {
        let filter = format!("label=com.docker.compose.project={}", self.project);
        let listed = Command::new("docker").args(["ps", "-a", "-q", "--filter", &filter]).output()?;
        Ok(String::from_utf8_lossy(&listed.stdout).split_whitespace().map(str::to_owned).collect())
    }

    /// Waits until every container's own check says that it is well.
    #[expect(clippy::disallowed_methods, reason = "containers come up at their own pace")]
    fn await_health(&self) -> Outcome<()> {
        let mut looks = 0;
        loop {
            let containers = self.containers()?;
            let format = "{{.Name}} {{.State.Health.Status}}";
            let asked = Command::new("docker").args(["inspect", "-f", format]).args(&containers).output()?;
            let text = String::from_utf8_lossy(&asked.stdout).into_owned();
            let well = text.lines().filter(|line| line.ends_with(" healthy")).count();
            if well == 4 {
                return Ok(());
            }
            looks += 1;
            if looks > 600 {
                return Err(format!("not all are well:\n{text}").into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn url(&self, service: &str) -> Outcome<String> {
        Ok(format!("ldap://{}", self.done(&["port", service, "389"])?.trim()))
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.compose(&["down", "-v", "--remove-orphans", "-t", "1"]);
        let _ = Command::new("docker").args(["rmi", "-f", &self.image]).output();
    }
}

/// Builds the image of the served controllers, of a program or of one that the script links. Where the program under
/// test is itself a release, the script works elsewhere, so that nobody finds it replaced.
fn image(name: &str, program: Option<&str>) -> Outcome<Output> {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_mockdc"));
    let builds = built.parent().ok_or("no folder of builds")?;
    let target = match builds.ends_with("release") {
        true => Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve"),
        false => builds.parent().ok_or("no folder of builds")?.to_owned(),
    };
    let mut command = Command::new(top().join("containers/serve/build"));
    Ok(command.args(program).env("MOCKDC_SERVE_IMAGE", name).env("CARGO_TARGET_DIR", target).output()?)
}

/// The files of an image, but for those that the engine puts into every container.
fn files(image: &str) -> Outcome<Vec<String>> {
    let export =
        "id=$(docker create \"$1\") && { docker export \"$id\" | tar -t; docker rm -v \"$id\" >/dev/null; }";
    let listed = Command::new("sh").args(["-c", export, "sh", image]).output()?;
    let of_the_engine =
        |name: &&str| ["dev/", "etc/", "proc/", "sys/", ".dockerenv"].iter().any(|own| name.starts_with(own));
    let names = String::from_utf8(listed.stdout)?;
    Ok(names.lines().filter(|name| !of_the_engine(name) && !name.ends_with('/')).map(str::to_owned).collect())
}

const WHO: [&str; 5] = ["-x", "-D", "CORP\\Administrator", "-w", "Adm1n-password!"];

/// Whether a controller shows an account.
fn shows(url: &str) -> Outcome<bool> {
    let base = "CN=Users,DC=corp,DC=example";
    let searched = Command::new("ldapsearch")
        .args(WHO)
        .args(["-LLL", "-H", url, "-b", base, "(sAMAccountName=svc)", "cn"])
        .output()?;
    let text = String::from_utf8_lossy(&searched.stdout).into_owned();
    match searched.status.success() {
        true => Ok(text.contains("cn: svc")),
        false => Err(format!("{url}: {text}{}", String::from_utf8_lossy(&searched.stderr)).into()),
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "what a test leaves out is said")]
fn three_controllers_have_a_container_each_and_replicate_as_the_scenario_says() -> Tested {
    let composer = composer();
    let (true, Some(composer)) = (docker_answers(), composer) else {
        assert!(
            std::env::var_os("MOCKDC_REQUIRE_DOCKER").is_none_or(|value| value != "1"),
            "Docker, or its compose, does not answer"
        );
        eprintln!("left out, for want of Docker with compose (MOCKDC_REQUIRE_DOCKER=1 makes that a failure)");
        return Ok(());
    };
    if Command::new("ldapsearch").arg("-VV").output().is_err() {
        assert!(
            std::env::var_os("MOCKDC_REQUIRE_CLIENTS").is_none_or(|value| value != "1"),
            "ldapsearch is not installed"
        );
        eprintln!("left out, for want of ldapsearch (MOCKDC_REQUIRE_CLIENTS=1 makes that a failure)");
        return Ok(());
    }
    let pid = std::process::id();
    let up =
        Up { composer, project: format!("mockdc-test-{pid}"), image: format!("mockdc-serve:test-{pid}") };
    let built = image(&up.image, None)?;
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    assert_eq!(files(&up.image)?, ["mockdc"], "one program, and nothing that it could load");
    up.done(&["up", "-d"])?;
    up.await_health()?;
    let [pdc, near, far] = [up.url("pdc1")?, up.url("bdc1")?, up.url("bdc2")?];
    let ldif = std::env::temp_dir().join(format!("mockdc-test-{pid}.ldif"));
    let user = "dn: CN=svc,CN=Users,DC=corp,DC=example\nobjectClass: user\nsAMAccountName: svc\n";
    std::fs::write(&ldif, user)?;
    let add = |url: &str| Command::new("ldapadd").args(WHO).args(["-H", url, "-f"]).arg(&ldif).output();
    let at_a_copy = add(&near)?;
    let refused = String::from_utf8_lossy(&at_a_copy.stderr).into_owned();
    let added = add(&pdc)?;
    std::fs::remove_file(&ldif)?;
    assert!(refused.contains("ldap://pdc1.corp.example:389/"), "a copy refers to the primary: {refused}");
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let advance = |by: &str| up.done(&["exec", "-T", "model", "/mockdc", "ctl", "advance", by]);
    assert_eq!((shows(&pdc)?, shows(&near)?, shows(&far)?), (true, false, false));
    advance("9m59s")?;
    assert!(!shows(&near)?, "ten minutes are not over");
    advance("1s")?;
    assert_eq!((shows(&near)?, shows(&far)?), (true, false));
    advance("30m")?;
    assert!(shows(&far)?);
    let format = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}}";
    let users = Command::new("docker").args(["inspect", "-f", format]).args(up.containers()?).output()?;
    let users = String::from_utf8_lossy(&users.stdout).into_owned();
    assert!(users.lines().all(|line| line == "10389:10389 true"), "{users}");
    up.done(&["down", "-v", "-t", "1"])?;
    assert_eq!(up.containers()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_program_that_needs_libraries_does_not_get_into_the_image() -> Tested {
    // What the tests run is linked as programs usually are.
    let refused = image("mockdc-serve:test-refused", Some(env!("CARGO_BIN_EXE_mockdc")))?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("is not static"), "{said}");
    Ok(())
}
