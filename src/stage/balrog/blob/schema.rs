//! The form that each kind of blob must have.

use super::form::{Form, Keys, alias, fields, list, map, open_map};
use super::kind::Kind;
use crate::base::value::Value;

/// The fields that all blobs have.
fn head(kind: Kind) -> Vec<(&'static str, Form)> {
    vec![
        ("name", Form::Name),
        ("product", Form::Name),
        ("schema_version", Form::Exactly(kind.schema())),
    ]
}

/// What the blobs of a kind must be.
fn of_kind(kind: Kind) -> Form {
    let mut all = head(kind);
    match kind {
        Kind::App(version) => app(version, all),
        Kind::Desupport => {
            all.extend([("detailsUrl", Form::Text), ("displayVersion", Form::Text)]);
            fields(
                &["name", "schema_version", "detailsUrl", "displayVersion"],
                all,
            )
        }
        Kind::Plugins => {
            all.push(("hashFunction", Form::Text));
            let vendor = addon(vec![("mirrorUrls", list(Form::Text))]);
            all.push(("vendors", open_map(vendor)));
            fields(&["name", "schema_version", "hashFunction", "vendors"], all)
        }
        Kind::Several => {
            let part = |required, name| {
                let mut all = head(kind);
                all.push((name, list(Form::Name)));
                fields(required, all)
            };
            Form::Either(vec![
                part(&["name", "schema_version", "products"], "products"),
                part(&["name", "schema_version", "blobs"], "blobs"),
            ])
        }
        Kind::SystemAddons => {
            let part = |required, name, form| {
                let mut all = head(kind);
                all.extend([("hashFunction", Form::Text), (name, form)]);
                fields(required, all)
            };
            Form::Either(vec![
                part(
                    &["name", "schema_version", "uninstall"],
                    "uninstall",
                    Form::Flag,
                ),
                part(
                    &["name", "schema_version", "addons"],
                    "addons",
                    open_map(addon(Vec::new())),
                ),
            ])
        }
        Kind::Vpn => {
            let platform = vec![("fileUrl", Form::Text), ("hashValue", Form::Text)];
            all.extend([
                ("version", Form::Text),
                ("required", Form::Flag),
                ("hashFunction", Form::Text),
                (
                    "platforms",
                    map(Keys::Named, fields(&["fileUrl", "hashValue"], platform)),
                ),
            ]);
            fields(
                &[
                    "name",
                    "product",
                    "schema_version",
                    "platforms",
                    "version",
                    "hashFunction",
                ],
                all,
            )
        }
    }
}

fn addon(more: Vec<(&'static str, Form)>) -> Form {
    let mut file = vec![
        ("filesize", Form::Number),
        ("hashValue", Form::Text),
        ("fileUrl", Form::Text),
    ];
    file.extend(more);
    let file = fields(&["filesize", "hashValue", "fileUrl"], file);
    let platforms = open_map(Form::Either(vec![alias(), file]));
    fields(
        &["version"],
        vec![("version", Form::Text), ("platforms", platforms)],
    )
}

/// A field with its form, and the schemas of applications that have it.
type Row = (&'static str, fn() -> Form, &'static [u8]);

/// The texts and flags of an application, with the schemas that have them.
const APP_FIELDS: &[Row] = &[
    ("hashFunction", || Form::Text, &[1, 2, 3, 4, 5, 6, 8, 9]),
    ("extv", || Form::Text, &[1]),
    ("appv", || Form::Text, &[1]),
    ("appVersion", || Form::Text, &[2, 3, 4, 5, 6, 8, 9]),
    ("platformVersion", || Form::Text, &[2, 3, 4, 5]),
    ("displayVersion", || Form::Text, &[2, 3, 4, 5, 6, 8, 9]),
    ("detailsUrl", || Form::Text, &[1, 2, 3, 4, 5, 6, 8]),
    ("licenseUrl", || Form::Text, &[1, 2, 3, 4, 5]),
    ("fakePartials", || Form::Flag, &[1]),
    ("oldVersionSpecialCases", || Form::Flag, &[1]),
    ("actions", || Form::Text, &[2, 3, 4, 5, 6, 8]),
    ("billboardURL", || Form::Text, &[2, 3, 4, 5]),
    ("openURL", || Form::Text, &[2, 3, 4, 5, 6, 8]),
    ("notificationURL", || Form::Text, &[2, 3, 4, 5, 6, 8]),
    ("alertURL", || Form::Text, &[2, 3, 4, 5, 6, 8]),
    ("showPrompt", || Form::Flag, &[2, 3, 4, 5, 6, 8]),
    ("showNeverForVersion", || Form::Flag, &[2, 3, 4, 5, 6, 8]),
    ("promptWaitTime", || Form::Number, &[5, 6, 8]),
    ("binTransMerkleRoot", || Form::Text, &[8, 9]),
    ("binTransCertificate", || Form::Text, &[8, 9]),
    ("binTransSCTList", || Form::Text, &[8, 9]),
    ("updateLine", || list(update_line()), &[9]),
    ("fileUrls", || map(Keys::Any, Form::Text), &[1, 2, 3]),
    ("fileUrls", by_channel, &[4, 5, 6, 8, 9]),
    (
        "ftpFilenames",
        || map(Keys::Of(["partial", "complete"]), Form::Text),
        &[1, 2],
    ),
    (
        "bouncerProducts",
        || map(Keys::Of(["partial", "complete"]), Form::Text),
        &[1, 2],
    ),
    ("ftpFilenames", by_release, &[3]),
    ("bouncerProducts", by_release, &[3]),
];

/// The fields of a locale, with the schemas that have them.
const LOCALE_FIELDS: &[Row] = &[
    ("isOSUpdate", || Form::Flag, &[2, 3, 4, 5, 6, 8]),
    ("buildID", || Form::Digits, &[1, 2, 3, 4, 5, 6, 8, 9]),
    ("extv", || Form::Text, &[1]),
    ("appv", || Form::Text, &[1]),
    ("appVersion", || Form::Text, &[2, 3, 4, 5, 6, 8, 9]),
    ("platformVersion", || Form::Text, &[2, 3, 4, 5]),
    ("displayVersion", || Form::Text, &[2, 3, 4, 5, 6, 8, 9]),
    (
        "partial",
        || patch(&["filesize", "from", "hashValue"], Form::Text, false),
        &[1, 2],
    ),
    (
        "complete",
        || {
            patch(
                &["filesize", "from", "hashValue"],
                Form::Word(&["*"]),
                false,
            )
        },
        &[1, 2],
    ),
    (
        "partials",
        || list(patch(&["filesize", "from", "hashValue"], Form::Text, false)),
        &[3, 4, 5, 6],
    ),
    (
        "completes",
        || list(patch(&["filesize", "from", "hashValue"], Form::Text, false)),
        &[3, 4, 5, 6],
    ),
    ("partials", || list(patch(PROVEN, Form::Text, true)), &[8]),
    ("completes", || list(patch(PROVEN, Form::Text, true)), &[8]),
    (
        "partials",
        || list(patch(&["filesize", "from", "hashValue"], Form::Text, true)),
        &[9],
    ),
    (
        "completes",
        || list(patch(&["filesize", "from", "hashValue"], Form::Text, true)),
        &[9],
    ),
];

const PROVEN: &[&str] = &["filesize", "from", "hashValue", "binTransInclusionProof"];

fn app(version: u8, mut all: Vec<(&'static str, Form)>) -> Form {
    let has = |table: &'static [Row]| {
        let rows = table
            .iter()
            .filter(move |(_, _, schemas)| schemas.contains(&version));
        rows.map(|(name, form, _)| (*name, form()))
    };
    all.extend(has(APP_FIELDS));
    let locale = fields(&[], has(LOCALE_FIELDS).collect());
    let platform = vec![
        ("buildID", Form::Digits),
        ("OS_BOUNCER", Form::Text),
        ("OS_FTP", Form::Text),
        ("locales", map(Keys::Named, locale)),
    ];
    let platform = Form::Either(vec![alias(), fields(&[], platform)]);
    all.push(("platforms", map(Keys::Named, platform)));
    fields(&["name", "schema_version", "hashFunction"], all)
}

fn patch(required: &'static [&'static str], from: Form, has_proof: bool) -> Form {
    let mut all = vec![("filesize", Form::Digits)];
    all.extend(has_proof.then_some(("binTransInclusionProof", Form::Text)));
    all.extend([
        ("from", from),
        ("hashValue", Form::Text),
        ("fileUrl", Form::Text),
    ]);
    fields(required, all)
}

fn by_channel() -> Form {
    let urls = map(Keys::Named, Form::Text);
    map(Keys::Named, map(Keys::Of(["partials", "completes"]), urls))
}

fn by_release() -> Form {
    let names = || map(Keys::Any, Form::Text);
    let fields = vec![("partials", names()), ("completes", names())];
    Form::Fields {
        required: &[],
        is_closed: false,
        fields,
    }
}

fn update_line() -> Form {
    let conditions = vec![
        ("locales", list(Form::Text)),
        ("channels", list(Form::Text)),
        ("versions", list(Form::Versions)),
        ("buildIDs", list(Form::BuildIds)),
    ];
    let mut attributes = vec![("type", Form::Word(&["minor", "major"]))];
    let texts = [
        "detailsURL",
        "actions",
        "openURL",
        "notificationURL",
        "alertURL",
    ];
    attributes.extend(texts.map(|name| (name, Form::Text)));
    attributes.extend([
        ("showPrompt", Form::Flag),
        ("showNeverForVersion", Form::Flag),
        ("promptWaitTime", Form::Number),
        ("disableBITS", Form::True),
        ("disableBackgroundUpdates", Form::True),
    ]);
    fields(
        &[],
        vec![
            ("for", fields(&[], conditions)),
            ("fields", fields(&[], attributes)),
        ],
    )
}

/// What is wrong with the form of a blob.
#[must_use]
pub fn problems(kind: Kind, content: &Value) -> Vec<String> {
    let mut found = Vec::new();
    of_kind(kind).check(content, &mut found);
    found
}
