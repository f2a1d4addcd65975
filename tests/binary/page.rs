//! The live page in a real browser: headless Chromium, steered through its own debugging pipe.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::command::{Tested, folder, scenario};
use super::live::{Served, two};

/// Fails when there is no browser, where this is set.
const REQUIRE: &str = "MOCKDC_REQUIRE_CHROMIUM";

/// A browser with one page.
struct Browser {
    child: Child,
    to: File,
    from: File,
    session: String,
    next: u64,
    buffer: Vec<u8>,
}

impl Browser {
    /// Opens a page. The debugging protocol comes in at descriptor 3 and goes out at 4.
    fn open(program: &str, url: &str, scratch: &Path) -> Result<Browser, Box<dyn std::error::Error>> {
        let (inward, outward) = (scratch.join("in"), scratch.join("out"));
        for pipe in [&inward, &outward] {
            assert!(Command::new("mkfifo").arg(pipe).status()?.success());
        }
        let script = "exec \"$0\" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
                      --user-data-dir=\"$3\" --remote-debugging-pipe about:blank 3<\"$1\" 4>\"$2\"";
        let child = Command::new("sh")
            .args(["-c", script, program])
            .args([&inward, &outward, &scratch.join("profile")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let to = File::options().write(true).open(&inward)?;
        let from = File::open(&outward)?;
        let mut browser = Browser { child, to, from, session: String::new(), next: 0, buffer: Vec::new() };
        let target = browser.ask("Target.createTarget", json!({ "url": url }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.ask("Target.attachToTarget", attach)?;
        browser.session = attached["sessionId"].as_str().ok_or("a session")?.to_owned();
        Ok(browser)
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, Box<dyn std::error::Error>> {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes())?;
        loop {
            let answer = self.message()?;
            if answer["id"] == self.next {
                return match answer.get("error") {
                    Some(error) => Err(format!("{method}: {error}").into()),
                    None => Ok(answer["result"].clone()),
                };
            }
        }
    }

    fn message(&mut self) -> Result<Value, Box<dyn std::error::Error>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == 0) {
                let message: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(serde_json::from_slice(&message[..end])?);
            }
            let mut part = [0; 16 << 10];
            match self.from.read(&mut part)? {
                0 => return Err("the browser is gone".into()),
                n => self.buffer.extend_from_slice(&part[..n]),
            }
        }
    }

    /// What an expression of the page gives; a promise is waited for.
    fn value(&mut self, expression: &str) -> Result<Value, Box<dyn std::error::Error>> {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", parameters)?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(format!("{expression}: {thrown}").into()),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Waits in the page until a condition holds there, 20 seconds at most.
    fn until(&mut self, condition: &str) -> Tested {
        let wait = format!(
            "new Promise((done, fail) => {{ const end = Date.now() + 20000; const look = () => {{ \
             if ({condition}) done(true); else if (Date.now() > end) fail(document.body.innerText); \
             else setTimeout(look, 50); }}; look(); }})"
        );
        // A page that is still on its way to its address takes what was asked with it.
        for _ in 0..100 {
            match self.value(&wait) {
                Err(error) if error.to_string().contains("context") => {}
                answer => return answer.map(|_| ()),
            }
        }
        Err("the page does not settle".into())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        let version =
            Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    })
}

#[test]
#[expect(clippy::print_stderr, reason = "what a test leaves out is said")]
fn the_page_shows_the_run_and_its_buttons_steer_it() -> Tested {
    let Some(program) = chromium() else {
        assert!(std::env::var_os(REQUIRE).is_none(), "{REQUIRE} is set, and there is no Chromium");
        eprintln!("left out: no Chromium (apt install chromium)");
        return Ok(());
    };
    let file = scenario("live-page", &two("live-page", ""))?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    let token = std::fs::read_to_string(served.variable("MOCKDC_CONTROL_TOKEN_FILE"))?;
    let url = format!("{}/#token={token}", served.variable("MOCKDC_CONTROL_URL"));
    let scratch = folder("live-page-browser")?;
    let mut page = Browser::open(program, &url, &scratch)?;
    page.until("document.querySelectorAll && document.querySelectorAll('.dc').length === 2")?;
    assert_eq!(page.value("document.getElementById('scenario').textContent")?, "live-page");
    page.until("document.getElementById('events').childElementCount > 50")?;

    let add = r#"{"user-add": {"user": "SVC", "password": "Pa55-word!"}}"#;
    assert_eq!(served.ctl(&["operation", add])?.code, 0);
    page.until("document.querySelector('.dc[data-name=BDC1] .waiting').innerText.includes('SVC')")?;
    page.until("document.getElementById('events').innerText.includes('SVC')")?;
    page.value("document.querySelector('form[data-path=advance]').requestSubmit()")?;
    page.until("!document.querySelector('.dc[data-name=BDC1] .waiting').innerText.includes('SVC')")?;
    assert_eq!(page.value("document.getElementById('time').textContent")?, "00:10:00.000");

    page.value("document.querySelector('button[data-does=\"snapshot BDC1\"]').click()")?;
    page.until("document.querySelector('.dc[data-name=BDC1] .links').innerText.includes('snapshot latest')")?;
    page.value("document.querySelector('button[data-does=\"restore BDC1\"]').click()")?;
    page.until("document.getElementById('answer').textContent.includes('snapshot-restore latest at BDC1')")?;
    page.value("document.querySelector('form[data-path=advance]').requestSubmit()")?;
    page.until("!document.querySelector('.dc[data-name=BDC1]').classList.contains('down')")?;
    page.value("document.querySelector('button[data-does=\"crash BDC1\"]').click()")?;
    page.until("document.querySelector('.dc[data-name=BDC1]').classList.contains('down')")?;
    page.value("document.querySelector('button[data-does=\"restart BDC1\"]').click()")?;
    page.until("document.getElementById('answer').textContent.includes('restart BDC1')")?;
    page.value("document.querySelector('button[data-does=\"hold BDC1\"]').click()")?;
    page.until("document.getElementById('faults').innerText.includes('control-2')")?;
    page.value("document.querySelector('#faults button').click()")?;
    page.until("document.getElementById('faults').innerText === ''")?;
    page.value("document.querySelector('form[data-path=partition]').requestSubmit()")?;
    page.until("document.getElementById('faults').innerText.includes('partition')")?;
    page.value("document.querySelector('form[data-path=heal]').requestSubmit()")?;
    page.until("document.getElementById('faults').innerText === ''")?;
    page.value("document.querySelector('form[data-path=heal]').requestSubmit()")?;
    page.until("document.getElementById('answer').classList.contains('bad')")?;
    let names = "[...document.querySelectorAll('form')].map(form => form.dataset.path).join()";
    assert_eq!(page.value(names)?, "synchronize,partition,heal,release,advance,speed,fault,policy,stop");
    page.value("document.querySelector('form[data-path=stop]').requestSubmit()")?;
    let (code, printed) = served.ended()?;
    assert_eq!(code, 0, "{printed}");
    Ok(())
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_has_both_lights() -> Tested {
    let page = std::fs::read_to_string(super::command::top().join("harness/src/control/page.html"))?;
    assert!(page.contains("color-scheme: light dark"));
    for elsewhere in ["http://", "https://", "src=", "<link", "@import", "url("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    Ok(())
}
