//! One worker process.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{frames, group};
use crate::base::diagnostic::Diagnostic;
use crate::base::digest::sha256;
use crate::base::value::{Object, Value, json};
use crate::ports::python::{Answer, Call, Exception, Failure, log};

/// Reads the sources and hands over to them.
const BOOT: &str = include_str!("worker/boot.py");

/// The modules of the worker.
const SOURCES: &[(&str, &str)] = &[
    ("actions", include_str!("worker/actions.py")),
    ("callbacks", include_str!("worker/callbacks.py")),
    ("callers", include_str!("worker/callers.py")),
    ("code_places", include_str!("worker/code_places.py")),
    ("decision_entry", include_str!("worker/decision_entry.py")),
    ("decision_state", include_str!("worker/decision_state.py")),
    ("entry", include_str!("worker/entry.py")),
    ("division", include_str!("worker/division.py")),
    ("edge_trail", include_str!("worker/edge_trail.py")),
    ("executors", include_str!("worker/executors.py")),
    ("hot_lines", include_str!("worker/hot_lines.py")),
    ("flow", include_str!("worker/flow.py")),
    ("per_item", include_str!("worker/per_item.py")),
    ("errors", include_str!("worker/errors.py")),
    ("graphs", include_str!("worker/graphs.py")),
    ("processes", include_str!("worker/processes.py")),
    ("private_values", include_str!("worker/private_values.py")),
    ("oddities", include_str!("worker/oddities.py")),
    ("originals", include_str!("worker/originals.py")),
    ("kinds", include_str!("worker/kinds.py")),
    ("lazy_modules", include_str!("worker/lazy_modules.py")),
    ("main", include_str!("worker/main.py")),
    ("moments", include_str!("worker/moments.py")),
    ("install_hints", include_str!("worker/install_hints.py")),
    ("project", include_str!("worker/project.py")),
    ("quick", include_str!("worker/quick.py")),
    (
        "quick_conditions",
        include_str!("worker/quick_conditions.py"),
    ),
    ("quick_copy", include_str!("worker/quick_copy.py")),
    (
        "quick_dependencies",
        include_str!("worker/quick_dependencies.py"),
    ),
    ("quick_checks", include_str!("worker/quick_checks.py")),
    ("quick_graph", include_str!("worker/quick_graph.py")),
    ("quick_json", include_str!("worker/quick_json.py")),
    ("quick_jsone", include_str!("worker/quick_jsone.py")),
    ("quick_keyed_by", include_str!("worker/quick_keyed_by.py")),
    ("quick_schema", include_str!("worker/quick_schema.py")),
    ("registered", include_str!("worker/registered.py")),
    (
        "repository_cache",
        include_str!("worker/repository_cache.py"),
    ),
    ("queue_requests", include_str!("worker/queue_requests.py")),
    ("recorded", include_str!("worker/recorded.py")),
    ("strategy_log", include_str!("worker/strategy_log.py")),
    ("tasks", include_str!("worker/tasks.py")),
    ("testing", include_str!("worker/testing.py")),
    ("watch", include_str!("worker/watch.py")),
    (
        "watched_programs",
        include_str!("worker/watched_programs.py"),
    ),
    ("watched_values", include_str!("worker/watched_values.py")),
    ("wire", include_str!("worker/wire.py")),
];

/// Returns a digest of the worker's sources.
pub fn source_digest() -> String {
    let sources = SOURCES.iter().flat_map(|(name, text)| [*name, *text]);
    sha256(sources.collect::<Vec<_>>().join("\0").as_bytes())
}

/// The version of the messages.
const PROTOCOL: u64 = 1;

/// How long an interpreter may take to start.
const START: Duration = Duration::from_secs(60);

/// How often a worker that does not answer is checked: a process that it has started may hold its
/// pipes open after its end.
const CHECK: Duration = Duration::from_secs(1);

/// How often it is checked whether processors are free that a call could use.
const FREE: Duration = Duration::from_millis(250);

/// How long a worker that has closed its pipe may take to end.
const END: Duration = Duration::from_secs(2);

/// How many of its last lines are reported when a worker dies.
const LAST_WORDS: usize = 20;

/// How many lines of what a worker prints are logged.
const FLOOD: usize = 10_000;

/// The bytes of a mebibyte.
const MEBIBYTE: u64 = 1 << 20;

/// The longest part of a line that is kept.
const LINE: u64 = 4096;

/// A message with its blobs, or why it cannot be read.
type Message = Result<(Value, Vec<Vec<u8>>), String>;

/// A worker process.
pub struct Process {
    /// It is there until it has ended or this is dropped.
    leader: Option<group::Leader>,
    _lifeline: group::Lifeline,
    requests: Option<BufWriter<Box<dyn Write + Send>>>,
    answers: Receiver<Message>,
    last_lines: Arc<Mutex<VecDeque<String>>>,
    printed: Receiver<()>,
    /// The most memory that it was seen to have, in bytes.
    most_memory: u64,
    /// Whether a signal has ended it that the system sends when memory is short.
    was_killed: bool,
    /// Its first message, about the interpreter.
    pub hello: Value,
}

impl Process {
    /// Starts an interpreter.
    ///
    /// # Errors
    /// One line that says why it cannot be used.
    pub fn start(mut command: Command) -> Result<Self, String> {
        command
            .args(["-c", BOOT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (mut child, lifeline) =
            group::start(&mut command).map_err(|error| error.to_string())?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(requests), Some(answers), Some(printed)) = pipes else {
            return Err("cannot open its pipes".to_owned());
        };
        let leader = group::Leader::Started(child);
        let requests = Box::new(requests);
        let mut process = Self::new(leader, lifeline, requests, answers, printed);
        let sources: Object = SOURCES
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Value::from(*text)))
            .collect();
        let no_blobs: &[&[u8]] = &[];
        if let Some(requests) = &mut process.requests {
            // When it has ended already, it is found out below.
            let _ = frames::write(requests, &json!({ "sources": sources }), no_blobs);
        }
        let (mut hello, _) = process.receive(START, None)?;
        process.hello = hello["hello"].take();
        if process.hello["protocol"].as_u64() != Some(PROTOCOL) {
            return Err("it uses another version of the protocol".to_owned());
        }
        Ok(process)
    }

    /// A worker that runs.
    pub(super) fn new(
        leader: group::Leader,
        lifeline: group::Lifeline,
        requests: Box<dyn Write + Send>,
        answers: impl Read + Send + 'static,
        printed: impl Read + Send + 'static,
    ) -> Self {
        let last_lines = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || listen(BufReader::new(answers), &sender));
        let (ended, printed_all) = mpsc::channel();
        let words = Arc::clone(&last_lines);
        std::thread::spawn(move || {
            log_lines(BufReader::new(printed), &words);
            // The receiver may be gone.
            let _ = ended.send(());
        });
        Self {
            leader: Some(leader),
            _lifeline: lifeline,
            requests: Some(BufWriter::new(requests)),
            answers: received,
            last_lines,
            printed: printed_all,
            most_memory: 0,
            was_killed: false,
            hello: Value::Null,
        }
    }

    /// Calls the worker and waits for its answer. Meanwhile, it is told once how many processors are
    /// free, by `free`.
    ///
    /// # Errors
    /// When it raises an exception, dies, or takes longer than `patience`.
    pub fn call(
        &mut self,
        call: &Call,
        patience: Duration,
        free: Option<&dyn Fn() -> usize>,
    ) -> Result<Answer, Failure> {
        let mut head = call.arguments.clone();
        head["call"] = Value::from(call.name);
        if let Some(requests) = &mut self.requests {
            // A worker that is gone is reported below, with its last output.
            let _ = frames::write(requests, &head, &call.blobs);
        }
        let received = self.receive(patience, free);
        let (mut head, blobs) = received.map_err(|why| Failure::Worker(self.failure(&why)))?;
        if head.get("error").is_some() {
            return Err(Failure::Raised(Exception::read(&head["error"])));
        }
        Ok(Answer {
            value: head["answer"].take(),
            blobs,
        })
    }

    /// What went wrong with this worker.
    fn failure(&self, why: &str) -> Diagnostic {
        let failure = Diagnostic::environment(format!("the Python worker {why}"));
        let lines = self.last_lines();
        if !self.was_killed {
            return failure
                .because(lines)
                .help("run again with `--verbose` to see what the worker did");
        }
        let cause = match self.most_memory / MEBIBYTE {
            0 => lines,
            memory => format!("it had up to {memory} MiB of memory, and {lines}"),
        };
        failure.because(cause).help(format!(
            "the system sends this signal if memory runs out: use a machine with more, or set {}=1, which needs less",
            crate::ports::python::WORKERS
        ))
    }

    fn receive(
        &mut self,
        patience: Duration,
        mut free: Option<&dyn Fn() -> usize>,
    ) -> Result<(Value, Vec<Vec<u8>>), String> {
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let ended = self.leader.as_mut().is_none_or(group::Leader::has_ended);
            let memory = self.leader.as_ref().and_then(group::Leader::memory);
            self.most_memory = self.most_memory.max(memory.unwrap_or_default());
            let check = if free.is_some() { FREE } else { CHECK };
            match self.answers.recv_timeout(left.min(check)) {
                Ok(Ok(message)) => return Ok(message),
                Ok(Err(error)) => {
                    return Err(format!("sent a message that cannot be parsed: {error}"));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.end()),
                // It ended before this wait, so its last answer would have arrived.
                Err(RecvTimeoutError::Timeout) if ended => return Err(self.end()),
                Err(RecvTimeoutError::Timeout) if left > check => {
                    let count = free.map_or(0, |free| free());
                    if let (Some(requests), 1..) = (&mut self.requests, count) {
                        free = None;
                        let head = json!({"call": "divide", "processes": count});
                        let no_blobs: &[&[u8]] = &[];
                        // A worker that is gone is found by the next check.
                        let _ = frames::write(requests, &head, no_blobs);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    // It is of no use any more.
                    if let Some(leader) = &mut self.leader {
                        leader.kill();
                    }
                    return Err(format!(
                        "did not answer within {} seconds ({} sets the limit)",
                        patience.as_secs(),
                        super::project::TIMEOUT
                    ));
                }
            }
        }
    }

    /// Ends a worker that does not answer any more, and says how it ended.
    fn end(&mut self) -> String {
        self.requests = None;
        let status = self.leader.take().and_then(|mut leader| {
            let deadline = Instant::now() + END;
            while !leader.has_ended() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            // What it has started is left, if anything.
            leader.kill();
            leader.wait()
        });
        self.was_killed = status.is_some_and(group::is_kill);
        let how = match status {
            Some(status) => format!("ended unexpectedly ({status})"),
            None => "ended unexpectedly, and the system does not say how".to_owned(),
        };
        // What it printed last may still be on its way.
        let _ = self.printed.recv_timeout(END);
        how
    }

    /// The last lines that it printed.
    fn last_lines(&self) -> String {
        let words = self.last_lines.lock();
        let words = words.unwrap_or_else(PoisonError::into_inner);
        if words.is_empty() {
            return "it did not print anything".to_owned();
        }
        let lines: Vec<&str> = words.iter().map(String::as_str).collect();
        format!("its last output was\n{}", lines.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(mut leader) = self.leader.take() else {
            return;
        };
        // Without a pipe to read from it would end by itself, but tidy up before.
        leader.kill();
        // Freeing all its memory takes a while; there is no need to wait for that.
        std::thread::spawn(move || leader.wait());
    }
}

/// Passes answers on and forwards log lines.
fn listen(mut answers: impl Read, sender: &Sender<Message>) {
    loop {
        let message = match frames::read(&mut answers) {
            Ok(None) => return,
            Ok(Some((head, _))) if head.get("log").is_some() => {
                let record = &head["log"];
                let level = record["level"].as_u64().unwrap_or_default();
                log(Some(level), record["text"].as_str().unwrap_or_default());
                continue;
            }
            Ok(Some(message)) => Ok(message),
            // A socket is reset if the worker ends before it has read everything.
            Err(error)
                if [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset]
                    .contains(&error.kind()) =>
            {
                return;
            }
            Err(error) => Err(error.to_string()),
        };
        let broken = message.is_err();
        if sender.send(message).is_err() || broken {
            return;
        }
    }
}

/// Logs what a worker prints, and remembers the last of it.
fn log_lines(mut printed: impl BufRead, last_lines: &Mutex<VecDeque<String>>) {
    let mut count = 0_usize;
    loop {
        let mut line = Vec::new();
        let read = printed.by_ref().take(LINE).read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) {
            break;
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        count += 1;
        if count <= FLOOD {
            tracing::info!("python: {line}");
        }
        let mut words = last_lines.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() == LAST_WORDS {
            words.pop_front();
        }
        words.push_back(line);
    }
    if count > FLOOD {
        tracing::warn!(
            "the Python worker printed {count} lines; only the first {FLOOD} were logged"
        );
    }
}
