//! The page in a browser: its rows, its filters, its keys, and what it looks like.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use snowman::overview::page;
use tempfile::TempDir;

use super::project::{HOSTILE, HOSTILE_LABEL, release, task};
use crate::browser::{Browser, SIZES};

fn written(content: &str) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, content).unwrap();
    (folder, file)
}

/// The labels of the rows that are not filtered out.
const SHOWN: &str = "[...document.querySelectorAll('.row')].filter((row) => !row.closest('[hidden]')).map((row) => \
                     row.querySelector('b').textContent)";

/// The labels of the rows that a key leads to when it is pressed often.
fn reached(browser: &mut Browser, key: &str) -> Vec<String> {
    let mut reached = BTreeSet::new();
    for _ in 0..40 {
        browser.press(key);
        let row = "document.activeElement.closest('.row')?.querySelector('b').textContent";
        reached.extend(browser.ask(row).as_str().map(str::to_owned));
    }
    reached.into_iter().collect()
}

#[test]
fn every_task_is_a_row_that_filters_and_keys_find() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (_folder, file) = written(&page(&release().overview()));
    for size in SIZES {
        browser.open_file(&file, size);
        let upload = format!("upload-{HOSTILE_LABEL}");
        let all = [
            "build-linux",
            "build-win",
            "sign-linux-de",
            "sign-win-fr",
            "test-linux",
            "toolchain-rust",
            &upload,
        ];
        let shown = browser.ask(SHOWN);
        let shown: BTreeSet<&str> = shown
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|row| row.as_str())
            .collect();
        assert_eq!(shown.into_iter().collect::<Vec<_>>(), all);
        // The arrows lead from the search through every row, and so does the key for the next control.
        browser.ask("document.getElementById('open').click()");
        browser.press("/");
        assert_eq!(reached(&mut browser, "ArrowDown"), all);
        browser.ask("document.querySelector('#tasks select').focus()");
        assert_eq!(reached(&mut browser, "Tab"), all);
        // Words narrow the rows.
        browser.ask("document.querySelector('input[type=search]').focus()");
        browser.write("sign FR");
        assert_eq!(browser.ask(SHOWN), json!(["sign-win-fr"]));
        let status = browser.ask("document.getElementById('shown').textContent");
        assert_eq!(status, json!("1 of 7 tasks"));
        browser.press("Escape");
        assert_eq!(browser.ask(&format!("{SHOWN}.length")), json!(7));
        // Words of a report are found too.
        browser.write("onerror");
        assert_eq!(browser.ask(SHOWN), json!(["sign-win-fr"]));
        browser.press("Escape");
        // So do the lists.
        let choose = "const list = document.querySelector('select[name=platform]'); list.value = 'win64'; \
                      list.dispatchEvent(new Event('input', {bubbles: true}))";
        browser.ask(choose);
        assert_eq!(browser.ask(SHOWN), json!(["build-win", "sign-win-fr"]));
        browser.ask("document.querySelector('button[type=reset]').click()");
        let again = "new Promise((done) => setTimeout(() => done(document.getElementById('shown').textContent), 50))";
        assert_eq!(browser.ask(again), json!("7 tasks"));
    }
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn a_task_opens_with_its_reasons_and_its_report() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (_folder, file) = written(&page(&release().overview()));
    browser.open_file(&file, SIZES[1]);
    let open = |browser: &mut Browser, label: &str| {
        let expression = format!(
            "(() => {{ const row = [...document.querySelectorAll('.row')].find((row) => \
             row.querySelector('b').textContent === {}); location.hash = row.id; return new Promise((done) => \
             setTimeout(() => done(row.innerText), 100)); }})()",
            json!(label)
        );
        browser.ask(&expression).as_str().unwrap().to_owned()
    };
    let build = open(&mut browser, "build-linux");
    for part in [
        "push: created push-build-linux",
        "it was selected",
        "removing: kept because of never",
        "promote_fox: reused from push",
        "it is needed by sign-linux-de",
        "pool pool/linux, runs at most 10 min",
        "Depends on\ntoolchain-rust",
        "Needed by\nsign-linux-de",
    ] {
        assert!(build.contains(part), "{part:?} is not in {build}");
    }
    let red = open(&mut browser, "sign-win-fr");
    for part in [
        &format!("Problems\n{HOSTILE}"),
        "Would have happened in production\n1 file would be signed",
        "Not checked\nthe real signature",
        "Checked\nthe payload (1)",
    ] {
        assert!(red.contains(part), "{part:?} is not in {red}");
    }
    let removed = open(&mut browser, "test-linux");
    assert!(
        removed.contains("removed because of skip-unless-changed"),
        "{removed}"
    );
    assert_eq!(browser.ask("window.hit ?? null"), json!(null));
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn nothing_is_cut_off_and_nothing_is_loaded() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let mut project = release();
    let long = "locale-".repeat(30);
    project.phase(
        &format!("ship_fox_{}", "x".repeat(60)),
        &[task(&format!("ship-{long}"), &["build-win"])],
        &[],
        "",
    );
    let (_folder, file) = written(&page(&project.overview()));
    for size in SIZES {
        for dark in [false, true] {
            browser.set_dark(dark);
            browser.open_file(&file, size);
            browser.ask("for (const one of document.querySelectorAll('details')) one.open = true");
            browser.ask("new Promise((done) => setTimeout(done, 100))");
            assert_eq!(browser.cut_off(), [""; 0], "{size:?}");
            browser.picture(&format!(
                "page-{}{}",
                size.0,
                if dark { "-dark" } else { "" }
            ));
        }
    }
    let others = browser
        .requests
        .iter()
        .filter(|url| !url.ends_with("/page.html"));
    let others: Vec<_> = others.filter(|url| *url != "about:blank").collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn the_page_reads_without_its_script() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let whole = page(&release().overview());
    let (content, _) = whole.rsplit_once("<script>").unwrap();
    let (_folder, file) = written(content);
    browser.open_file(&file, SIZES[0]);
    let text = browser.ask(
        "for (const one of document.querySelectorAll('details')) one.open = true; document.body.innerText",
    );
    let text = text.as_str().unwrap();
    for part in [
        "✗ 1 check failed, 1 task red.",
        &format!("sign-win-fr failed\n{HOSTILE}"),
        "2 created",
        "1 reused (1 from the index)",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let tasks = browser.ask("document.getElementById('tasks').textContent");
    let tasks = tasks.as_str().unwrap();
    assert!(tasks.contains("Task push-build-linux"), "{tasks}");
}

#[test]
fn releases_that_were_rehearsed_at_once_are_side_by_side() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let leak = "`sign-linux-de` of release 2 names release 1";
    let overview = release().at_once(3, &[leak]);
    assert!(!overview.holds());
    let (_folder, file) = written(&page(&overview));
    for size in SIZES {
        browser.open_file(&file, size);
        let title = browser.ask("document.querySelector('h1').textContent");
        assert_eq!(title, "Rehearsal of 3 releases at once");
        let heads = browser.ask(
            "[...document.querySelectorAll('details.earlier > summary strong')].map((one) => one.textContent)",
        );
        assert_eq!(
            heads,
            json!([
                "release 1: fox 1.0 build 2",
                "release 2: fox 1.0 build 2",
                "release 3: fox 1.0 build 2",
                "Before them: fox 1.0 build 2"
            ])
        );
        let rows = browser.ask("document.querySelectorAll('#at-once tbody tr').length");
        assert_eq!(rows, 3);
        // Its cells keep their words, however narrow the screen is.
        let lines = browser.ask(
            "Math.max(...[...document.querySelectorAll('#at-once th')].map((one) => one.offsetHeight))",
        );
        assert!(lines.as_u64().unwrap() < 40, "{lines}");
        let red = browser.ask("document.getElementById('red').innerText");
        assert!(red.as_str().unwrap().contains(leak), "{red}");
        // The filter tells the releases apart.
        browser.ask(
            "const choice = document.querySelector('select[name=release]'); choice.value = 'release 2: fox 1.0 build 2'; \
             choice.dispatchEvent(new Event('input', {bubbles: true})); \
             choice.dispatchEvent(new Event('change', {bubbles: true}))",
        );
        let all = overview.tasks().count();
        let shown = browser.ask(&format!("{SHOWN}.length"));
        assert_eq!(shown, all / 4, "{all}");
        browser.ask("for (const one of document.querySelectorAll('details')) one.open = true");
        browser.ask("new Promise((done) => setTimeout(done, 100))");
        assert_eq!(browser.cut_off(), [""; 0], "{size:?}");
        browser.picture(&format!("at-once-{}", size.0));
    }
    assert_eq!(browser.errors, [""; 0]);
}
