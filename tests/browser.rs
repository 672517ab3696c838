//! A browser without a window, which tests drive with the DevTools protocol over a pipe.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and says where; one that is skipped says so"
)]

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Sizes that pages are looked at in: a telephone and a desk.
pub const SIZES: [(u32, u32); 2] = [(360, 740), (1280, 900)];

/// A browser with one page.
pub struct Browser {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    number: u64,
    /// The events that were not read yet.
    events: VecDeque<Value>,
    /// What the page has asked for, and the errors of its scripts and of its policy.
    pub requests: Vec<String>,
    pub errors: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium; `None`, with a message, when it is not installed.
    pub fn start() -> Option<Self> {
        let wanted = std::env::var("SNOWMAN_JUDGES").is_ok_and(|value| value == "all");
        let found = Command::new("chromium").arg("--version").output();
        if let Err(missing) = found {
            assert!(!wanted, "chromium: {missing}");
            println!("skipped: chromium: {missing}");
            return None;
        }
        let profile = tempfile::tempdir().unwrap();
        let folder = format!("--user-data-dir={}", profile.path().display());
        // The protocol is spoken on the files 3 and 4.
        let script = "exec chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-extensions \
                      --disable-background-networking --remote-debugging-pipe \"$0\" about:blank \
                      3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut process = Command::new("sh")
            .args(["-c", script, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut browser = Self {
            process,
            input,
            output,
            session: None,
            number: 0,
            events: VecDeque::new(),
            requests: Vec::new(),
            errors: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", target);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Calls a method of the protocol.
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        write!(self.input, "{message}\0").unwrap();
        loop {
            let answer = self.read();
            if answer["id"] == self.number {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push_back(answer);
        }
    }

    fn read(&mut self) -> Value {
        let mut text = Vec::new();
        self.output.read_until(0, &mut text).unwrap();
        assert_eq!(text.pop(), Some(0), "the browser has ended");
        let message: Value = serde_json::from_slice(&text).unwrap();
        let params = &message["params"];
        match message["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str().unwrap();
                self.requests.push(url.to_owned());
            }
            "Runtime.exceptionThrown" => self.errors.push(params.to_string()),
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                self.errors.push(params.to_string());
            }
            _ => {}
        }
        message
    }

    /// Opens an address in a window of a size, and waits until it is loaded.
    pub fn open(&mut self, url: &str, (width, height): (u32, u32)) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        self.events.clear();
        // Another part of the same page would not load it again.
        self.call("Page.navigate", json!({"url": "about:blank"}));
        self.until("Page.loadEventFired");
        self.call("Page.navigate", json!({"url": url}));
        self.until("Page.loadEventFired");
    }

    /// Opens a file.
    pub fn open_file(&mut self, file: &Path, size: (u32, u32)) {
        self.open(&format!("file://{}", file.display()), size);
    }

    fn until(&mut self, event: &str) {
        loop {
            let message = match self.events.pop_front() {
                Some(message) => message,
                None => self.read(),
            };
            if message["method"] == event {
                return;
            }
        }
    }

    /// Evaluates an expression.
    #[track_caller]
    pub fn ask(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", asked);
        let failed = answer.get("exceptionDetails");
        assert!(failed.is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses a key: its name, and its text if it writes one.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            _ => 0,
        };
        let text = match key {
            "Enter" => Some("\r"),
            key if key.len() == 1 => Some(key),
            _ => None,
        };
        let mut down = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
        if let Some(text) = text {
            down["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", down);
        let up = json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code});
        self.call("Input.dispatchKeyEvent", up);
    }

    /// Types a text.
    pub fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Whether the page is shown with dark colours.
    pub fn set_dark(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": value});
        self.call("Emulation.setEmulatedMedia", json!({"features": [feature]}));
    }

    /// What is wider than the window, or cut off at its side: elements, by their names, classes and texts. Parts that
    /// scroll by themselves may be wider inside.
    pub fn cut_off(&mut self) -> Vec<String> {
        let found = self.ask(
            r#"(() => {
                const scrolls = (one) => {
                  for (let at = one.parentElement; at && at !== document.body; at = at.parentElement) {
                    if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return true;
                  }
                  return false;
                };
                const room = document.documentElement.clientWidth;
                const wide = [...document.body.querySelectorAll("*")].filter((one) => {
                  if (one.matches(".skip, script, option") || one.closest("svg") || scrolls(one)) return false;
                  const { left, right, width } = one.getBoundingClientRect();
                  return width > 0 && (right > room + 1 || left < -1);
                });
                const named = wide.map((one) => `${one.localName}.${one.className}: ${one.textContent.slice(0, 80)}`);
                for (const text of document.querySelectorAll("svg text")) {
                  const { right } = text.getBoundingClientRect();
                  if (right > text.closest("svg").getBoundingClientRect().right) named.push(`in a picture: ${text.textContent}`);
                }
                const page = document.documentElement.scrollWidth;
                if (page > room) named.push(`the page is ${page} wide`);
                return named;
            })()"#,
        );
        let found = found.as_array().unwrap().iter();
        found.map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// Writes a picture of what the window shows to the folder that `SNOWMAN_PICTURES` names, if it names one.
    pub fn picture(&mut self, name: &str) {
        let Ok(folder) = std::env::var("SNOWMAN_PICTURES") else {
            return;
        };
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let picture = base64::prelude::BASE64_STANDARD.decode(picture["data"].as_str().unwrap());
        fs::write(
            Path::new(&folder).join(format!("{name}.png")),
            picture.unwrap(),
        )
        .unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
