//! Habits of people at a terminal: where flags are, how they are abbreviated, colours, logs, subfolders.

use crate::common::Project;

/// The escape that begins a colour.
const ESCAPE: char = '\u{1b}';

/// A project with a warning: one folder of the kinds is no kind.
fn with_warning() -> Project {
    Project::new().file("taskcluster/kinds/notes/notes.txt", "")
}

/// What a command writes to standard error, as it is.
fn stderr(project: &Project, arguments: &[&str]) -> String {
    project.commit();
    let output = project.program().args(arguments).output().unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn flags_of_all_commands_are_taken_before_and_after_the_command() {
    let project = Project::new().file("p.yml", "project: other\n");
    for arguments in [
        &["-q", "full", "-L"][..],
        &["full", "-L", "--quiet"],
        &["--root", "taskcluster", "full"],
        &["-r=taskcluster", "-q", "full"],
        &["-p", "p.yml", "full"],
        &["-vp", "p.yml", "full"],
        &["--color=never", "--log-format", "text", "full"],
    ] {
        let ran = project.run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(0), "build-linux\n"),
            "{arguments:?}"
        );
    }
    let ran = project.run(&["-r", "elsewhere", "full"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("`elsewhere/config.yml` does not exist"),
        "{}",
        ran.stderr
    );
    // The parameters reach the command.
    let both = project.run(&["-p", "p.yml", "full", "-p", "p.yml", "-o", "{params}.txt"]);
    assert!(
        both.stderr.contains("the graphs of two sets of parameters"),
        "{}",
        both.stderr
    );
    // A command without parameters does not swallow them.
    let ran = project.run(&["-p", "p.yml", "init"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("unexpected argument '--parameters"),
        "{}",
        ran.stderr
    );
}

#[test]
fn quiet_keeps_warnings_and_twice_keeps_none() {
    let project = with_warning();
    let usual = stderr(&project, &["full"]);
    assert!(
        usual.contains("INFO ") && usual.contains("WARN "),
        "{usual}"
    );
    for quiet in [&["full", "-q"][..], &["-q", "full"]] {
        let quiet = stderr(&project, quiet);
        assert!(
            !quiet.contains("INFO ") && quiet.contains("no kind.yml"),
            "{quiet}"
        );
    }
    for silent in [
        &["full", "-qq"][..],
        &["-q", "full", "-q"],
        &["-qq", "full"],
    ] {
        assert_eq!(stderr(&project, silent), "", "{silent:?}");
    }
    // Errors are always reported.
    let ran = project.run(&["full", "-qq", "-p", "missing.yml"]);
    assert!(ran.stderr.contains("no parameters found"), "{}", ran.stderr);
}

#[test]
fn long_flags_may_be_abbreviated() {
    let project = Project::new().file("p.yml", "{}");
    for arguments in [
        &["full", "--param", "p.yml"][..],
        &["full", "--lab"],
        &["full", "--target-kin=build"],
        &["--quie", "full"],
        // taskgraph has no other flag that begins so.
        &["full", "--p", "p.yml"],
    ] {
        let ran = project.run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(0), "build-linux\n"),
            "{arguments:?}"
        );
    }
    let ran = project.run(&["full", "--out", "labels.txt"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    let written = std::fs::read_to_string(project.root().join("labels.txt")).unwrap();
    assert_eq!(written, "build-linux\n");
    let ran = project.run(&["full", "--f"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("'--f'")
            && ran
                .stderr
                .contains("'--fast' or '--force-local-files-changed'"),
        "{}",
        ran.stderr
    );
    // `--tasks` is a flag, of which `--tasks-for` begins in other commands and `--tasks-regex` here.
    let ran = project.run(&["full", "--tasks", "nothing"]);
    assert_eq!((ran.code, ran.stdout.trim()), (Some(0), ""));
}

#[test]
fn colours_follow_the_flag_and_the_environment() {
    let wrong: &[&str] = &["full", "-p", "missing.yml"];
    let coloured = |project: &Project, more: &[&str]| {
        stderr(project, &[wrong, more].concat()).contains(ESCAPE)
    };
    // Standard error is no terminal here.
    let plain = Project::new();
    assert!(!coloured(&plain, &[]));
    assert!(coloured(&plain, &["--color", "always"]));
    let forced = Project::new().variable("CLICOLOR_FORCE", "1");
    assert!(coloured(&forced, &[]));
    assert!(coloured(&forced, &["--color=auto"]));
    assert!(!coloured(&forced, &["--color=never"]));
    let refused = Project::new()
        .variable("CLICOLOR_FORCE", "1")
        .variable("NO_COLOR", "1");
    assert!(!coloured(&refused, &[]));
    assert!(coloured(&refused, &["--color", "always"]));
    // Usage errors are clap's own.
    assert!(!stderr(&forced, &["full", "--nothing", "--color=never"]).contains(ESCAPE));
    assert!(stderr(&plain, &["--color=always", "full", "--nothing"]).contains(ESCAPE));
    // Levels of the log are coloured, too.
    assert!(stderr(&forced, &["full"]).contains("\u{1b}[32mINFO"));
    assert_eq!(plain.run(&["full", "--color", "sometimes"]).code, Some(2));
}

#[test]
fn logs_have_times_in_tasks_only() {
    let project = Project::new();
    let log = stderr(&project, &["full"]);
    assert!(log.starts_with("INFO Using Parameters"), "{log}");
    let project = project.variable("TASK_ID", "Ff6zYs9nQRWmCrpEDVXbLA");
    let log = stderr(&project, &["full"]);
    let first = log.lines().next().unwrap();
    let (time, message) = first.split_once(' ').unwrap();
    // To the second.
    assert_eq!(time.len(), "2030-01-01T00:00:00Z".len(), "{first}");
    assert!(
        message.trim_start().starts_with("INFO Using Parameters"),
        "{first}"
    );
}

#[test]
fn logs_in_json_are_one_object_a_line() {
    let objects = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let log = stderr(&with_warning(), arguments);
        let lines = log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{log}")));
        lines.collect()
    };
    let log = objects(&["full", "--log-format", "json"]);
    let levels: Vec<_> = log
        .iter()
        .map(|line| line["level"].as_str().unwrap())
        .collect();
    assert!(
        levels.contains(&"INFO") && levels.contains(&"WARN"),
        "{levels:?}"
    );
    for line in &log {
        assert!(
            line["message"].is_string() && line["fields"].is_object(),
            "{line}"
        );
        let time = line["time"].as_str().unwrap();
        assert!(
            snowman::base::time::Timestamp::parse(time).is_some(),
            "{time}"
        );
    }
    // Errors are objects, too, with their parts as fields.
    let broken =
        Project::new().plain("tasks:\n    a:\n        descriptin: x\n        worker-type: linux\n");
    let log = stderr(&broken, &["--log-format=json", "-q", "full"]);
    let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(first["level"], "ERROR");
    let fields = &first["fields"];
    assert_eq!(
        (&fields["kind"], &fields["task"], &fields["line"]),
        (&"build".into(), &"a".into(), &5.into()),
        "{first}"
    );
    assert_eq!(fields["file"], "taskcluster/kinds/build/kind.yml");
    assert_eq!(fields["help"], "did you mean `description`?");
    let usage = objects(&["full", "--log-format=json", "--nothing"]);
    assert_eq!(usage[0]["fields"]["class"], "usage");
}

#[test]
fn the_project_is_found_from_a_folder_below_it() {
    let project = Project::new().file("src/deep/er/file", "");
    for folder in ["src/deep/er", "taskcluster", "taskcluster/kinds/build"] {
        let ran = project.run_in(folder, &["full"]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(0), "build-linux\n"),
            "{folder}"
        );
    }
    // Files of the command line are those of the working folder.
    let project = project.file("src/p.yml", "project: other\n");
    let ran = project.run_in("src", &["full", "-p", "p.yml", "-o", "labels"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(project.root().join("src/labels").exists());
    // A folder that is named is not looked for.
    let ran = project.run_in("src", &["full", "-r", "taskcluster"]);
    assert_eq!(ran.code, Some(1));
    // The nearest one counts.
    let config = std::fs::read_to_string(project.root().join("taskcluster/config.yml")).unwrap();
    let project = project
        .file("src/taskcluster/config.yml", config)
        .file("src/taskcluster/kinds/inner/kind.yml", crate::common::KIND);
    let ran = project.run_in("src/deep", &["full"]);
    assert_eq!(ran.stdout, "inner-linux\n", "{}", ran.stderr);
}

#[test]
fn the_search_stops_at_the_root_of_the_repository() {
    let outer = Project::new();
    let inner = outer.root().join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    let status = std::process::Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(&inner)
        .status()
        .unwrap();
    assert!(status.success());
    let ran = outer.run_as_it_is("inner", &["full"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr
            .contains("`taskcluster/config.yml` does not exist")
            && ran.stderr.contains("snowman init"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_sandbox_without_decisions_has_no_flags_of_a_project() {
    let project = Project::new();
    for flags in [
        &["--branch", "nosuch"] as &[_],
        &["--repository=https://example.com/x"],
        &["--root=ci"],
        &["--python=never"],
        &["--no-cache"],
    ] {
        let ran = project.run(&[&["sandbox", "--listen=127.0.0.1:0"], flags].concat());
        assert_eq!(ran.code, Some(2), "{flags:?}");
        assert!(
            ran.stderr.contains("<--run-decisions|--push>"),
            "{flags:?}: {}",
            ran.stderr
        );
        // With both, the flags are accepted; the address is refused.
        let both = ["--run-decisions", "--push", "--listen=192.0.2.1:80"];
        let ran = project.run(&[&["sandbox"], &both[..], flags].concat());
        assert!(
            ran.stderr.contains("only serves this machine"),
            "{flags:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_port_that_is_in_use_is_explained() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let project = Project::new();
    let mut sandbox = project.program();
    let ran = sandbox
        .args(["sandbox", "-v", "--listen", &address])
        .current_dir(project.root());
    let log = String::from_utf8(ran.output().unwrap().stderr).unwrap();
    assert!(log.contains("DEBUG The state is kept in memory"), "{log}");
    let ran = project.run(&["sandbox", "--listen", &address]);
    assert_eq!(ran.code, Some(3));
    let stderr = ran.stderr.to_lowercase();
    assert!(stderr.contains("cannot listen on 127.0.0.1"), "{stderr}");
    // The system's own words, and a way out.
    assert!(stderr.contains("address already in use"), "{stderr}");
    assert!(stderr.contains("--listen 127.0.0.1:"), "{stderr}");
}
