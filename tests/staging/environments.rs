//! The environments of release services are kept apart in every graph.

use crate::common::{CONFIG, PLAIN, Project};
use crate::staging::decision::said;

/// Environments of a made-up update server.
const ENVIRONMENTS: &str = "\
services:
    updates:
        production:
            hosts: [updates.example.com]
            scopes: ['updates:server:live']
        staging:
            hosts: ['*.staging.example.com']
            scopes: ['updates:server:test']
pools:
    production: ['{trust-domain}-3']
    staging: ['{trust-domain}-1']
    dev: ['*-dev']
unmanaged: [bugs.example.com]
";

/// A kind with a build, which runs a command, and a release task with a scope and a command.
fn kind(scope: &str, command: &str, build: &str) -> String {
    let task = |label: &str, command: &str| {
        format!(
            "    {label}:\n        label: {label}\n        description: Do it\n        \
             worker-type: linux\n        worker: {{docker-image: debian:12, max-run-time: 60, \
             command: [{command}]}}\n"
        )
    };
    format!(
        "{PLAIN}tasks:\n{}{}        dependencies: {{build: build}}\n        \
         shipping-phase: ship\n        \
         attributes: {{shipping_product: fox}}\n        \
         scopes: ['project:test:updates:server:{scope}']\n",
        task("build", build),
        task("ship", command),
    )
}

const PLAIN_COMMAND: &str = "make";

/// A project with these environments, this kind and these parameters.
fn project(level: &str, environments: &str, kind: &str, parameters: &str) -> Project {
    Project::new()
        .file("taskcluster/config.yml", CONFIG)
        .file("taskcluster/environments.yml", environments)
        .without("taskcluster/kinds/build/kind.yml")
        .kind("build", kind)
        .file(
            "parameters.yml",
            format!("level: '{level}'\nproject: project\n{parameters}"),
        )
}

/// What `snowman full` says at a level.
fn full(level: &str, environments: &str, kind: &str) -> (i32, String) {
    let project = project(level, environments, kind, "");
    let ran = project.run(&["full", "-p", "parameters.yml"]);
    (ran.code.unwrap(), said(&ran))
}

/// The log of `snowman full` at level 1.
fn log(environments: &str, kind: &str, flags: &[&str], parameters: &str) -> String {
    let project = project("1", environments, kind, parameters);
    project.commit();
    let mut program = project.program();
    let ran = program
        .args(["full", "-p", "parameters.yml"])
        .args(flags)
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success(), "{said}");
    said
}

#[test]
fn an_outage_of_staging_stops_no_build() {
    let staging = "curl https://new.staging.example.com/api";
    // A release task may use staging at level 1. The lists of dependencies differ in what they wait for.
    let after = |list: &str| {
        let kind = kind("test", staging, PLAIN_COMMAND);
        let kind = kind.replace("        dependencies: {build: build}\n", "");
        let wait = kind.replacen(
            "        label: build\n",
            &format!("        label: build\n        {list}\n"),
            1,
        );
        full("1", ENVIRONMENTS, &wait)
    };
    let (code, said) = after("priority: low");
    assert_eq!(code, 0, "{said}");
    for list in ["dependencies: {ship: ship}", "soft-dependencies: [ship]"] {
        let (code, said) = after(list);
        assert_eq!(code, 1, "{list}: {said}");
        assert!(
            said.contains("task `build`: it depends on `ship`"),
            "{said}"
        );
        assert!(said.contains("(rule `staging-dependency`)"), "{said}");
    }
}

#[test]
fn pools_of_development_are_those_that_the_push_names() {
    let environments = ENVIRONMENTS.replace("dev: ['*-dev']", "dev: ['linux-gcp']");
    let kind = kind("test", PLAIN_COMMAND, PLAIN_COMMAND);
    let (code, said) = full("1", &environments, &kind);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("(rule `dev-pool`)"), "{said}");
    let overrides = "try_task_config: {worker-overrides: {linux: test-1/linux-gcp}}\n";
    let said = log(&environments, &kind, &[], overrides);
    let told = "Tasks that run in the development pool test-1/linux-gcp, as the push asks: 2";
    assert!(said.contains(told), "{said}");
}

#[test]
fn the_log_says_how_much_each_rule_has_looked_at() {
    let kind = kind("test", PLAIN_COMMAND, "curl https://bugs.example.com/1");
    let said = log(ENVIRONMENTS, &kind, &["-v"], "");
    for told in [
        "`level-scope`: looked at 1, found 0",
        "`level-pool`: looked at 2, found 0",
        "`ci-host`: looked at 1, found 0",
        "bugs.example.com is not managed here; tasks that name it: 1",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn a_project_that_keeps_them_apart() {
    for (level, scope) in [("1", "test"), ("3", "live")] {
        let kind = kind(scope, PLAIN_COMMAND, PLAIN_COMMAND);
        let (code, said) = full(level, ENVIRONMENTS, &kind);
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("rule `"), "{said}");
    }
}

#[test]
fn tasks_that_use_another_environment_are_refused() {
    let staging = "curl https://new.staging.example.com/api";
    let wrong = [
        (
            "1",
            kind("live", PLAIN_COMMAND, PLAIN_COMMAND),
            "ship",
            "level-scope",
        ),
        (
            "3",
            kind("live", staging, PLAIN_COMMAND),
            "ship",
            "production-host",
        ),
        (
            "1",
            kind("test", PLAIN_COMMAND, staging),
            "build",
            "ci-host",
        ),
        (
            "3",
            kind("live", PLAIN_COMMAND, staging),
            "build",
            "ci-host",
        ),
        (
            "1",
            kind("test", "curl https://updates.example.com", PLAIN_COMMAND),
            "ship",
            "production-read",
        ),
    ];
    for (level, kind, label, rule) in wrong {
        let (code, said) = full(level, ENVIRONMENTS, &kind);
        assert_eq!(code, 1, "{rule}: {said}");
        assert!(said.contains(&format!("task `{label}`")), "{rule}: {said}");
        assert!(said.contains(&format!("(rule `{rule}`)")), "{said}");
        let path = ["`scopes[0]`", "`payload.command[0]`"];
        assert!(path.iter().any(|path| said.contains(path)), "{said}");
        assert!(said.contains("kinds/build/kind.yml:"), "{said}");
        // What the project does not describe is only warned of, if it is known at all.
        let (code, said) = full(level, "archive: archive.mozilla.org\n", &kind);
        assert_eq!(code, 0, "{rule}: {said}");
    }
}

#[test]
fn what_is_known_of_a_service_stays_known() {
    // The file of the project names another scope of the service `balrog` only.
    let more = "services: {balrog: {staging: {scopes: ['balrog:server:mine']}}}\n";
    let kind = kind("live", PLAIN_COMMAND, PLAIN_COMMAND);
    let release = kind.replace("updates:server:live", "balrog:server:release");
    let (code, said) = full("1", more, &release);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("(rule `level-scope`)"), "{said}");
    // It may say otherwise of a scope.
    let otherwise = more.replace("server:mine", "server:release");
    let (code, said) = full("1", &otherwise, &release);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn phases_are_named_in_either_spelling() {
    let staging = "curl https://new.staging.example.com/api";
    let kind = kind("test", staging, PLAIN_COMMAND);
    let kind = kind.replace("        shipping-phase: ship\n", "");
    let other = kind.replace("{shipping_product: fox}", "{shipping-phase: ship}");
    let (code, said) = full("1", ENVIRONMENTS, &other);
    assert_eq!(code, 0, "{said}");
    let (code, said) = full("1", ENVIRONMENTS, &kind);
    assert_eq!(code, 1, "{said}");
}

#[test]
fn known_services_are_warned_of() {
    let kind = kind("live", PLAIN_COMMAND, "curl https://ftp.stage.mozaws.net");
    let (code, said) = full("3", "", &kind);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("(rule `ci-host`)"), "{said}");
    let (code, said) = full("3", ENVIRONMENTS, &kind);
    assert_eq!(code, 1, "{said}");
}

#[test]
fn mistakes_in_the_file_are_reported_together() {
    let wrong = "services:\n    updates:\n        prodution: {hosts: [a.example.com]}\n        \
                 staging: {hosts: b.example.com}\npools: {dev: 3}\n";
    let (code, said) = full("3", wrong, &kind("live", PLAIN_COMMAND, PLAIN_COMMAND));
    assert_eq!(code, 1);
    for text in [
        "`services.updates.prodution`",
        "`services.updates.staging.hosts`",
        "`pools.dev`",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert!(said.contains("environments.yml:3"), "{said}");
}

/// A file whose only section is misspelt would describe nothing.
#[test]
fn misspelt_sections_are_refused() {
    let kind = kind("test", PLAIN_COMMAND, PLAIN_COMMAND);
    let own = "{u: {staging: {hosts: [s.example.com]}}}";
    for (environments, near) in [
        (format!("servces: {own}\n"), "services"),
        (format!("unmanaged: [a.com]\nServices: {own}\n"), "services"),
        ("a: b.com\npool: {dev: [a/b]}\n".to_owned(), "pools"),
        ("unmanged: [a.com]\n".to_owned(), "unmanaged"),
    ] {
        let (code, said) = full("1", &environments, &kind);
        assert_eq!(code, 1, "{environments}{said}");
        assert!(said.contains(&format!("did you mean `{near}`?")), "{said}");
        assert_eq!(said.matches('×').count(), 1, "{said}");
    }
    // Names of hosts may be near, and others may be anything.
    for environments in ["service: a.com\n", "tools: [a.com]\nservice: {a: {b: c}}\n"] {
        let (code, said) = full("1", environments, &kind);
        assert_eq!(code, 0, "{environments}{said}");
    }
}

#[test]
fn stars_are_only_at_the_beginning_of_hosts() {
    let kind = kind("test", PLAIN_COMMAND, PLAIN_COMMAND);
    let hosts = "['*.a.com', a.*.com, 'a*', b.com, '*', '*.*.com', '*a.com']";
    let environments = format!(
        "services: {{u: {{staging: {{hosts: {hosts}}}}}}}\nunmanaged: ['*.c.com', 'c.*']\n"
    );
    let (code, said) = full("1", &environments, &kind);
    assert_eq!(code, 1);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for index in [1, 2, 4, 5, 6] {
        let path = format!("`services.u.staging.hosts[{index}]`");
        assert!(said.contains(&path), "{path}: {said}");
    }
    assert!(said.contains("`unmanaged[1]`"), "{said}");
    assert!(said.contains("environments.yml:2:24"), "{said}");
    assert_eq!(said.matches('×').count(), 6, "{said}");
}

#[test]
fn the_plain_names_of_this_project_are_hosts_of_their_environment() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/taskcluster/environments.yml");
    let text = std::fs::read_to_string(file).unwrap();
    let values: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let services = values["services"].as_object().unwrap();
    let hosts = |tier: &str| {
        let hosts = services.values().map(|service| &service[tier]["hosts"]);
        let hosts = hosts.flat_map(|hosts| hosts.as_array().unwrap());
        hosts.cloned().collect::<Vec<_>>()
    };
    let plain = values
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| value.is_string());
    let mut count = 0;
    for (name, host) in plain {
        let tier = if name.starts_with("staging_") {
            "staging"
        } else {
            "production"
        };
        assert!(hosts(tier).contains(host), "{name}");
        count += 1;
    }
    assert!(count > 0);
}
