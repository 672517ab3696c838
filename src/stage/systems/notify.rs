//! Messages about the progress of a release: shown, not sent.

use crate::stage::notice::{self, NoticeError};
use crate::stage::report::Table;
use crate::stage::work::Work;

/// Shows the messages that the routes of a task send.
pub fn show(work: &mut Work<'_>) {
    let definition = work.definition;
    // Those of a staged task are taken away, so that nothing is sent.
    let routes = match definition["extra"]["staging"].get("routes") {
        Some(routes) => routes,
        None => &definition["routes"],
    };
    let routes = routes.texts();
    let level = definition["schedulerId"].as_str().unwrap_or_default();
    let is_staging = !level.ends_with("-level-3");
    let mut recipients = Vec::new();
    for route in routes {
        match notice::recipient(route) {
            None => {}
            Some(Ok(recipient)) => recipients.push(recipient),
            Some(Err(error)) => work.report.problem(error.to_string()),
        }
    }
    for recipient in recipients
        .iter()
        .filter(|one| is_staging && one.is_release_list())
    {
        let error = NoticeError::ReleaseList(recipient.address.clone());
        match recipient.way.as_str() {
            "email" => work.report.problem(error.to_string()),
            _ => work.report.warnings.push(error.to_string()),
        }
    }
    work.report.checked(
        "recipients: their addresses, and that none waits for real releases",
        recipients.len(),
    );
    let texts = notice::texts(&definition["extra"]["notify"]);
    for (field, text) in &texts {
        if let Some(name) = notice::unresolved(text) {
            let error = NoticeError::Unresolved {
                field: field.clone(),
                name: name.to_owned(),
            };
            work.report.problem(error.to_string());
        }
        let is_needed =
            field.ends_with(".subject") || field.ends_with(".content") || field.ends_with("Body");
        if is_needed && text.trim().is_empty() {
            work.report
                .problem(NoticeError::Empty(field.clone()).to_string());
        }
    }
    work.report
        .checked("texts of messages, with everything filled in", texts.len());
    check_symbol(work);
    let rows = recipients
        .iter()
        .map(|one| vec![one.way.clone(), one.address.clone(), one.event.clone()]);
    let rows: Vec<Vec<String>> = rows.collect();
    work.report.would.push(match rows.len() {
        0 => "no message would be sent".to_owned(),
        count => format!("{count} messages would be sent"),
    });
    work.report.tables.push(Table {
        title: "Recipients".to_owned(),
        columns: vec!["Way", "Address", "Event"],
        rows,
    });
    work.report.tables.push(Table {
        title: "Messages".to_owned(),
        columns: vec!["Field", "Text"],
        rows: texts
            .into_iter()
            .map(|(field, text)| vec![field, text])
            .collect(),
    });
}

/// Checks that Treeherder can show the task: its symbol, and the name of its group.
fn check_symbol(work: &mut Work<'_>) {
    let treeherder = &work.definition["extra"]["treeherder"];
    let Some(symbol) = treeherder["symbol"].as_str() else {
        return;
    };
    if symbol.is_empty() || symbol.chars().count() > 25 {
        work.report.problem(format!(
            "the symbol {symbol:?} of Treeherder is empty or has more than 25 characters"
        ));
    }
    let group = treeherder["groupSymbol"]
        .as_str()
        .filter(|group| *group != "?");
    if let Some(group) = group
        && treeherder["groupName"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
    {
        work.report.problem(format!(
            "Treeherder does not know the group {group}: it has no name in the configuration"
        ));
    }
    work.report.checked("symbol and group of Treeherder", 1);
}
