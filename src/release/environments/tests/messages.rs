//! What findings say.

use std::collections::BTreeSet;

use super::*;

#[test]
fn messages_have_the_path_and_the_host() {
    let setting = Setting {
        level: "3",
        is_production: None,
        trust_domain: "fox",
        overrides: BTreeSet::new(),
    };
    let messages = |task: &Planned| -> Vec<String> {
        let found = found(&setting, &[task]).into_iter();
        found.map(|(.., message)| message).collect()
    };
    let host = Planned {
        text: "See https://New.nonprod.cloudops.mozgcp.net/ and https://ftp.stage.mozaws.net.",
        ..BUILD
    };
    let expected = |host: &str, service: &str| {
        format!(
            "`payload.command[1]` names {host}, a host of {service} in staging, but the task belongs to no release"
        )
    };
    assert_eq!(
        messages(&host),
        [
            expected("new.nonprod.cloudops.mozgcp.net", "other services"),
            expected("ftp.stage.mozaws.net", "archive"),
        ]
    );
    let scopes = Planned {
        scopes: &[PRODUCTION_SCOPE, "project:releng:bouncer:server:staging"],
        ..UPDATES
    };
    assert_eq!(
        messages(&scopes),
        [
            "`scopes[1]` is `project:releng:bouncer:server:staging`, a scope of bouncer in staging, but it also holds \
             one of production"
        ]
    );
}
