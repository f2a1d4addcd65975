//! The user's own program: in a process group of its own, its output kept, its time limited, and nothing of it left.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mockdc_scenarios::ProgramEnding;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::oneshot;

use crate::run::Inbox;

/// How long a program may still run after it was asked to end.
const GRACE: Duration = Duration::from_secs(2);

/// How long output is still waited for when everything of the program's group is gone.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes of output that are kept of each stream.
const MOST_OUTPUT: usize = 16 << 20;

/// Lines that become events of the run; the results folder has all that is kept.
const MOST_LINES: usize = 50_000;

/// Bytes of a file that become the value of a state.
const LARGEST_FILE: u64 = 64 << 10;

/// A program that is to be started.
#[derive(Clone, Debug)]
pub struct Program {
    /// It and its arguments; not empty.
    pub command: Vec<String>,
    /// Variables beside those of this process.
    pub variables: BTreeMap<String, String>,
    /// How long it may run, on the wall clock.
    pub timeout: Duration,
    /// Files that are looked at when it has ended.
    pub files: Vec<String>,
}

/// Why a program does not start.
#[derive(Debug, thiserror::Error)]
pub enum NoProgram {
    /// It is not there, or may not be run. Remedy: its path, or a folder of `PATH`.
    #[error("cannot start `{program}`: {error}")]
    Start {
        /// The program.
        program: String,
        /// The system's words.
        error: io::Error,
    },
}

/// Whether a command's program is there and may be run, as far as that can be told before its placeholders are filled
/// in: it is looked for as the system will.
pub fn can_start(command: &[String]) -> Result<(), NoProgram> {
    let program = command.first().map_or("", String::as_str);
    if program.contains('{') {
        return Ok(());
    }
    let refused = |kind: Errno| NoProgram::Start { program: program.to_owned(), error: kind.into() };
    let candidates: Vec<PathBuf> = match program.contains('/') {
        true => vec![PathBuf::from(program)],
        false => {
            // Without the variable the system looks in places of its own.
            let Some(folders) = std::env::var_os("PATH") else { return Ok(()) };
            std::env::split_paths(&folders).map(|folder| folder.join(program)).collect()
        }
    };
    let mut there = false;
    for candidate in candidates {
        let Ok(metadata) = std::fs::metadata(&candidate) else { continue };
        if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
            return Ok(());
        }
        there |= program.contains('/') || metadata.is_file();
    }
    Err(refused(if there { Errno::ACCESS } else { Errno::NOENT }))
}

/// What a program wrote.
#[derive(Clone, Debug, Default)]
pub struct Output {
    shared: Arc<Mutex<Written>>,
}

#[derive(Debug, Default)]
struct Written {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// Lines that nobody has shown yet.
    fresh: VecDeque<String>,
}

/// Which of a program's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

impl Output {
    /// Lines that were not taken yet.
    pub fn fresh(&self) -> Vec<String> {
        self.lock().fresh.drain(..).collect()
    }

    /// Everything on standard output, up to what is kept.
    pub fn stdout(&self) -> Vec<u8> {
        self.lock().stdout.clone()
    }

    /// Everything on standard error, up to what is kept.
    pub fn stderr(&self) -> Vec<u8> {
        self.lock().stderr.clone()
    }

    fn take(&self, stream: Stream, line: &[u8]) {
        let mut written = self.lock();
        let kept = match stream {
            Stream::Out => &mut written.stdout,
            Stream::Err => &mut written.stderr,
        };
        let room = MOST_OUTPUT.saturating_sub(kept.len());
        kept.extend_from_slice(&line[..line.len().min(room)]);
        if room > 0 {
            written.fresh.push_back(text_of(line));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Written> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program that runs. Dropping it ends whatever is left of its group.
pub struct Running {
    group: Group,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

/// How the variables begin by which a program learns of its run.
const OURS: &[u8] = b"MOCKDC_";

/// A process group that is ended when this is dropped.
struct Group(Pid);

impl Group {
    fn signal(&self, signal: Signal) {
        // Whoever is gone already needs no signal.
        let _ = kill_process_group(self.0, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

impl Running {
    /// Starts a program; its lines and its end are told to `inbox`.
    pub fn start(program: &Program, inbox: &Inbox, output: &Output) -> Result<Running, NoProgram> {
        let (name, arguments) =
            program.command.split_first().map_or(("", &[][..]), |(name, rest)| (name, rest));
        let mut command = Command::new(name);
        // What a shell still has from another run would lead the program to that one's controllers.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(OURS)) {
            command.env_remove(name);
        }
        command
            .args(arguments.iter().map(OsString::from))
            .envs(&program.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let refused = |error| NoProgram::Start { program: name.to_owned(), error };
        let before: Vec<Option<Mark>> = program.files.iter().map(|path| mark(path)).collect();
        let mut child = command.spawn().map_err(refused)?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| refused(io::Error::other("it has no process number")))?;
        let (stop, stopped) = oneshot::channel::<()>();
        let readers = [
            child
                .stdout
                .take()
                .map(|stream| tokio::spawn(read(stream, Stream::Out, output.clone(), inbox.clone()))),
            child
                .stderr
                .take()
                .map(|stream| tokio::spawn(read(stream, Stream::Err, output.clone(), inbox.clone()))),
        ];
        let (inbox, timeout, files) = (inbox.clone(), program.timeout, program.files.clone());
        let task = tokio::spawn(async move {
            let group = Group(pid);
            let ended = tokio::select! {
                status = child.wait() => how(status),
                () = tokio::time::sleep(timeout) => {
                    end(&mut child, &group).await;
                    ProgramEnding::TimedOut
                }
                Ok(()) = stopped => {
                    end(&mut child, &group).await;
                    ProgramEnding::Killed
                }
            };
            // What it has left running would keep its pipes open.
            drop(group);
            for reader in readers.into_iter().flatten() {
                let abort = reader.abort_handle();
                if tokio::time::timeout(LAST_WORDS, reader).await.is_err() {
                    abort.abort();
                }
            }
            let written = |(path, before): (&String, &Option<Mark>)| {
                let text = if mark(path) == *before { None } else { content(path) };
                (path.clone(), text)
            };
            inbox.ended(ended, files.iter().zip(&before).map(written).collect());
        });
        Ok(Running { group: Group(pid), stop, task })
    }

    /// Ends it, and waits until it has ended.
    pub async fn end(self) {
        // Its task may have come to its end by itself.
        let _ = self.stop.send(());
        let _ = self.task.await;
        drop(self.group);
    }
}

/// Asks a group to end, and ends it when it does not.
async fn end(child: &mut tokio::process::Child, group: &Group) {
    group.signal(Signal::TERM);
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        group.signal(Signal::KILL);
        let _ = child.wait().await;
    }
}

fn how(status: io::Result<ExitStatus>) -> ProgramEnding {
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => ProgramEnding::Code(u32::try_from(code).unwrap_or(u32::MAX)),
            (None, _) => ProgramEnding::Killed,
        },
        Err(_) => ProgramEnding::Killed,
    }
}

async fn read(stream: impl AsyncRead + Unpin, which: Stream, output: Output, inbox: Inbox) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    let mut lines = 0;
    let file = match which {
        Stream::Out => "stdout",
        Stream::Err => "stderr",
    };
    loop {
        line.clear();
        // A stream that cannot be read has ended.
        let Ok(1..) = stream.read_until(b'\n', &mut line).await else { return };
        output.take(which, &line);
        lines += 1;
        if lines <= MOST_LINES {
            inbox.line(file, text_of(&line));
        }
    }
}

/// A line as text, without its end.
fn text_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches(['\n', '\r']).to_owned()
}

/// What tells a file that has been written from the one that stood there: its number, length and times.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

fn mark(path: &str) -> Option<Mark> {
    let file = std::fs::metadata(path).ok()?;
    Some(Mark {
        inode: file.ino(),
        length: file.len(),
        modified: (file.mtime(), file.mtime_nsec()),
        changed: (file.ctime(), file.ctime_nsec()),
    })
}

/// A file's text, its beginning when it is large; nothing when it is not there.
fn content(path: &str) -> Option<String> {
    use std::io::Read;
    let path = PathBuf::from(path);
    // A pipe would be waited for.
    if !std::fs::metadata(&path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&path).ok()?.take(LARGEST_FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A line that commands no runner and moves no cursor, whatever a program wrote.
pub fn tame(line: &str) -> String {
    let mut tamed = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '\t' => tamed.push(letter),
            // Of an escape sequence only its letters are left.
            letter if letter.is_control() => tamed.push('\u{fffd}'),
            letter => tamed.push(letter),
        }
    }
    // Azure Pipelines, TeamCity and GitHub Actions obey such marks wherever they stand in a line.
    for mark in ["##[", "##vso[", "##teamcity["] {
        tamed = tamed.replace(mark, &format!("# {}", &mark[1..]));
    }
    tamed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_program_commands_nobody() {
        assert_eq!(tame("::error::x"), "::error::x", "it never stands at the beginning of a line");
        assert_eq!(tame("##vso[task.complete]##[error]x"), "# #vso[task.complete]# #[error]x");
        assert_eq!(tame("##teamcity[x]"), "# #teamcity[x]");
        assert_eq!(tame("\u{1b}[2Ja\tb"), "\u{fffd}[2Ja\tb");
    }
}
