//! The scripts of CI stop where a step fails.
//!
//! They run in a folder of their own, with small scripts in place of the programs that they call.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A copy of the scripts, in which every program that they look for does nothing.
struct Scripts(TempDir);

impl Scripts {
    fn new() -> Self {
        let scripts = Self(tempfile::tempdir().unwrap());
        for name in ["run", "judges"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci").join(name);
            scripts.program(&format!(".ci/{name}"), &fs::read_to_string(path).unwrap());
        }
        let judges = fs::read_to_string(scripts.0.path().join(".ci/judges")).unwrap();
        let programs = judges.split_once("programs=(").unwrap().1;
        let programs = programs.split_once(')').unwrap().0;
        let others = ["cargo", "hg", "python3"];
        for program in programs.split_whitespace().chain(others) {
            scripts.program(&format!("bin/{program}"), "#!/bin/sh\n");
        }
        for step in [".ci/dependencies", ".ci/fuzz", "tests/parity/run"] {
            scripts.program(step, "#!/bin/sh\n");
        }
        // Nothing is installed by people who are not root.
        scripts.program("bin/id", "#!/bin/sh\necho 1000\n");
        scripts
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, script: &str, arguments: &[&str]) -> Output {
        let bin = self.0.path().join("bin");
        Command::new("bash")
            .arg(self.0.path().join(script))
            .args(arguments)
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .output()
            .unwrap()
    }
}

/// What Debian's Python does without the package `python3-venv`: its message goes to standard output.
const NO_VENV: &str = "#!/bin/sh\necho 'ensurepip is not available'\nexit 1\n";

const PIP: &str = "#!/bin/sh
mkdir -p target/judges/bin
echo 'echo Successfully installed; echo > target/judges/bin/mar; chmod +x target/judges/bin/mar' > target/judges/bin/pip
chmod +x target/judges/bin/pip
";

#[test]
fn the_judges_print_only_what_is_evaluated() {
    let scripts = Scripts::new();
    scripts.program("bin/python3", PIP);
    let ran = scripts.run(".ci/judges", &["--install"]);
    assert!(ran.status.success(), "{ran:?}");
    let printed = String::from_utf8(ran.stdout).unwrap();
    assert!(printed.starts_with("export SNOWMAN_MARDOR="), "{printed}");
    assert!(printed.contains("\nexport SNOWMAN_CLIENTS="), "{printed}");
    assert_eq!(printed.lines().count(), 2, "{printed}");
}

#[test]
fn a_judge_that_cannot_be_installed_is_a_failure_with_its_message() {
    let scripts = Scripts::new();
    scripts.program("bin/python3", NO_VENV);
    let ran = scripts.run(".ci/judges", &["--install"]);
    assert!(!ran.status.success(), "{ran:?}");
    assert!(ran.stdout.is_empty(), "{ran:?}");
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("ensurepip is not available"), "{said}");
}

#[test]
fn a_failure_of_the_judges_stops_ci() {
    let steps = |judges: &str| {
        let scripts = Scripts::new();
        scripts.program(".ci/judges", judges);
        scripts.program(
            ".ci/genuine",
            "#!/bin/sh\necho 'export SNOWMAN_GENUINE=files'\n",
        );
        let ran = scripts.run(".ci/run", &[]);
        let printed = String::from_utf8(ran.stdout).unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(printed.contains("=== Judges of formats"), "{printed}{said}");
        let goes_on = printed.contains("=== Main command");
        (goes_on, ran.status.success(), said)
    };
    let (goes_on, _, _) = steps("#!/bin/sh\necho 'export SNOWMAN_MARDOR=mar'\n");
    assert!(goes_on);
    let (goes_on, succeeds, said) = steps("#!/bin/sh\necho 'no network' >&2\nexit 1\n");
    assert!(!goes_on && !succeeds, "{said}");
    assert!(said.contains("no network"), "{said}");
}
