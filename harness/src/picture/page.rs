//! The page: one file with everything in it, which needs no network.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use super::scene::{Mark, MarkKind, Scene};
use crate::judge::Judgement;
use crate::report::{RunResult, instant};
use crate::timeline::Timeline;

/// Events that a page shows at most.
pub const MOST_EVENTS: usize = 10_000;

const STYLE: &str = include_str!("page.css");
const PROGRAM: &str = include_str!("page.js");
const BODY: &str = include_str!("page.html");

/// What the page's program reads.
#[derive(Serialize)]
struct Data<'s> {
    name: &'s str,
    title: &'s str,
    file: &'s str,
    seed: u64,
    result: &'static str,
    lasted: String,
    rerun: &'s str,
    /// Events of the run; more than are shown when it was thinned.
    events: usize,
    thinned: usize,
    #[serde(flatten)]
    scene: &'s Scene,
}

/// Writes the page of a run that ended so; `rerun` is the command that repeats it.
pub fn page(
    out: &mut dyn Write,
    run: &Timeline,
    judgement: &Judgement,
    result: RunResult,
    rerun: &str,
) -> io::Result<()> {
    let mut scene = Scene::of(run, judgement);
    let events = scene.marks.len();
    thin(&mut scene, MOST_EVENTS);
    let plan = run.plan();
    let data = Data {
        name: &plan.name,
        title: &plan.title,
        file: &plan.file,
        seed: run.header.seed,
        result: result.word(),
        lasted: instant(run.end()),
        rerun,
        events,
        thinned: events - scene.marks.len(),
        scene: &scene,
    };
    // Inside a script element only `<` could end it; JSON may write it otherwise.
    let json = serde_json::to_string(&data)?.replace('<', "\\u003c");
    let mut rest = BODY;
    while let Some((before, after)) = rest.split_once("{{") {
        out.write_all(before.as_bytes())?;
        let (slot, after) = after.split_once("}}").unwrap_or((after, ""));
        match slot {
            "title" => out.write_all(escaped(&format!("{} · mockdc", plan.name)).as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "data" => out.write_all(json.as_bytes())?,
            "program" => out.write_all(PROGRAM.as_bytes())?,
            other => return Err(io::Error::other(format!("the page has no `{other}`"))),
        }
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// Takes out what says least until at most so many events are left: what speaks for or against the run always stays.
pub(super) fn thin(scene: &mut Scene, most: usize) {
    if scene.marks.len() <= most {
        return;
    }
    let mut kept: BTreeSet<u64> =
        scene.claims.iter().flat_map(|claim| claim.evidence.iter().copied()).collect();
    kept.extend(scene.marks.iter().filter(|mark| mark.kind == MarkKind::End).map(|mark| mark.seq));
    while kept.len() > most {
        kept.pop_last();
    }
    // From what says most to what says least; of a kind that does not fit as a whole, every so many.
    let ranks: [&[MarkKind]; 5] = [
        &[MarkKind::Refused, MarkKind::Fault],
        &[MarkKind::Course, MarkKind::Wait, MarkKind::Policy],
        &[MarkKind::Log, MarkKind::Call],
        &[MarkKind::Replication],
        &[MarkKind::State],
    ];
    for rank in ranks {
        let of: Vec<&Mark> = scene
            .marks
            .iter()
            .filter(|mark| rank.contains(&mark.kind) && !kept.contains(&mark.seq))
            .collect();
        let room = most.saturating_sub(kept.len());
        if of.len() <= room {
            kept.extend(of.iter().map(|mark| mark.seq));
        } else {
            kept.extend((0..room).filter_map(|n| of.get(n * of.len() / room)).map(|mark| mark.seq));
        }
    }
    scene.marks.retain(|mark| kept.contains(&mark.seq));
    scene.arrows.retain(|arrow| kept.contains(&arrow.from) && kept.contains(&arrow.to));
    if scene.bars.len() > most {
        scene.bars.truncate(most);
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
