//! The page of a run in a real browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::{Tested, folder, install, mockdc, scenario};

/// The browser; without one the reason is printed, and the test fails where one is required.
#[expect(clippy::print_stderr, reason = "what a test leaves out is said")]
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("MOCKDC_CHROMIUM").map(PathBuf::from);
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.or_else(|| {
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        names
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
            .find(|file| file.is_file())
    });
    if found.is_none() {
        let why =
            "no Chromium is on the path and MOCKDC_CHROMIUM names none: the page is not tried in a browser";
        assert!(std::env::var_os("MOCKDC_REQUIRE_CHROMIUM").is_none_or(|value| value != "1"), "{why}");
        eprintln!("skipped: {why}");
    }
    found
}

/// What the page looks like to a program once `script` has run in it.
fn after(chromium: &Path, page: &Path, script: &str) -> Result<String, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(page)?;
    let changed = text.replace("</body>", &format!("<script>{script}</script></body>"));
    assert_ne!(text, changed, "the page has no end");
    let copy = page.with_extension("tried.html");
    std::fs::write(&copy, changed)?;
    let profile = page.with_extension("profile");
    let output = Command::new(chromium)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ])
        .args(["--window-size=1280,900", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", copy.display()))
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn page(name: &str) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let wrong = "[[expect]]\ninstalled = { client = \"BDC1\", attempt = 1 }\n";
    let file = scenario(name, &install(name, "30m", wrong))?;
    let folder = folder(&format!("{name}-out"))?;
    let ran = mockdc(&["run", &file, "--html", &folder.to_string_lossy()])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    Ok(folder.join(format!("{name}.html")))
}

#[test]
fn a_click_on_a_failed_expectation_leads_to_its_event() -> Tested {
    let Some(chromium) = chromium() else { return Ok(()) };
    let page = page("browser-click")?;
    let script = r##"
        const failed = document.querySelector(".claim.fails");
        const claim = JSON.parse(document.getElementById("data").textContent).claims[failed.dataset.claim];
        failed.click();
        const row = document.querySelector(".row.on");
        const box = row.getBoundingClientRect(), list = document.getElementById("scroll").getBoundingClientRect();
        document.body.dataset.found = JSON.stringify({
            wanted: claim.evidence[claim.evidence.length - 1], selected: Number(document.body.dataset.selected),
            row: Number(row.dataset.seq), seen: box.top >= list.top && box.bottom <= list.bottom + 1,
            hash: location.hash, detail: document.getElementById("detail").textContent,
        });"##;
    let dom = after(&chromium, &page, script)?;
    let found = attribute(&dom, "data-found").ok_or("the script did not run to its end")?;
    let found: serde_json::Value = serde_json::from_str(&found)?;
    assert_eq!(found["selected"], found["wanted"], "{found}");
    assert_eq!(found["row"], found["wanted"], "{found}");
    assert_eq!(found["seen"], true, "{found}");
    assert!(
        found["hash"].as_str().is_some_and(|hash| hash.contains(&format!("e={}", found["wanted"]))),
        "{found}"
    );
    assert!(found["detail"].as_str().is_some_and(|text| text.contains("expectation that fails")), "{found}");
    Ok(())
}

#[test]
fn search_filters_zoom_and_links_work_and_drawing_is_quick() -> Tested {
    let Some(chromium) = chromium() else { return Ok(()) };
    let page = page("browser-search")?;
    let script = r##"
        const box = document.getElementById("search");
        box.value = "2221";
        box.dispatchEvent(new Event("input"));
        const hits = document.getElementById("hits").textContent;
        document.getElementById("next").click();
        const first = document.body.dataset.selected, text = document.querySelector(".row.on").textContent;
        const before = location.hash;
        document.getElementById("in").click();
        const rows = document.querySelectorAll("#rows .row").length;
        const states = document.querySelector("input[data-kind=state]");
        const height = document.getElementById("tall").offsetHeight;
        states.click();
        const more = document.getElementById("tall").offsetHeight;
        const began = performance.now();
        for (let n = 0; n < 20; n += 1) window.dispatchEvent(new Event("resize"));
        const took = (performance.now() - began) / 20;
        document.body.dataset.found = JSON.stringify({ hits, first, text, before, rows, height, more, took });"##;
    let dom = after(&chromium, &page, script)?;
    let found = attribute(&dom, "data-found").ok_or("the script did not run to its end")?;
    let found: serde_json::Value = serde_json::from_str(&found)?;
    assert!(
        found["hits"].as_str().is_some_and(|hits| hits.ends_with("found") && !hits.starts_with("0 ")),
        "{found}"
    );
    assert!(found["text"].as_str().is_some_and(|text| text.contains("2221")), "{found}");
    assert!(found["before"].as_str().is_some_and(|hash| hash.contains("q=2221")), "{found}");
    assert!(found["rows"].as_u64().is_some_and(|rows| (1..200).contains(&rows)), "{found}");
    assert!(found["more"].as_f64() > found["height"].as_f64(), "{found}");
    assert!(found["took"].as_f64().is_some_and(|took| took < 1_000.0), "{found}");
    Ok(())
}

/// The value of an attribute in the text of a document.
fn attribute(dom: &str, name: &str) -> Option<String> {
    let (_, rest) = dom.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}
