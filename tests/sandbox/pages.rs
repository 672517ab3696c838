//! The web pages: what they show of groups and tasks, and the actions that people trigger on them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use snowman::sandbox::{ActionRequest, ActionTask, RunOutcome};

use super::bench::{Bench, slug};

/// A page as a browser gets it.
struct Page {
    status: u16,
    html: String,
    policy: String,
    location: Option<String>,
}

impl Page {
    async fn read(request: reqwest::RequestBuilder) -> Page {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let request = request.build().unwrap();
        let answer = client.execute(request).await.unwrap();
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        Page {
            status: answer.status().as_u16(),
            policy: header("content-security-policy").unwrap_or_default(),
            location: header("location"),
            html: answer.text().await.unwrap(),
        }
    }

    /// Where a text is on the page.
    #[track_caller]
    fn place(&self, text: &str) -> usize {
        assert!(self.has(text), "{text:?} is not in {}", self.html);
        self.html.find(text).unwrap()
    }

    fn has(&self, text: &str) -> bool {
        self.html.contains(text)
    }
}

fn url(bench: &Bench, path: &str) -> String {
    format!("{}{path}", bench.sandbox.root_url())
}

async fn get(bench: &Bench, path: &str) -> Page {
    let request = reqwest::Client::new().get(url(bench, path));
    Page::read(request.header("Accept", "text/html,*/*")).await
}

async fn post(bench: &Bench, path: &str, origin: Option<&str>, form: &[(&str, &str)]) -> Page {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let fields: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    let request = reqwest::Client::new()
        .post(url(bench, path))
        .body(fields.join("&"));
    Page::read(match origin {
        Some(origin) => request.header("Origin", origin),
        None => request,
    })
    .await
}

fn create(bench: &Bench, id: &str, changes: Value) {
    let task = bench.task_with(changes);
    bench.sandbox.state().create_task(id, &task).unwrap();
}

fn named(name: &str) -> Value {
    json!({"name": name, "description": "d", "owner": "o@example.com", "source": "https://example.com"})
}

#[tokio::test]
async fn groups_are_named_by_push_and_flavor_the_newest_first() {
    let bench = Bench::new().await;
    let [old, push, promotion] = [slug(), slug(), slug()];
    create(
        &bench,
        &old,
        json!({"taskGroupId": old, "metadata": named("Decision Task"), "extra": {"tasks_for": "cron"}}),
    );
    bench.wait(60);
    create(
        &bench,
        &push,
        json!({
            "taskGroupId": push, "metadata": named("Decision Task"), "extra": {"tasks_for": "github-push"},
            "payload": {"env": {"X_HEAD_REF": "refs/heads/beta", "X_HEAD_REV": "0123456789abcdef0123456789abcdef01234567"}},
        }),
    );
    bench.wait(60);
    create(
        &bench,
        &promotion,
        json!({
            "taskGroupId": push, "metadata": named("Action: Release Promotion"),
            "extra": {"action": {"name": "release-promotion", "context": {
                "input": {"release_promotion_flavor": "promote_hail"}, "taskGroupId": push}}},
        }),
    );
    let build = slug();
    create(&bench, &build, json!({"taskGroupId": promotion}));
    let page = get(&bench, "/").await;
    assert_eq!(page.status, 200);
    // What a push led to follows it, and an older push comes after both.
    let places = [
        page.place(&format!("href=\"/groups/{push}\">push</a>")),
        page.place(&format!("href=\"/groups/{promotion}\">promote_hail</a>")),
        page.place(&format!("href=\"/groups/{old}\">cron</a>")),
    ];
    assert!(places.is_sorted(), "{places:?}");
    for text in [
        "beta",
        "0123456789ab<",
        "2 tasks",
        "Action: Release Promotion",
    ] {
        page.place(text);
    }
    assert!(!page.has("failed\">0"), "a state without tasks is shown");
    let page = get(&bench, &format!("/groups/{push}")).await;
    page.place("<h1>push (beta, 0123456789ab)</h1>");
    // The action says what it was for, and which group it has made.
    page.place("Action: Release Promotion (promote_hail)</a>");
    page.place(&format!(
        "made <a href=\"/groups/{promotion}\">promote_hail</a> with 1 task"
    ));
}

/// A group with three builds, of which one failed, and a test of two of them.
fn group(bench: &Bench) -> (String, Vec<String>) {
    let group = slug();
    let ids: Vec<String> = (0..4).map(|_| slug()).collect();
    let parts = [
        ("build-linux", "build", "linux/opt", vec![]),
        ("build-mac", "build", "mac/opt", vec![]),
        ("build-win", "build", "win/opt", vec![]),
        ("test-<b>", "test", "linux/opt", vec![&ids[0], &ids[1]]),
    ];
    for (id, (name, kind, platform, needs)) in ids.iter().zip(parts) {
        create(
            bench,
            id,
            json!({
                "taskGroupId": group, "metadata": named(name), "tags": {"kind": kind}, "dependencies": needs,
                "extra": {"treeherder-platform": platform},
            }),
        );
    }
    let state = bench.sandbox.state();
    for id in &ids {
        bench.wait(10);
        state.claim(id).unwrap();
        let failed = *id == ids[2];
        let outcome = if failed {
            RunOutcome::Failed
        } else {
            RunOutcome::Completed
        };
        state.resolve(id, &outcome).unwrap();
    }
    (group, ids)
}

/// The part of a page that a mark begins, up to the next one.
#[track_caller]
fn part<'p>(page: &'p Page, mark: &str, end: &str) -> &'p str {
    let rest = &page.html[page.place(mark)..];
    rest.split_once(end).map_or(rest, |(part, _)| part)
}

#[tokio::test]
async fn a_group_is_shown_by_kind_platform_time_and_layer() {
    let bench = Bench::new().await;
    let (group, ids) = group(&bench);
    let at = |query: &str| format!("/groups/{group}?{query}");
    let page = get(&bench, &at("")).await;
    let build = part(&page, "<strong>build</strong>", "</details>");
    for text in [
        "3 tasks",
        "2 completed",
        "1 failed",
        "build-linux",
        "build-win",
    ] {
        assert!(build.contains(text), "{text} is not in {build}");
    }
    assert!(!build.contains("test-&lt;b&gt;"), "{build}");
    assert!(!page.has("test-<b>"));
    let page = get(&bench, &at("view=platform")).await;
    let linux = part(&page, "<strong>linux/opt</strong>", "</details>");
    assert!(
        linux.contains("build-linux") && linux.contains("test-&lt;b&gt;"),
        "{linux}"
    );
    let page = get(&bench, &at("view=time")).await;
    // The test ran after the builds, and the latest comes first.
    assert!(page.place("test-&lt;b&gt;</a>") < page.place("build-linux</a>"));
    let page = get(&bench, &at("view=graph")).await;
    let first = part(&page, "<h3>Layer 1: 3 tasks</h3>", "</ul></li>");
    assert!(
        first.contains("build-mac") && !first.contains("test-"),
        "{first}"
    );
    let second = part(&page, "<h3>Layer 2: 1 task</h3>", "</ol>");
    assert!(second.contains("needs build"), "{second}");
    // What is filtered out is still needed.
    let page = get(&bench, &at("view=graph&q=test")).await;
    page.place("<h3>Layer 1: 1 task</h3>");
    page.place("needs 2 other tasks not shown here");
    let page = get(&bench, &format!("/tasks/{}", ids[0])).await;
    page.place("<h2>Needed by 1 task</h2>");
    page.place(&format!("href=\"/tasks/{}\">test-&lt;b&gt;</a>", ids[3]));
    let page = get(&bench, &format!("/tasks/{}", ids[3])).await;
    page.place("<h2>Depends on 2 tasks</h2>");
}

/// The labels of the tasks that a page shows.
fn shown(page: &Page) -> Vec<&str> {
    let rows = page.html.split("<li data-find=").skip(1);
    let rows = rows.filter(|row| !row.split_once('>').unwrap().0.contains(" hidden"));
    rows.map(|row| {
        row.split_once("\">")
            .unwrap()
            .1
            .split_once("<a ")
            .unwrap()
            .1
    })
    .map(|row| row.split_once('>').unwrap().1.split_once('<').unwrap().0)
    .collect()
}

#[tokio::test]
async fn a_filter_needs_no_script() {
    let bench = Bench::new().await;
    let (group, ids) = group(&bench);
    for (query, labels) in [
        ("q=BUILD+lin", vec!["build-linux"]),
        ("q=failed", vec!["build-win"]),
        ("q=linux%2Fopt", vec!["build-linux", "test-&lt;b&gt;"]),
        ("q=nothing", vec![]),
        ("kind=test", vec!["test-&lt;b&gt;"]),
        ("platform=mac%2Fopt", vec!["build-mac"]),
        (
            "state=completed&kind=build",
            vec!["build-linux", "build-mac"],
        ),
        (&format!("q={}", ids[1]), vec!["build-mac"]),
    ] {
        let page = get(&bench, &format!("/groups/{group}?{query}")).await;
        assert_eq!(shown(&page), labels, "{query}");
    }
    // What was searched for is still in the field, escaped.
    let page = get(&bench, &format!("/groups/{group}?q=%22%3E%3Ci%3E")).await;
    page.place("value=\"&quot;&gt;&lt;i&gt;\"");
}

#[tokio::test]
async fn a_page_that_does_not_exist_is_a_page_for_people_and_json_for_clients() {
    let bench = Bench::new().await;
    for path in [
        "/nothing",
        &format!("/tasks/{}", slug()),
        "/groups/x?view=graph",
    ] {
        let page = get(&bench, path).await;
        assert_eq!(page.status, 404, "{path}");
        page.place("<h1>Page not found</h1>");
        page.place("<a href=\"/\">");
        let answer = bench.send("GET", path, None, None).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.is_object(), "{path}: {:?}", answer.body);
    }
    // The API is for clients, whoever asks.
    let page = get(&bench, "/api/queue/v1/nothing").await;
    assert_eq!(page.status, 404);
    assert!(
        serde_json::from_str::<Value>(&page.html).is_ok(),
        "{}",
        page.html
    );
}

#[tokio::test]
async fn pages_allow_only_their_own_style_and_script() {
    let bench = Bench::new().await;
    let (group, ids) = group(&bench);
    for path in [
        "/".to_owned(),
        format!("/groups/{group}"),
        format!("/groups/{group}?view=graph"),
        format!("/tasks/{}", ids[0]),
        "/nothing".to_owned(),
    ] {
        let page = get(&bench, &path).await;
        assert!(
            page.policy.starts_with("default-src 'none';"),
            "{path}: {}",
            page.policy
        );
        for part in [
            "script-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(page.policy.contains(part), "{path}: {}", page.policy);
        }
        assert!(!page.policy.contains("unsafe"), "{path}: {}", page.policy);
        // The policy would refuse them.
        for inline in ["<style", " style=", "<script>", " onclick=", " onload="] {
            assert!(!page.has(inline), "{path} has {inline}");
        }
    }
    for name in ["page.css", "page.js"] {
        assert_eq!(get(&bench, &format!("/assets/{name}")).await.status, 200);
    }
    assert_eq!(get(&bench, "/assets/../Cargo.toml").await.status, 404);
}

#[tokio::test]
async fn changes_are_counted_so_that_a_page_knows_that_it_is_old() {
    let bench = Bench::new().await;
    let changes = async || get(&bench, "/changes").await.html;
    let before = changes().await;
    assert_eq!(changes().await, before, "reading is no change");
    let id = slug();
    create(&bench, &id, json!({}));
    let after = changes().await;
    assert_ne!(after, before);
    get(&bench, "/")
        .await
        .place(&format!("data-changes=\"{after}\""));
}

#[tokio::test]
async fn the_report_of_a_staged_task_is_shown() {
    let bench = Bench::new().await;
    let id = slug();
    create(&bench, &id, json!({}));
    let state = bench.sandbox.state();
    state.claim(&id).unwrap();
    let report = json!({
        "verdict": "failed", "system": "balrog", "problems": ["rule <145> is missing"],
        "checked": [{"what": "the scopes", "count": 3}], "notChecked": ["sign-offs"],
        "wouldHappen": ["a rule would change"], "warnings": [],
        "tables": [{"title": "Rules", "columns": ["Id"], "rows": [["145"]]}],
    });
    let text = report.to_string();
    state
        .put_artifact(
            &id,
            None,
            "public/staging/report.json",
            "application/json",
            text,
        )
        .unwrap();
    state.report_failed(&id).unwrap();
    let page = get(&bench, &format!("/tasks/{id}")).await;
    for text in [
        "by the rules of balrog",
        "rule &lt;145&gt; is missing",
        "the scopes (3)",
        "sign-offs",
        "a rule would change",
        "<h3>Rules (1)</h3>",
        "<td>145</td>",
    ] {
        page.place(text);
    }
    assert!(!page.has("<h3>Warnings</h3>"));
}

/// The actions of the decision task of these tests.
fn actions() -> Value {
    json!({"version": 1, "variables": {"level": 3}, "actions": [
        {"name": "rebuild", "title": "Rebuild", "kind": "hook", "context": [],
         "description": "Builds <again>", "schema": {
            "type": "object", "required": ["times"], "properties": {
                "times": {"type": "integer", "minimum": 1, "default": 2},
                "labels": {"type": "array", "items": {"type": "string"}},
            }}},
        {"name": "retrigger", "title": "Retrigger all", "kind": "hook", "context": [{"kind": "decision-task"}]},
        {"name": "retrigger", "title": "Retrigger", "kind": "hook", "context": [{"kind": "build"}]},
    ]})
}

/// A decision task that offers actions, and a build in its group.
async fn offering(bench: &Bench) -> (String, String) {
    let [group, build] = [slug(), slug()];
    create(
        bench,
        &group,
        json!({"taskGroupId": group, "tags": {"kind": "decision-task"}}),
    );
    let state = bench.sandbox.state();
    state.claim(&group).unwrap();
    let text = actions().to_string();
    state
        .put_artifact(
            &group,
            None,
            "public/actions.json",
            "application/json",
            text,
        )
        .unwrap();
    state.report_completed(&group).unwrap();
    create(
        bench,
        &build,
        json!({"taskGroupId": group, "tags": {"kind": "build"}}),
    );
    (group, build)
}

/// Lets a sandbox make tasks for actions; returns what it was asked for.
fn handle(bench: &Bench, creator: &'static str) -> Arc<Mutex<Vec<ActionRequest>>> {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    let definition = bench.task_with(json!({"metadata": named("Action: made")}));
    bench.sandbox.set_action_handler(Arc::new(move |request| {
        kept.lock().unwrap().push(request.clone());
        if request.input["times"] == 7 {
            return Err("seven is <too> much".to_owned());
        }
        Ok(ActionTask {
            task_id: slug(),
            definition: definition.clone(),
            creator: creator.to_owned(),
        })
    }));
    requests
}

#[tokio::test]
async fn actions_are_offered_where_their_context_fits() {
    let bench = Bench::new().await;
    let (group, build) = offering(&bench).await;
    handle(&bench, "assume:creator");
    let page = get(&bench, &format!("/groups/{group}")).await;
    page.place(&format!(
        "href=\"/groups/{group}/actions/rebuild\">Rebuild</a>"
    ));
    assert!(!page.has(">Retrigger</a>"));
    let page = get(&bench, &format!("/tasks/{build}")).await;
    let form = format!("/groups/{group}/actions/retrigger?task={build}");
    page.place(&format!("href=\"{form}\">Retrigger</a>"));
    assert!(!page.has("Retrigger all") && !page.has(">Rebuild</a>"));
    let page = get(&bench, &form).await;
    page.place("takes no input");
    let page = get(&bench, &format!("/groups/{group}/actions/rebuild")).await;
    page.place("Builds &lt;again&gt;");
    page.place("value=\"2\"");
    // An action that does not fit has no form.
    for path in [
        format!("/groups/{group}/actions/rebuild?task={build}"),
        format!("/groups/{group}/actions/retrigger"),
        format!("/groups/{group}/actions/unknown"),
    ] {
        assert_eq!(get(&bench, &path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_action_creates_a_task_from_its_input() {
    let bench = Bench::new().await;
    let (group, build) = offering(&bench).await;
    let requests = handle(&bench, "assume:creator");
    bench.sandbox.add_role("creator", &["*"]);
    let origin = bench.sandbox.root_url();
    let form = [
        ("input.times", "3"),
        ("input.labels", "a\r\nb"),
        ("json", ""),
    ];
    let path = format!("/groups/{group}/actions/rebuild");
    let page = post(&bench, &path, Some(&origin), &form).await;
    assert_eq!(page.status, 303, "{}", page.html);
    let task = page.location.unwrap();
    let page = get(&bench, &task).await;
    page.place("<h1>Action: made</h1>");
    let on_task = format!("/groups/{group}/actions/retrigger?task={build}");
    assert_eq!(post(&bench, &on_task, Some(&origin), &[]).await.status, 303);
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 2, "{requests:?}");
    let (first, second) = (&requests[0], &requests[1]);
    assert_eq!(first.input, json!({"times": 3, "labels": ["a", "b"]}));
    assert_eq!(first.action["title"], "Rebuild");
    assert_eq!(
        (first.task_group_id.as_str(), &first.task),
        (group.as_str(), &None)
    );
    assert_eq!(first.variables, json!({"level": 3}));
    let (id, definition) = second.task.as_ref().unwrap();
    assert_eq!((id, &definition["tags"]["kind"]), (&build, &json!("build")));
    assert_eq!(
        (second.action["title"].as_str(), &second.input),
        (Some("Retrigger"), &Value::Null)
    );
}

#[tokio::test]
async fn a_refused_action_says_why_and_keeps_what_was_written() {
    let bench = Bench::new().await;
    let (group, _) = offering(&bench).await;
    let path = format!("/groups/{group}/actions/rebuild");
    let origin = bench.sandbox.root_url();
    let page = get(&bench, &path).await;
    page.place("snowman sandbox --run-decisions");
    assert!(
        !page.has("<form"),
        "nothing can be triggered without a project"
    );
    let requests = handle(&bench, "assume:creator");
    for (times, part) in [
        ("0", "times: "),
        ("x<", "times: x&lt; is not a number"),
        ("", "times"),
    ] {
        let form = [("input.times", times), ("input.labels", "keep & this")];
        let page = post(&bench, &path, Some(&origin), &form).await;
        assert_eq!(page.status, 400, "{times}");
        page.place("The action was not triggered.");
        page.place(part);
        page.place("keep &amp; this");
    }
    assert!(requests.lock().unwrap().is_empty());
    let page = post(&bench, &path, Some(&origin), &[("input.times", "7")]).await;
    assert_eq!(page.status, 400);
    page.place("seven is &lt;too&gt; much");
    // The role has no scopes, so the queue refuses the task.
    let page = post(&bench, &path, Some(&origin), &[("input.times", "1")]).await;
    assert_eq!(page.status, 400);
    page.place("queue:create-task:");
    assert_eq!(bench.sandbox.state().group_tasks(&group).len(), 2);
}

#[tokio::test]
async fn other_sites_cannot_trigger_actions() {
    let bench = Bench::new().await;
    let (group, _) = offering(&bench).await;
    let requests = handle(&bench, "assume:creator");
    bench.sandbox.add_role("creator", &["*"]);
    let path = format!("/groups/{group}/actions/rebuild");
    let own = bench.sandbox.root_url();
    let port = own.rsplit_once(':').unwrap().1;
    for origin in [
        None,
        Some("null"),
        Some("https://example.com"),
        Some("http://localhost:1"),
        // The page was loaded from another name of this machine.
        Some(format!("http://localhost:{port}").as_str()),
        Some(format!("{own}.example.com").as_str()),
        Some(format!("https://127.0.0.1:{port}").as_str()),
    ] {
        let page = post(&bench, &path, origin, &[("input.times", "1")]).await;
        assert_eq!(page.status, 403, "{origin:?}");
    }
    assert!(requests.lock().unwrap().is_empty());
    assert_eq!(
        post(&bench, &path, Some(&own), &[("input.times", "1")])
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn workers_leave_tasks_to_the_caller() {
    let bench = Bench::new().await;
    let state = bench.sandbox.state();
    let [own, other] = [slug(), slug()];
    create(&bench, &own, json!({"tags": {"kind": "decision-task"}}));
    create(&bench, &other, json!({}));
    assert!(state.next_left_to_caller().is_none());
    bench
        .sandbox
        .leave_to_caller(Arc::new(|task| task["tags"]["kind"] == "decision-task"));
    let left = state.next_left_to_caller().unwrap();
    assert_eq!(left.task_id, own);
    // Tasks to come are left as well.
    let later = slug();
    create(&bench, &later, json!({"tags": {"kind": "decision-task"}}));
    let summary = bench.sandbox.run_workers_until_idle().await.unwrap();
    assert_eq!(summary.completed, 1);
    for left in [&own, &later] {
        assert_eq!(state.task(left).unwrap().state.name(), "pending");
    }
    assert_eq!(state.task(&other).unwrap().state.name(), "completed");
    state.claim(&own).unwrap();
    assert_eq!(state.next_left_to_caller().unwrap().task_id, later);
    state.claim(&later).unwrap();
    assert!(state.next_left_to_caller().is_none());
}

#[tokio::test]
async fn the_filter_is_asked_once_for_each_task() {
    let bench = Bench::new().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&asked);
    bench.sandbox.leave_to_caller(Arc::new(move |_| {
        counts.fetch_add(1, Ordering::Relaxed);
        false
    }));
    for _ in 0..20 {
        create(&bench, &slug(), json!({}));
    }
    assert!(bench.sandbox.state().next_left_to_caller().is_none());
    let summary = bench.sandbox.run_workers_until_idle().await.unwrap();
    assert_eq!(summary.completed, 20);
    assert_eq!(asked.load(Ordering::Relaxed), 20);
}

#[tokio::test]
async fn promotions_of_promotions_are_listed_below_them() {
    let bench = Bench::new().await;
    let names = ["push", "promote", "ship", "next"];
    let ids: Vec<String> = names.iter().map(|_| slug()).collect();
    // Each task makes a group of its own, and is in the group of the one before it.
    for (number, (name, id)) in names.iter().zip(&ids).enumerate() {
        let group = &ids[number.saturating_sub(1)];
        create(
            &bench,
            id,
            json!({"taskGroupId": group, "metadata": named(name)}),
        );
        create(&bench, &slug(), json!({"taskGroupId": id}));
    }
    // Two groups that belong to each other.
    let circle = [slug(), slug()];
    for (one, other) in [(0, 1), (1, 0)] {
        create(&bench, &circle[one], json!({"taskGroupId": circle[other]}));
    }
    let page = get(&bench, "/").await;
    let place = |id: &str| page.html.find(&format!("<code>{id}</code>"));
    let places: Vec<Option<usize>> = ids.iter().map(|id| place(id)).collect();
    assert!(
        places.iter().all(Option::is_some),
        "{places:?} {}",
        page.html
    );
    assert!(places.is_sorted(), "{places:?}");
    for id in &circle {
        assert_eq!(page.html.matches(&format!("<code>{id}</code>")).count(), 1);
    }
}

#[tokio::test]
async fn headings_count_sections_that_several_pages_show() {
    let bench = Bench::new().await;
    let group = slug();
    // Without sections, the order by label would mix both kinds on each page.
    for number in 0..1202 {
        for kind in ["build", "test"] {
            create(
                &bench,
                &slug(),
                json!({
                    "taskGroupId": group,
                    "tags": {"kind": kind},
                    "metadata": named(&format!("{number:04}-{kind}")),
                }),
            );
        }
    }
    let count = |page: &Page, part: &str| page.html.matches(part).count();
    let first = get(&bench, &format!("/groups/{group}")).await;
    let second = get(&bench, &format!("/groups/{group}?page=2")).await;
    let heading = |kind: &str| format!("<summary><strong>{kind}</strong>");
    assert_eq!(count(&first, &heading("build")), 1);
    assert_eq!(count(&second, &heading("build")), 0);
    for page in [&first, &second] {
        let (_, after) = page.html.split_once(&heading("test")).unwrap();
        let (counts, _) = after.split_once("</summary>").unwrap();
        assert!(counts.contains("1202"), "{counts}");
    }
}

#[tokio::test]
async fn an_action_that_is_gone_is_a_page_for_people() {
    let bench = Bench::new().await;
    let own = bench.sandbox.root_url();
    let path = format!("{own}/groups/{}/actions/retrigger", slug());
    let client = reqwest::Client::new();
    let post = || client.post(&path).header("Origin", &own).body("");
    let page = Page::read(post().header("Accept", "text/html,*/*")).await;
    assert_eq!(page.status, 404);
    assert!(page.html.contains("has no such page"), "{}", page.html);
    let answer = Page::read(post().header("Accept", "application/json")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.html.starts_with('{'), "{}", answer.html);
}
